/**
 * The ledger against pgbench's TPC-B on the same server in the same run, alternating; every ratio is the median of its rounds. The last line is
 * JSON. What it wrote is proved at the end: a fast wrong ledger fails.
 *
 *   tpcb     journals/s, each with instruction, 2 entries, hold, answer and outbox row, all rules on, all partitions, uniform over all users
 *   hot      the same of service fees, which all credit the platform's one income account, over uniform
 *   history  journals/s, and balance queries/s, in books that hold 10,000,000 entries, over books that were empty; the worse of both
 *   batch    details/s of ASYNC_TRANSACTION through RabbitMQ, from publishing to the last item's event, over TPC-B
 *   space    bytes of a journal with its entries, instruction, answer and hold, indexes included
 */
import { parseArgs } from 'node:util';
import { PARTITIONS } from '../contract/topology.ts';
import { answerFrom } from '../ledger/ask.ts';
import { checkLedger, printCheck } from '../ledger/commands.ts';
import { MOST_IN_TRANSACTION } from '../ledger/handle.ts';
import { writerOptions } from '../ledger/main.ts';
import { queries } from '../ledger/rules.ts';
import type { Delivered } from '../runtime/bus/port.ts';
import { type Database, openDatabase } from '../runtime/postgres/database.ts';
import { migrate } from '../runtime/postgres/migrate.ts';
import { identifier, once, sql } from '../runtime/postgres/sql.ts';
import type { PrivateServer } from '../test/services/private.mjs';
import { type Batches, startBatches } from './ledger-batches.ts';
import { DETAILS_OF_ITEM, drive, openWriters, tradesOf, type Writer } from './ledger-drive.ts';
import { fillBooks, type HoldToCapture, holdsOf, type Load } from './ledger-load.ts';
import { describeMachine, printMachine } from './machine.ts';
import { prepareTpcb, runTpcb, TPCB } from './tpcb.ts';

const usage = `npm run bench:ledger -- [options]
  --quick          small and short, for a first look
  --seed N         default 1
  --rounds N       everything alternates so often; default 5
  --journals N     of each round; default 60000
  --users N        default 100000
  --history N      entries loaded before; default 10000000
  --batch N        instructions in a transaction; default ${MOST_IN_TRANSACTION}
QIANZHI_BENCH_PG=postgres://… and QIANZHI_BENCH_AMQP=amqp://… use those servers; otherwise private ones are started.`;

interface Options {
  readonly seed: number;
  readonly rounds: number;
  readonly journals: number;
  readonly users: number;
  readonly history: number;
  readonly batch: number;
  readonly tpcbSeconds: number;
}

