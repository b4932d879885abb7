/**
 * How many journals a second the ledger writes, against pgbench's TPC-B on the same server in the same run, alternating. A journal is one
 * SYNC_TRANSACTION (a loan release) that captures a hold made before, through the shell, with all rules, over all partitions at once; only the
 * bus is left out. At the end the books are proved.
 */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { encode } from '../contract/internal/codec.ts';
import type { InstructionMessage } from '../contract/internal/instruction.ts';
import { fen } from '../contract/money.ts';
import { PARTITIONS, partitionOf } from '../contract/topology.ts';
import { checkLedger, printCheck } from '../ledger/commands.ts';
import { MOST_IN_TRANSACTION, openShell, type Shell } from '../ledger/handle.ts';
import { writerOptions } from '../ledger/main.ts';
import { rules } from '../ledger/rules.ts';
import type { Delivered } from '../runtime/bus/port.ts';
import { orderId, uuidv7 } from '../runtime/identifiers.ts';
import { type Database, openDatabase } from '../runtime/postgres/database.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { identifier, once, sql } from '../runtime/postgres/sql.ts';
import type { PrivateServer } from '../test/services/private.mjs';
import { fillBooks, type HoldToCapture } from './ledger-load.ts';
import { describeMachine, printMachine } from './machine.ts';
import { prepareTpcb, runTpcb, TPCB } from './tpcb.ts';

const usage = `npm run bench:ledger -- [options]
  --quick          one short round, for a first look
  --seed N         default 1
  --rounds N       TPC-B and ledger alternate so often; default 3
  --journals N     of each round; default 120000
  --users N        default 100000
  --batch N        instructions in a transaction; default ${MOST_IN_TRANSACTION}
QIANZHI_BENCH_PG=postgres://… uses that server (superuser); otherwise a private one is started.`;

interface Options {
  readonly seed: number;
  readonly rounds: number;
  readonly journals: number;
  readonly users: number;
  readonly batch: number;
  readonly tpcbSeconds: number;
}

