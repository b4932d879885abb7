/** The embedded PostgreSQL is what a newcomer's books stand on: it keeps them over every kind of end, and leaves nothing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { build } from '../../demo/prepare.mjs';
import { hydrate } from '../../runtime/embedded/binaries.ts';
import {
  type EmbeddedPostgres,
  removeEmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../runtime/embedded/postgres.ts';
import { processIdentity, readPostmaster } from '../../runtime/embedded/postmaster.ts';
import { Unavailable } from '../../runtime/failure.ts';
import { freePort, waitFor } from '../servers.ts';

let folder: string;
let home: string;
const started: EmbeddedPostgres[] = [];

async function start(options: { port?: number } = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ home, ...options });
  started.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

function dataFolder(): string {
  const { area } = JSON.parse(readFileSync(join(home, 'cluster.json'), 'utf8'));
  return join(area, 'data');
}

function serverProcess(): number {
  const pid = readPostmaster(dataFolder())?.pid;
  if (pid === undefined) throw new Error('no server runs');
  return pid;
}

// One folder for all: making a cluster takes the most time, and keeping one is what is tested.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qianzhi-test-home-'));
  await chmod(folder, 0o711);
  home = join(folder, 'home');
});
afterEach(async () => {
  for (const server of started.splice(0)) await server.stop();
});
afterAll(async () => {
  await removeEmbeddedPostgres(home);
  await rm(folder, { recursive: true, force: true });
});

describe('the embedded PostgreSQL', () => {
  beforeEach(async () => {
    const server = await start();
    await query(server.url, 'create table if not exists kept (what text primary key)');
    await query(server.url, `insert into kept values ('a row') on conflict do nothing`);
  });

  test('is a real PostgreSQL 18 that syncs, on the loopback only, and not of root', async () => {
    const [{ url }] = started as [EmbeddedPostgres];
    const asked = `select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as at`;
    expect(await query(url, asked)).toEqual([{ major: 18, fsync: 'on', commit: 'on', at: '127.0.0.1' }]);
    expect((await stat(dataFolder())).uid).not.toBe(0);
  });

  test('asks for its password, which is kept in a file that only its owner can read', async () => {
    const [{ url, port }] = started as [EmbeddedPostgres];
    const other = `postgres://postgres:guess@127.0.0.1:${port}/postgres`;
    await expect(query(other, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const file = join(home, 'password');
    expect((await stat(file)).mode & 0o077).toBe(0);
    expect(decodeURIComponent(new URL(url).password)).toBe((await readFile(file, 'utf8')).trim());
  });

  test('keeps its data, its port and its password over a stop and a start', async () => {
    const [first] = started as [EmbeddedPostgres];
    const pid = serverProcess();
    await first.stop();
    expect(processIdentity(pid)).toBeUndefined();
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await query(second.url, 'select what from kept')).toEqual([{ what: 'a row' }]);
  });

  test('recovers what was committed after a kill -9 of the server', async () => {
    const [first] = started as [EmbeddedPostgres];
    await query(first.url, `insert into kept values ('committed before the kill')`);
    const pid = serverProcess();
    process.kill(pid, 'SIGKILL');
    await waitFor(() => processIdentity(pid) === undefined, { what: 'the end of the server' });
    await first.stop();
    expect(existsSync(join(dataFolder(), 'postmaster.pid'))).toBe(true);
    const second = await start();
    expect(await query(second.url, `delete from kept where what like 'committed%' returning what`)).toHaveLength(1);
  });

  test('is refused to a second owner while the first one lives', async () => {
    await expect(startEmbeddedPostgres({ home })).rejects.toThrow(Unavailable);
    await expect(startEmbeddedPostgres({ home })).rejects.toThrow(`in use by process ${process.pid}`);
    await expect(removeEmbeddedPostgres(home)).rejects.toThrow(Unavailable);
  });

  test('moves to another port when somebody has taken its own, unless that one was demanded', async () => {
    const [first] = started as [EmbeddedPostgres];
    await first.stop();
    const squatter = createServer().listen(first.port, '127.0.0.1');
    await once(squatter, 'listening');
    await expect(start({ port: first.port })).rejects.toThrow(`port ${first.port} is taken`);
    const second = await start();
    expect(second.port).not.toBe(first.port);
    squatter.close();
    await second.stop();
    const demanded = await freePort();
    expect((await start({ port: demanded })).port).toBe(demanded);
  });

  test('makes no empty database where one has vanished', async () => {
    const [first] = started as [EmbeddedPostgres];
    await first.stop();
    const version = join(dataFolder(), 'PG_VERSION');
    const text = await readFile(version, 'utf8');
    await rm(version);
    await expect(start()).rejects.toThrow('is gone');
    await writeFile(version, text);
    const data = await stat(dataFolder());
    if (process.getuid?.() === 0) await import('node:fs/promises').then((fs) => fs.chown(version, data.uid, data.gid));
    expect(await query((await start()).url, 'select what from kept')).toEqual([{ what: 'a row' }]);
  });
});

describe('when its owner is killed', () => {
  let owner: ChildProcess;

  /** Another process that owns the home; the built program, because Node 20 runs no TypeScript. */
  async function startOwner(): Promise<string> {
    const script = `
      const { startEmbeddedPostgres } = await import(process.argv[1]);
      const server = await startEmbeddedPostgres({ home: process.argv[2] });
      console.log(server.url);
      setInterval(() => undefined, 1000);`;
    const program = join(import.meta.dirname, '../../dist/runtime/embedded/postgres.js');
    owner = spawn(process.execPath, ['--input-type=module', '-e', script, program, home], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const output = owner.stdout;
    if (output === null) throw new Error('no output');
    const [line] = await once(output, 'data');
    return String(line).trim();
  }

  beforeAll(() => build({ log: () => undefined }));
  afterEach(async () => {
    owner.kill('SIGKILL');
  });

  test('the server ends by itself, and its data are there at the next start', async () => {
    const url = await startOwner();
    await query(url, `insert into kept values ('committed by the dead')`);
    const pid = serverProcess();
    owner.kill('SIGKILL');
    await waitFor(() => processIdentity(pid) === undefined, { what: 'the end of the orphan', deadlineMs: 30_000 });
    const next = await start();
    expect(await query(next.url, `delete from kept where what = 'committed by the dead' returning what`)).toHaveLength(
      1,
    );
  });

  test('a new owner that comes at once ends what is left and takes over', async () => {
    await startOwner();
    const pid = serverProcess();
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const next = await start();
    expect(processIdentity(pid)).toBeUndefined();
    expect(await query(next.url, 'select what from kept')).toEqual([{ what: 'a row' }]);
  });

  test('a number in postmaster.pid that now belongs to another process does not stop the next start', async () => {
    await startOwner();
    const file = join(dataFolder(), 'postmaster.pid');
    const stale = await readFile(file, 'utf8');
    const server = serverProcess();
    owner.kill('SIGKILL');
    await waitFor(() => processIdentity(server) === undefined, { deadlineMs: 30_000 });
    await writeFile(file, stale.replace(/^\d+/, String(process.pid)));
    const next = await start();
    expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

test('the links that an install script should have made are made', async () => {
  const native = join(folder, 'package/native');
  await mkdir(join(native, 'lib'), { recursive: true });
  await mkdir(join(native, 'bin'));
  await Promise.all(['initdb', 'postgres'].map((name) => writeFile(join(native, 'bin', name), '', { mode: 0o600 })));
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
  await writeFile(join(native, 'pg-symlinks.json'), JSON.stringify(links));
  await hydrate(native);
  await hydrate(native);
  expect(await readlink(join(native, 'lib/libpq.so.5'))).toBe('libpq.so.5.18');
  expect((await stat(join(native, 'bin/postgres'))).mode & 0o777).toBe(0o755);
});

test.runIf(process.getuid?.() === 0)(
  'a home that only root may enter gets its data elsewhere, and loses them with it',
  async () => {
    const hidden = join(folder, 'hidden');
    await mkdir(hidden, { mode: 0o700 });
    const place = join(hidden, 'home');
    const server = await startEmbeddedPostgres({ home: place });
    const { area } = JSON.parse(await readFile(join(place, 'cluster.json'), 'utf8'));
    expect(area.startsWith(folder)).toBe(false);
    expect(await query(server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    await server.stop();
    await removeEmbeddedPostgres(place);
    expect([existsSync(area), existsSync(place)]).toEqual([false, false]);
  },
);
