/** `qianzhi doctor`: looks at settings, keys, servers, schemas and clocks, and says what to do about what is wrong. Moves no money. */
import type { Command } from 'commander';
import { ALGORITHMS } from '../../certs/algorithms.ts';
import { openAuthority } from '../../certs/authority.ts';
import { openSealer } from '../../certs/seal.ts';
import { selfTestFailures } from '../../certs/self-test.ts';
import { openSigner } from '../../certs/signer.ts';
import type { Config } from '../../runtime/config.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { rooms } from '../../runtime/postgres/folder.ts';
import { schemaVersion } from '../../runtime/postgres/migrate.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { openRedis } from '../../runtime/redis.ts';
import { databaseOf, equip, homeOf, type Paths, settingsOf } from '../installation.ts';

interface Finding {
  readonly what: string;
  /** undefined when it is well. */
  readonly trouble?: string;
}

const CLOCK_MS = 5_000;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('look at settings, keys, servers, schemas and clocks, and say what to do')
    .option('--json', 'print as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const findings = await examine(homeOf(command));
      if (options.json) process.stdout.write(`${JSON.stringify(findings)}\n`);
      for (const { what, trouble } of options.json ? [] : findings) {
        process.stdout.write(trouble === undefined ? `ok   ${what}\n` : `BAD  ${what}: ${trouble}\n`);
      }
      if (findings.some(({ trouble }) => trouble !== undefined)) process.exitCode = 1;
    });
}

async function examine(paths: Paths): Promise<readonly Finding[]> {
  const config = settingsOf(paths);
  const findings: Finding[] = [{ what: `settings ${paths.config}` }];
  const look = async (what: string, examination: () => Promise<string | undefined>): Promise<void> => {
    const trouble = await examination().catch((error: unknown) =>
      error instanceof Error ? error.message : String(error),
    );
    findings.push(trouble === undefined ? { what } : { what, trouble });
  };
  const { gateway } = config;
  await look(
    'signature algorithms',
    async () =>
      (await selfTestFailures(ALGORITHMS)).map(({ algorithm }) => `${algorithm} is broken here`).join(', ') ||
      undefined,
  );
  await look('certificate authority', async () => void (await openAuthority(paths.authority)));
  if (gateway !== undefined) {
    await look(
      "the bank's signing key",
      async () => void (await openSigner({ path: gateway.privateKeyFile }, gateway.keySerial, 'RSA2')),
    );
    await look('sealing keys', async () => void (await openSealer(gateway.sealingKeyFile)));
  }
  await look('database', () => examineDatabase(config, paths));
  await look(`bus on ${config.bus.kind}`, () => examineBus(config, paths));
  const { redis } = config;
  if (redis !== undefined) {
    await look('Redis', async () => {
      const cache = openRedis(redis);
      try {
        const deadline = Date.now() + 3_000;
        while (cache.unwell() !== undefined && Date.now() < deadline)
          await new Promise((resolve) => setTimeout(resolve, 50));
        return cache.unwell();
      } finally {
        await cache.close();
      }
    });
  }
  if (gateway !== undefined) await look('gateway', () => examineUrl(`http://${gateway.host}:${gateway.port}/ready`));
  return findings;
}

async function examineDatabase(config: Config, paths: Paths): Promise<string | undefined> {
  const { url } = await databaseOf(config, paths);
  const database = openDatabase({ url, max: 1, applicationName: 'qianzhi doctor' });
  try {
    const before = Date.now();
    const row = await database.row<{ now: Date }>(sql`select clock_timestamp() as now`);
    const apart = Math.abs((row?.now.getTime() ?? 0) - (before + Date.now()) / 2);
    if (apart > CLOCK_MS) return `its clock is ${Math.round(apart / 1000)} s from ours: set both by NTP`;
    for (const room of rooms) {
      const { pending } = await schemaVersion(database, room);
      if (pending.length > 0) return `the schema ${room} lacks ${pending.join(', ')}: run \`qianzhi migrate\``;
    }
    return undefined;
  } finally {
    await database.close();
  }
}

async function examineBus(config: Config, paths: Paths): Promise<string | undefined> {
  const { bus } = await equip('doctor', config, await databaseOf(config, paths));
  try {
    return bus.unwell();
  } finally {
    await bus.close();
  }
}

async function examineUrl(url: string): Promise<string | undefined> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  return response.ok ? undefined : `HTTP ${response.status}: ${(await response.text()).slice(0, 200)}`;
}
