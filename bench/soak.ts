/**
 * The soak: half the sustained rate for many minutes, and whether everything stays flat: the memory of every process, what waits in outboxes
 * and queues, what has no answer, what is not yet told. Prints a line a minute and a verdict.
 */
import { join } from 'node:path';
import type { House } from '../demo/house.ts';
import { inspectBus } from '../runtime/bus/inspect.ts';
import { readConfig } from '../runtime/config.ts';
import { type Database, openDatabase } from '../runtime/postgres/database.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { Processes } from './cpu.ts';
import type { LoadFigures } from './load-plan.ts';
import type { LoadProcess } from './load-process.ts';
import { readMemory } from './memory.ts';

/** Memory is compared from here on: heaps and caches first grow to their working size. */
const SETTLED = 0.25;
/** Growth of the last quarter over the one after `SETTLED` that is called flat: a heap breathes. */
const FLAT = 1.15;
const FLAT_MB = 24;
/** So much may wait at any moment, in seconds of the load: what is on its way is no growth. */
const ON_ITS_WAY_S = 2;
const MINUTE_MS = 60_000;
/** Memory of these is their server's own affair: PostgreSQL's caches fill, the load generator keeps histories. */
const notOurs = new Set(['postgresql', 'rabbitmq', 'redis', 'payment company', 'load generator']);

interface Sample {
  readonly minute: number;
  readonly memory: Readonly<Record<string, number>>;
  readonly waiting: Readonly<Record<string, number>>;
}

export interface Soak {
  readonly minutes: number;
  readonly perSecond: number;
  readonly flat: boolean;
  /** What is not flat, in words. */
  readonly growing: readonly string[];
  readonly figures: LoadFigures;
}

/** Runs it. Rows and queue lengths are read by the login that owns the database. */
export async function soak(
  house: House,
  minutes: number,
  perSecond: number,
  load: LoadProcess,
  running: () => Promise<Processes>,
): Promise<Soak> {
  const config = readConfig(join(house.home, 'qianzhi.json'));
  const database = openDatabase({ url: config.database?.url ?? '', max: 1, applicationName: 'bench soak' });
  const samples: Sample[] = [];
  const look = async (): Promise<void> => {
    const lines = await inspectBus({ bus: config.bus });
    const sample: Sample = {
      minute: samples.length,
      memory: readMemory(await running()),
      waiting: {
        ...(await waitingRows(database)),
        queues: lines.reduce((sum, { waiting }) => sum + waiting, 0),
      },
    };
    samples.push(sample);
    console.log(
      `minute ${sample.minute}: MiB ${JSON.stringify(sample.memory)}, waiting ${JSON.stringify(sample.waiting)}`,
    );
  };
  try {
    const loading = load.run({ what: 'mix', seconds: minutes * 60, perSecond });
    await look();
    let looking: Promise<void> = Promise.resolve();
    const timer = setInterval(() => {
      looking = looking.then(look).catch((error: unknown) => console.log(`not looked: ${String(error)}`));
    }, MINUTE_MS);
    const figures = await loading.finally(() => clearInterval(timer));
    await looking;
    const growing = growthOf(samples, perSecond);
    console.log(growing.length === 0 ? 'flat: no memory and no backlog grows' : `NOT FLAT: ${growing.join('; ')}`);
    return { minutes, perSecond, flat: growing.length === 0, growing, figures };
  } finally {
    await database.close();
  }
}

async function waitingRows(database: Database): Promise<Readonly<Record<string, number>>> {
  const row = await database.row<Readonly<Record<string, number>>>(sql`
    select (select count(*) from ledger.outbox)::int as "ledger outbox",
      (select count(*) from adapters.outbox)::int as "adapters outbox",
      (select count(*) from gateway.pending)::int as "gateway pending",
      (select count(*) from gateway.notification where state = 'DUE')::int as "notifications due",
      (select count(*) from gateway.page where state <> 'ENDED')::int as "open pages",
      (select count(*) from ledger.parked)::int + (select count(*) from gateway.parked)::int
        + (select count(*) from adapters.parked)::int as parked`);
  return row ?? {};
}

/** What grows, in words: memory by its quarters, backlogs by what may be on its way. */
export function growthOf(samples: readonly Sample[], perSecond: number): readonly string[] {
  const growing: string[] = [];
  const settled = samples.slice(Math.ceil(samples.length * SETTLED));
  const third = Math.max(1, Math.floor(settled.length / 3));
  const mean = (some: readonly Sample[], name: string): number =>
    some.reduce((sum, { memory }) => sum + (memory[name] ?? 0), 0) / Math.max(1, some.length);
  for (const name of Object.keys(samples[0]?.memory ?? {})) {
    if (notOurs.has(name)) continue;
    const [from, to] = [mean(settled.slice(0, third), name), mean(settled.slice(-third), name)];
    if (to > from * FLAT && to > from + FLAT_MB)
      growing.push(`${name} from ${Math.round(from)} to ${Math.round(to)} MiB`);
  }
  const last = samples.at(-1);
  for (const [name, count] of Object.entries(last?.waiting ?? {})) {
    const most = name === 'parked' ? 0 : perSecond * ON_ITS_WAY_S;
    if (count > most) growing.push(`${name}: ${count} wait`);
  }
  return growing;
}
