/** `qianzhi` as an operator types it: what it lists, and what it says to do when something is not as it must be. */
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { freePort } from '../servers.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qianzhi-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Said {
  readonly out: string;
  readonly err: string;
  readonly code: number;
}

/** Types a command; its exit code is taken from this process and put back. */
async function qianzhi(...words: readonly string[]): Promise<Said> {
  const said = { out: '', err: '' };
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await main(['node', 'qianzhi', ...words]);
    return { ...said, code: Number(process.exitCode) };
  } finally {
    process.exitCode = before;
    out.mockRestore();
    err.mockRestore();
  }
}

test('help names every command, and ends with 0', async () => {
  const { out, code } = await qianzhi('--help');
  for (const command of ['init', 'start', 'migrate', 'platform', 'keys', 'channel', 'ledger', 'doctor'])
    expect(out).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
  expect(code).toBe(0);
});

test.each([
  [
    ['platform', '--help'],
    ['add', 'set-limit', 'list'],
  ],
  [
    ['keys', '--help'],
    ['add', 'revoke', 'list'],
  ],
  [
    ['ledger', '--help'],
    ['check', 'trial-balance'],
  ],
] as const)('%j names what it can do', async (words, inner) => {
  const { out } = await qianzhi(...words);
  for (const command of inner) expect(out).toMatch(new RegExp(`^ +${command}\\b`, 'm'));
});

test('a command that does not exist, and an option that does not, are refused and lead to the help', async () => {
  for (const words of [['bake'], ['doctor', '--bake']]) {
    const { err, code } = await qianzhi(...words);
    expect(err).toContain('bake');
    expect(err).toContain('--help');
    expect(code).not.toBe(0);
  }
});

test.each([[['doctor']], [['start']], [['migrate']], [['platform', 'list']], [['ledger', 'check']]] as const)(
  'without an installation %j says how to make one',
  async (words) => {
    const home = join(folder, 'nowhere');
    const { err, code } = await qianzhi(...words, '--home', home);
    expect(err).toContain(`qianzhi init --home ${home}`);
    expect(err).not.toContain('    at ');
    expect(code).toBe(1);
  },
);

describe('an installation', () => {
  let home: string;
  let port: number;
  let number = 0;
  beforeEach(async () => {
    number += 1;
    home = join(folder, `home-${number}`);
    port = await freePort();
    const ports = ['--gateway-port', String(port), '--adapters-port', String(await freePort())];
    expect(await qianzhi('init', '--home', home, ...ports)).toMatchObject({ code: 0 });
  });

  /** Puts a channel into the settings; the key it is given as the company's is our own, which is a public key too. */
  const addChannel = async (): Promise<void> => {
    expect(await qianzhi('channel', 'new-key', 'PAYSIM', '--home', home)).toMatchObject({ code: 0 });
    const company = ['--kind', 'payment-company', '--url', 'http://127.0.0.1:9', '--merchant-no', 'M1'];
    const key = ['--public-key', join(home, 'keys/channel-PAYSIM.pub.pem')];
    expect(await qianzhi('channel', 'add', 'PAYSIM', '--home', home, ...company, ...key)).toMatchObject({ code: 0 });
  };

  test('without a channel says that one is to be added, and how', async () => {
    const { err, code } = await qianzhi('start', '--home', home);
    expect(err).toContain('qianzhi channel add');
    expect(code).toBe(1);
  });

  test('has its secrets for its owner alone, and no secret in its settings', async () => {
    for (const file of ['qianzhi.json', 'keys/gateway.pem', 'keys/sealing.keys'])
      expect((await stat(join(home, file))).mode & 0o077).toBe(0);
    const settings = await readFile(join(home, 'qianzhi.json'), 'utf8');
    expect(settings).not.toContain('PRIVATE');
    expect(JSON.parse(settings)).toMatchObject({ embedded: true, bus: { kind: 'postgres' }, gateway: { port } });
  });

  test('is not made twice over itself', async () => {
    const before = await readFile(join(home, 'keys/gateway.pem'));
    const { err, code } = await qianzhi('init', '--home', home);
    expect(err).toContain('exists already');
    expect(code).toBe(1);
    expect(await readFile(join(home, 'keys/gateway.pem'))).toEqual(before);
  });

  test('whose PostgreSQL does not run is told how to start it', async () => {
    await addChannel();
    const { err, code } = await qianzhi('ledger', 'check', '--home', home);
    expect(err).toContain(`qianzhi start --home ${home}`);
    expect(code).toBe(1);
  });

  test('is looked at by the doctor, who finds what is well and what is not, and why', async () => {
    await addChannel();
    const { out, code } = await qianzhi('doctor', '--home', home);
    for (const well of ['settings', 'signature algorithms', 'certificate authority', 'sealing keys'])
      expect(out).toMatch(new RegExp(`^ok +${well}`, 'm'));
    expect(out).toMatch(/^BAD +database: .*qianzhi start/m);
    expect(out).toMatch(/^BAD +gateway and its clock: nobody answers/m);
    expect(code).toBe(1);
  });

  test('whose key others may read is found by the doctor, with the command that mends it', async () => {
    await addChannel();
    await chmod(join(home, 'keys/sealing.keys'), 0o644);
    const { out } = await qianzhi('doctor', '--home', home);
    expect(out).toMatch(/^BAD +sealing keys: .*chmod/m);
  });

  test('with wrong settings is told all its mistakes at once, each by its path', async () => {
    const file = join(home, 'qianzhi.json');
    const settings = JSON.parse(await readFile(file, 'utf8')) as { gateway: object };
    await writeFile(file, JSON.stringify({ ...settings, gateway: { ...settings.gateway, port: -1, waitMs: 0 } }));
    const { err, code } = await qianzhi('doctor', '--home', home);
    expect(err).toContain('gateway.port');
    expect(err).toContain('gateway.waitMs');
    expect(code).toBe(1);
  });

  test('has no room of a name that nobody knows, and says which there are', async () => {
    await addChannel();
    const { err } = await qianzhi('start', 'kitchen', '--home', home);
    expect(err).toMatch(/no room kitchen.*ledger.*adapters.*gateway/);
  });
});