function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      seed: { type: 'string' },
      rounds: { type: 'string' },
      journals: { type: 'string' },
      users: { type: 'string' },
      batch: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  const whole = (name: 'seed' | 'rounds' | 'journals' | 'users' | 'batch', otherwise: number): number => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number above 0`);
    return value;
  };
  return {
    seed: whole('seed', 1),
    rounds: whole('rounds', quick ? 1 : 3),
    // The same for every partition.
    journals: Math.ceil(whole('journals', quick ? 40_000 : 120_000) / PARTITIONS) * PARTITIONS,
    users: whole('users', 100_000),
    batch: whole('batch', MOST_IN_TRANSACTION),
    tpcbSeconds: quick ? 5 : TPCB.seconds,
  };
}

/** A server of our own, unless one is named. */
async function startServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const named = process.env['QIANZHI_BENCH_PG'];
  if (named !== undefined && named !== '') return { url: named, stop: async () => undefined };
  const file = new URL('../../test/services/private.mjs', import.meta.url);
  const { startPrivatePostgres } = (await import(file.href)) as {
    startPrivatePostgres(options: { settings: Record<string, string> }): Promise<PrivateServer>;
  };
  const settings = { shared_buffers: '1GB', max_wal_size: '8GB', fsync: 'on', synchronous_commit: 'on' };
  const server = await startPrivatePostgres({ settings });
  return { url: server.url, stop: () => server.stop() };
}

const messageOf = (platformNo: string, number: number, hold: HoldToCapture): Delivered => {
  const act: InstructionMessage['act'] = {
    service: 'SYNC_TRANSACTION',
    request: {
      requestNo: `S${String(number).padStart(9, '0')}`,
      tradeType: 'TENDER',
      projectNo: hold.project_no,
      details: [
        {
          bizType: 'TENDER',
          freezeRequestNo: hold.request_no,
          sourcePlatformUserNo: hold.investor,
          targetPlatformUserNo: hold.borrower,
          amount: fen(hold.amount),
        },
      ],
    } as Extract<InstructionMessage['act'], { service: 'SYNC_TRANSACTION' }>['request'],
  };
  const messageId = uuidv7();
  const instruction: InstructionMessage = {
    version: 1,
    messageId,
    platformNo,
    origin: 'PLATFORM',
    number: `S${String(number).padStart(9, '0')}`,
    digest: createHash('sha256').update(encode(act)).digest('hex'),
    receivedAt: Date.now(),
    act,
    replyTo: { address: 'bench', correlationId: messageId },
  };
  return { family: 'instruction', platformNo, messageId, body: encode(instruction), redelivered: false };
};

const cut = <T>(list: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(list.length / size) }, (_, index) => list.slice(index * size, (index + 1) * size));

const percentile = (sorted: readonly number[], part: number): number =>
  Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0) * 100) / 100;

/** Journals before the clock starts, so that the program is compiled: pgbench is. A multiple of the partitions. */
const WARM_UP = 20_000;

interface Round {
  readonly tpcb: number;
  readonly rate: number;
}

/** The ledger's own bytes: what a journal costs on disk, indexes included. */
async function bytesOf(owner: Database): Promise<Readonly<Record<string, number>>> {
  const tables = ['journal', 'entry', 'instruction', 'hold', 'account', 'share'];
  const sizes: Record<string, number> = {};
  for (const table of tables) {
    const row = await owner.row<{ bytes: bigint }>(
      once(sql`select pg_total_relation_size(${`ledger.${table}`}) as bytes`),
    );
    sizes[table] = Number(row?.bytes ?? 0n);
  }
  return sizes;
}

/** Runs the benchmark. 0 when the books are right at the end. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const machine = describeMachine();
  console.log(printMachine(machine));
  console.log(
    `seed ${options.seed}; ${options.rounds} rounds of ${options.journals} journals; ${options.users} user accounts`,
  );
  const server = await startServer();
  try {
    return await measure(options, server.url, machine);
  } finally {
    await server.stop();
  }
}

async function createDatabase(admin: Database, url: string, name: string): Promise<string> {
  await admin.execute(once(sql`drop database if exists ${identifier(name)} with (force)`));
  await admin.execute(once(sql`create database ${identifier(name)}`));
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}

async function measure(options: Options, url: string, machine: ReturnType<typeof describeMachine>): Promise<number> {
  const admin = openDatabase({ url, max: 1, statementTimeoutMs: 600_000 });
  const tpcbUrl = await createDatabase(admin, url, 'qianzhi_bench_tpcb');
  const ledgerUrl = await createDatabase(admin, url, 'qianzhi_bench_ledger');
  const { version, fsync, commit } = (await admin.row<{ version: string; fsync: string; commit: string }>(sql`
    select current_setting('server_version') as version, current_setting('fsync') as fsync,
      current_setting('synchronous_commit') as commit`)) ?? { version: '', fsync: '', commit: '' };
  console.log(`PostgreSQL ${version}, fsync ${fsync}, synchronous_commit ${commit}`);
  const owner = openDatabase({ url: ledgerUrl, max: 1, statementTimeoutMs: 600_000 });
  const database = openDatabase(writerOptions(ledgerUrl, undefined, PARTITIONS));
  try {
    await migrate({ url: ledgerUrl, room: 'ledger' });
    const { rounds, journals, users, seed } = options;
    const [trades] = await Promise.all([
      fillBooks(owner, { users, holds: WARM_UP + journals * rounds, partitions: PARTITIONS, seed }),
      prepareTpcb(tpcbUrl),
    ]);
    const before = await bytesOf(owner);
    const { results, latencies, answered } = await alternate(options, { admin, database, tpcbUrl, trades });
    const after = await bytesOf(owner);
    const written = WARM_UP + journals * rounds;
    const bytes = Object.fromEntries(
      Object.entries(after).map(([table, size]) => [table, Math.round((size - (before[table] ?? 0)) / written)]),
    );
    const report = await checkLedger({ databaseUrl: ledgerUrl });
    console.log(printCheck(report));
    const mean = (of: (round: Round) => number): number =>
      results.reduce((total, r) => total + of(r), 0) / results.length;
    const [rate, tpcb] = [mean((round) => round.rate), mean((round) => round.tpcb)];
    const held = report.sound && answered === written;
    if (answered !== written) console.log(`only ${answered} of ${written} were answered SUCCESS`);
    const two = (value: number): number => Math.round(value * 100) / 100;
    const figures = {
      bench: 'ledger',
      tpcb: two(rate / tpcb),
      rate: Math.round(rate),
      tpcbTps: Math.round(tpcb),
      batchP50Ms: percentile(latencies, 0.5),
      batchP99Ms: percentile(latencies, 0.99),
      bytesPerJournal: bytes,
      sound: held,
      seed,
      journals: written,
      users,
      batch: options.batch,
      partitions: PARTITIONS,
      rounds: results.map((round) => ({ tpcb: Math.round(round.tpcb), rate: Math.round(round.rate) })),
      baseline: { ...TPCB, seconds: options.tpcbSeconds },
      machine,
      postgres: version,
    };
    console.log(JSON.stringify(figures));
    return held ? 0 : 1;
  } finally {
    await database.close();
    await owner.close();
    await admin.close();
  }
}

interface Stage {
  readonly admin: Database;
  readonly database: Database;
  readonly tpcbUrl: string;
  readonly trades: ReadonlyMap<string, readonly HoldToCapture[]>;
}

async function alternate(options: Options, { admin, database, tpcbUrl, trades }: Stage) {
  let answered = 0;
  const latencies: number[] = [];
  const shells = await Promise.all(
    [...trades.keys()].map(async (platformNo) => {
      const shell = openShell({
        database,
        partition: partitionOf(platformNo),
        rules,
        facts: { newOrderId: () => orderId(Date.now()) },
        reply: (_, replies) => {
          for (const { body } of replies) if (body.includes('"status":"SUCCESS"')) answered += 1;
        },
        nudge: () => undefined,
      });
      await shell.takeOver();
      return { platformNo, shell };
    }),
  );
  /** Written before the clock starts: whoever sends is not what is measured. */
  const prepared = (from: number, count: number) =>
    shells.map(({ platformNo, shell }) => ({
      shell,
      batches: cut(
        (trades.get(platformNo) ?? [])
          .slice(from, from + count)
          .map((hold, index) => messageOf(platformNo, from + index, hold)),
        options.batch,
      ),
    }));
  const warm = WARM_UP / trades.size;
  await drive(prepared(0, warm), []);
  const results: Round[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    await admin.execute(once(sql`checkpoint`));
    const tpcb = await runTpcb(tpcbUrl, options.tpcbSeconds);
    const share = options.journals / trades.size;
    const work = prepared(warm + round * share, share);
    await admin.execute(once(sql`checkpoint`));
    const since = performance.now();
    await drive(work, latencies);
    const seconds = (performance.now() - since) / 1000;
    const rate = options.journals / seconds;
    results.push({ tpcb, rate });
    console.log(
      `round ${round + 1}: TPC-B ${tpcb.toFixed(0)} tps; ledger ${rate.toFixed(0)} journals/s (${options.journals} in ${seconds.toFixed(1)} s); ratio ${(rate / tpcb).toFixed(2)}`,
    );
  }
  latencies.sort((a, b) => a - b);
  return { results, latencies, answered };
}

/** Hands every shell its batches, one after the other; all shells at once. Notes how long each batch took, in milliseconds. */
async function drive(
  work: readonly { readonly shell: Shell; readonly batches: readonly (readonly Delivered[])[] }[],
  latencies: number[],
): Promise<void> {
  await Promise.all(
    work.map(async ({ shell, batches }) => {
      for (const batch of batches) {
        const began = performance.now();
        await shell.handle(batch);
        latencies.push(performance.now() - began);
      }
    }),
  );
}