function readOptions(args: readonly string[]): Options | undefined {
  const names = ['seed', 'rounds', 'journals', 'users', 'history', 'batch'] as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: flag,
      help: flag,
      ...(Object.fromEntries(names.map((name) => [name, { type: 'string' }])) as Record<
        (typeof names)[number],
        { type: 'string' }
      >),
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  const whole = (name: (typeof names)[number], otherwise: number): number => {
    const value = Number(values[name] ?? otherwise);
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name}: a whole number above 0`);
    return value;
  };
  return {
    seed: whole('seed', 1),
    rounds: whole('rounds', quick ? 3 : 5),
    // The same for every partition.
    journals: Math.ceil(whole('journals', quick ? 12_000 : 60_000) / PARTITIONS) * PARTITIONS,
    users: whole('users', quick ? 20_000 : 100_000),
    history: whole('history', quick ? 200_000 : 10_000_000),
    batch: whole('batch', MOST_IN_TRANSACTION),
    tpcbSeconds: quick ? 4 : TPCB.seconds,
  };
}

/** Journals of each writer before the clock starts, so that the program is compiled: pgbench is. */
const WARM_UP = 4_000;
/** Lone instructions, one after the other: what one waits that does not wait for others. */
const LONE = 500;
/** Balance queries of a round, one after the other. */
const QUERIES = 300;
/** Trades in one ASYNC_TRANSACTION; with 3 details each it is under both limits of the protocol. */
const ITEMS = 3_000;
/** A program that everything else on the machine starves is slow, and must not be ended for it. */
const PATIENCE_MS = 120_000;

interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server of our own, unless one is named. */
async function startServer(kind: 'postgres' | 'rabbit'): Promise<RunningServer> {
  const named = process.env[kind === 'postgres' ? 'QIANZHI_BENCH_PG' : 'QIANZHI_BENCH_AMQP'];
  if (named !== undefined && named !== '') return { url: named, stop: async () => undefined };
  const file = new URL('../../test/services/private.mjs', import.meta.url);
  const starters = (await import(file.href)) as {
    startPrivatePostgres(options: { settings: Record<string, string> }): Promise<PrivateServer>;
    startPrivateRabbit(): Promise<PrivateServer>;
  };
  if (kind === 'rabbit') return starters.startPrivateRabbit();
  const settings = { shared_buffers: '1GB', max_wal_size: '8GB', fsync: 'on', synchronous_commit: 'on' };
  return starters.startPrivatePostgres({ settings });
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
  console.log(`seed ${options.seed}; ${options.rounds} rounds of ${options.journals} journals; ${options.users} users`);
  const postgres = await startServer('postgres');
  const rabbit = await startServer('rabbit');
  try {
    const { figures, sound } = await measure(options, postgres.url, rabbit.url);
    console.log(JSON.stringify({ ...figures, sound, machine }));
    return sound ? 0 : 1;
  } finally {
    await rabbit.stop();
    await postgres.stop();
  }
}

/** One ledger in a database of its own. */
interface Ledger {
  readonly url: string;
  readonly owner: Database;
  readonly database: Database;
  readonly platformNos: readonly string[];
}

async function openLedger(admin: Database, serverUrl: string, name: string, load: Load): Promise<Ledger> {
  await admin.execute(once(sql`drop database if exists ${identifier(name)} with (force)`));
  await admin.execute(once(sql`create database ${identifier(name)}`));
  const url = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  await migrate({ url, room: 'ledger' });
  const owner = openDatabase({ url, max: 1, statementTimeoutMs: 1_800_000 });
  const platformNos = await fillBooks(owner, load);
  const settings = { idleInTransactionMs: PATIENCE_MS, statementTimeoutMs: PATIENCE_MS };
  const database = openDatabase({ ...writerOptions(url, undefined, PARTITIONS + 1), ...settings });
  return { url, owner, database, platformNos };
}

const closeLedger = async ({ owner, database }: Ledger): Promise<void> => {
  await database.close();
  await owner.close();
};

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);
const percentile = (values: readonly number[], part: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
const median = (values: readonly number[]): number => {
  const [low, high] = [(values.length - 1) >> 1, values.length >> 1].map((index) => sorted(values)[index] ?? 0);
  return ((low ?? 0) + (high ?? 0)) / 2;
};
const two = (value: number): number => Math.round(value * 100) / 100;

/** The trades of the holds `from` to `from + count` of each writer, written before the clock starts. */
async function prepared({ owner }: Ledger, writers: readonly Writer[], kind: 'B' | 'F', from: number, count: number) {
  const work: { readonly shell: Writer['shell']; readonly messages: readonly Delivered[] }[] = [];
  // One after the other: they share a connection.
  for (const { platformNo, shell } of writers) {
    const holds = await holdsOf(owner, platformNo, kind, from, count);
    work.push({ shell, messages: tradesOf(platformNo, holds) });
  }
  return work;
}

/** The bids of a round's batches. */
async function batchHolds({ owner, platformNos }: Ledger, from: number, count: number) {
  const work: { readonly platformNo: string; readonly holds: readonly HoldToCapture[] }[] = [];
  for (const platformNo of platformNos)
    work.push({ platformNo, holds: await holdsOf(owner, platformNo, 'B', from, count) });
  return work;
}

/** Balance queries per second, one after the other, of users anywhere. */
async function queryRate({ database, platformNos }: Ledger, users: number, round: number): Promise<number> {
  const half = Math.floor(users / PARTITIONS / 2);
  const since = performance.now();
  for (let index = 0; index < QUERIES; index += 1) {
    const platformNo = platformNos[index % platformNos.length] ?? '';
    const number = 1 + (((index + 1) * 7919 + round * 104_729) % half);
    const platformUserNo = `I${String(number).padStart(7, '0')}`;
    const answer = await answerFrom(database, queries, {
      version: 1,
      platformNo,
      query: { service: 'QUERY_USER_INFORMATION', request: { platformUserNo } },
      replyTo: { address: 'bench', correlationId: 'bench' },
    });
    if (answer.status !== 'SUCCESS') throw new Error(`${platformUserNo} has no balance`);
  }
  return (QUERIES * 1000) / (performance.now() - since);
}

const spaceTables = ['journal', 'entry', 'instruction', 'hold', 'outbox', 'account', 'share', 'project'] as const;
type Sizes = Readonly<Record<(typeof spaceTables)[number], number>>;

async function sizesOf({ owner }: Ledger): Promise<Sizes> {
  const sizes: Partial<Record<(typeof spaceTables)[number], number>> = {};
  for (const table of spaceTables) {
    const row = await owner.row<{ bytes: bigint }>(
      once(sql`select pg_total_relation_size(${`ledger.${table}`}) as bytes`),
    );
    sizes[table] = Number(row?.bytes ?? 0n);
  }
  return sizes as Sizes;
}

interface Round {
  readonly tpcb: number;
  readonly uniform: number;
  readonly hot: number;
  readonly query: number;
  readonly uniformWithHistory: number;
  readonly queryWithHistory: number;
  readonly batch: number;
}

async function measure(options: Options, serverUrl: string, amqpUrl: string) {
  const { rounds, journals, users, seed, batch } = options;
  const each = journals / PARTITIONS;
  const half = each / 2;
  const items = Math.min(ITEMS, half);
  const admin = openDatabase({ url: serverUrl, max: 1, statementTimeoutMs: 1_800_000 });
  const base = { users, freezes: 0, deposits: 1, partitions: PARTITIONS, seed };
  const all = rounds * each + WARM_UP;
  const deposits = Math.ceil(options.history / users);
  console.log('loading …');
  const main = await openLedger(admin, serverUrl, 'qianzhi_bench_ledger', {
    ...base,
    bids: (all + LONE) * PARTITIONS,
    freezes: rounds * half * PARTITIONS,
  });
  const old = await openLedger(admin, serverUrl, 'qianzhi_bench_history', {
    ...base,
    bids: all * PARTITIONS,
    deposits,
  });
  const mass = await openLedger(admin, serverUrl, 'qianzhi_bench_batches', {
    ...base,
    bids: (rounds + 1) * items * PARTITIONS,
  });
  const tpcbUrl = Object.assign(new URL(serverUrl), { pathname: '/qianzhi_bench_tpcb' }).href;
  await admin.execute(once(sql`drop database if exists ${identifier('qianzhi_bench_tpcb')} with (force)`));
  await admin.execute(once(sql`create database ${identifier('qianzhi_bench_tpcb')}`));
  await prepareTpcb(tpcbUrl);
  const batches = await startBatches(mass.url, amqpUrl, items);
  try {
    const mainWriters = await openWriters(main.database, main.platformNos);
    const oldWriters = await openWriters(old.database, old.platformNos);
    await drive(await prepared(main, mainWriters, 'B', 0, WARM_UP), batch);
    await drive(await prepared(old, oldWriters, 'B', 0, WARM_UP), batch);
    await batches.run(await batchHolds(mass, 0, items));
    const latencies: number[] = [];
    const results: Round[] = [];
    const grown = { ...emptySizes };
    for (let round = 0; round < rounds; round += 1) {
      const from = WARM_UP + round * each;
      const tpcb = await runTpcb(tpcbUrl, options.tpcbSeconds);
      const uniformWork = await prepared(main, mainWriters, 'B', from, each);
      const before = await sizesOf(main);
      await admin.execute(once(sql`checkpoint`));
      const uniform = await drive(uniformWork, batch, latencies);
      const after = await sizesOf(main);
      for (const table of spaceTables) grown[table] += after[table] - before[table];
      const hot = await drive(await prepared(main, mainWriters, 'F', round * half, half), batch);
      const query = await queryRate(main, users, round);
      const oldWork = await prepared(old, oldWriters, 'B', from, each);
      await admin.execute(once(sql`checkpoint`));
      const uniformWithHistory = await drive(oldWork, batch);
      const queryWithHistory = await queryRate(old, users, round);
      const batchWork = await batchHolds(mass, (round + 1) * items, items);
      await admin.execute(once(sql`checkpoint`));
      const details = await batches.run(batchWork);
      results.push({ tpcb, uniform, hot, query, uniformWithHistory, queryWithHistory, batch: details });
      console.log(
        `round ${round + 1}: TPC-B ${tpcb.toFixed(0)}/s; uniform ${uniform.toFixed(0)}/s (${(uniform / tpcb).toFixed(2)}), hot ${hot.toFixed(0)}/s, with history ${uniformWithHistory.toFixed(0)}/s; queries ${query.toFixed(0)}/s, with history ${queryWithHistory.toFixed(0)}/s; batch ${details.toFixed(0)} details/s (${(details / tpcb).toFixed(2)})`,
      );
    }
    const lone: number[] = [];
    await drive((await prepared(main, mainWriters, 'B', all, LONE)).slice(0, 1), 1, lone);
    const figures = {
      bench: 'ledger',
      ...ratios(results),
      ...(await spaceOf(main, grown, journals * rounds)),
      loneP50Ms: two(percentile(lone, 0.5)),
      loneP99Ms: two(percentile(lone, 0.99)),
      batchP50Ms: two(percentile(latencies, 0.5)),
      batchP99Ms: two(percentile(latencies, 0.99)),
      options: { ...options, partitions: PARTITIONS, items, detailsOfItem: DETAILS_OF_ITEM },
      rounds: results.map((round) =>
        Object.fromEntries(Object.entries(round).map(([name, value]) => [name, Math.round(value)])),
      ),
      baseline: { ...TPCB, seconds: options.tpcbSeconds },
    };
    await batches.stop();
    let sound = await allDone(main, (all + rounds * half) * PARTITIONS + LONE);
    sound = (await allDone(old, all * PARTITIONS)) && sound;
    sound = (await allDone(mass, (rounds + 1) * items * PARTITIONS)) && sound;
    for (const ledger of [main, old, mass]) sound = (await proved(ledger)) && sound;
    return { figures, sound };
  } finally {
    await stopQuietly(batches);
    for (const ledger of [main, old, mass]) await closeLedger(ledger);
    await admin.close();
  }
}

const emptySizes: Record<(typeof spaceTables)[number], number> = {
  journal: 0,
  entry: 0,
  instruction: 0,
  hold: 0,
  outbox: 0,
  account: 0,
  share: 0,
  project: 0,
};

const stopQuietly = (batches: Batches): Promise<void> => batches.stop().catch(() => undefined);

function ratios(results: readonly Round[]) {
  const ratio = (of: (round: Round) => number): number => two(median(results.map(of)));
  const historyRate = ratio((round) => round.uniformWithHistory / round.uniform);
  const historyQuery = ratio((round) => round.queryWithHistory / round.query);
  return {
    tpcb: ratio((round) => round.uniform / round.tpcb),
    hot: ratio((round) => round.hot / round.uniform),
    history: Math.min(historyRate, historyQuery),
    batch: ratio((round) => round.batch / round.tpcb),
    historyRate,
    historyQuery,
  };
}

/** What a journal takes on disk. A hold's row was there before; all of its table is counted, by the rows it has. */
async function spaceOf(ledger: Ledger, grown: Sizes, journals: number) {
  const { bytes, rows } = (await ledger.owner.row<{ bytes: bigint; rows: bigint }>(
    once(sql`select pg_total_relation_size('ledger.hold') as bytes, count(*) as rows from ledger.hold`),
  )) ?? { bytes: 0n, rows: 1n };
  const hold = Math.round(Number(bytes) / Number(rows));
  const of = (table: keyof Sizes): number => Math.round(grown[table] / journals);
  const parts = { journal: of('journal'), entries: of('entry'), instructionAndResult: of('instruction'), hold };
  const space = Object.values(parts).reduce((total, part) => total + part, 0);
  return { space, spaceOf: parts, outboxBytes: of('outbox'), otherBytes: of('account') + of('share') + of('project') };
}

/** Whether every trade was done. */
async function allDone({ owner }: Ledger, wanted: number): Promise<boolean> {
  const row = await owner.row<{ done: bigint }>(
    once(sql`select count(*) as done from ledger.instruction where service = 'SYNC_TRANSACTION' and state = 'DONE'`),
  );
  const done = Number(row?.done ?? 0n);
  if (done !== wanted) console.log(`${done} of ${wanted} trades were done`);
  return done === wanted;
}

async function proved({ url }: Ledger): Promise<boolean> {
  const report = await checkLedger({ databaseUrl: url });
  console.log(printCheck(report));
  return report.sound;
}
