/**
 * The ledger as a process: it owns the partitions it is given, one writer each, answers questions, and publishes what its outbox holds. It is
 * a function that returns how to stop it.
 */
import type { Bus, Subscription } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { orderId } from '../runtime/identifiers.ts';
import { inReverse, type Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../runtime/postgres/database.ts';
import { roleOf } from '../runtime/postgres/folder.ts';
import { startOutboxRelay } from '../runtime/postgres/outbox-relay.ts';
import { parkStatement } from '../runtime/postgres/parked.ts';
import { type Turns, takingTurns } from '../runtime/taking-turns.ts';
import { openAnswering } from './ask.ts';
import { startDue } from './due.ts';
import { MOST_IN_TRANSACTION, openShell, type ShellParts } from './handle.ts';
import { queries, rules } from './rules.ts';
import { startWatch } from './watch.ts';

export interface LedgerSettings {
  /** Which partitions this process writes, or stands by for (contract/topology.ts). */
  readonly partitions: readonly number[];
}

export interface LedgerParts {
  readonly databaseUrl: string;
  readonly databasePassword?: string;
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly clock: Clock;
}

/** The most of one batch that is held in memory. */
const MOST_BYTES = 4 * 1024 * 1024;
/**
 * Transactions of all partitions at a time, and how long a partition waits for its turn at most. Partitions share two cores and one disk: what
 * they do at the same time they do in smaller batches, and none the faster.
 */
const AT_A_TIME = 1;
const PATIENCE_MS = 100;
/** Questions are answered beside the writers, on connections of their own. */
const READERS = 4;
/** A writer that hangs inside a transaction holds up whoever takes over; takeover must be done in 10 s. */
const HANGING_MS = 5_000;

/** How a writer's connection is set up: all it does is to look up keys, and no plan for that begins with reading a whole table. */
export const writerOptions = (url: string, password: string | undefined, writers: number): DatabaseOptions => ({
  url,
  ...(password === undefined ? {} : { password }),
  role: roleOf('ledger'),
  applicationName: 'qianzhi ledger',
  max: writers,
  idleInTransactionMs: HANGING_MS,
  settings: { enable_seqscan: 'off', enable_hashjoin: 'off', enable_mergejoin: 'off', jit: 'off' },
});

/** Starts the ledger. Stopping lets the batches in hand be committed and answered first. Throws `Unavailable` when bus or database is away. */
export async function startLedger(settings: LedgerSettings, parts: LedgerParts): Promise<Stop> {
  const { bus, log, databaseUrl, databasePassword, metrics, clock } = parts;
  const password = databasePassword === undefined ? {} : { password: databasePassword };
  const writers = openDatabase(writerOptions(databaseUrl, databasePassword, settings.partitions.length + 1));
  const readers = openDatabase({
    url: databaseUrl,
    ...password,
    role: roleOf('ledger'),
    applicationName: 'qianzhi ledger queries',
    max: READERS,
  });
  const relay = startOutboxRelay({
    database: readers,
    schema: 'ledger',
    bus,
    log,
    ...(metrics === undefined ? {} : { metrics }),
  });
  const stops: Stop[] = [writers.close, readers.close, relay.stop];
  stops.push(startDue({ database: readers, clock, log, nudge: relay.nudge }));
  const closing = (subscription: Subscription): number => stops.push(() => subscription.close());
  try {
    const observe = observing(metrics);
    const shellParts = {
      database: writers,
      rules,
      facts: { newOrderId: () => orderId(clock.now()) },
      reply: (address, replies) => bus.reply(address, replies),
      nudge: relay.nudge,
      setAside: (number, error) => log.error({ err: error, number }, 'work was set aside'),
      ...(observe === undefined ? {} : { observe }),
    } satisfies Omit<ShellParts, 'partition'>;
    const turns = takingTurns(AT_A_TIME, PATIENCE_MS);
    for (const partition of settings.partitions) {
      stops.push(...(await own(partition, { ...shellParts, partition }, writers, turns, parts)));
    }
    stops.push(startWatch({ database: readers, bus, log, partitions: settings.partitions }));
    closing(await bus.serve(openAnswering(readers, queries, (address, replies) => bus.reply(address, replies))));
  } catch (error) {
    await inReverse(stops)().catch(() => undefined);
    throw error;
  }
  log.info({ partitions: settings.partitions }, 'the ledger is at work');
  return inReverse(stops);
}

async function own(
  partition: number,
  shellParts: ShellParts,
  database: Database,
  turns: Turns,
  { bus, log }: LedgerParts,
): Promise<readonly Stop[]> {
  const shell = openShell(shellParts);
  const subscription = await bus.subscribe({
    queue: 'ledger.instruction',
    partition,
    maxBatch: MOST_IN_TRANSACTION,
    maxBytes: MOST_BYTES,
    takeOver: async () => {
      await shell.takeOver();
      log.info({ partition }, 'took the partition over');
    },
    beforeBatch: turns.next,
    handle: (batch) => turns.take(() => shell.handle(batch)),
    park: async (parked) => {
      await database.execute(parkStatement('ledger', parked));
    },
  });
  return [shell.close, () => subscription.close()];
}

function observing(metrics: Metrics | undefined): ShellParts['observe'] {
  if (metrics === undefined) return undefined;
  const instructions = metrics.counter('ledger_instructions', 'instructions by how they ended', ['end']);
  const seconds = metrics.histogram('ledger_transaction_seconds', 'from begin to commit of a batch', []);
  return (turn) => {
    seconds.observe(turn.seconds);
    for (const [end, count] of Object.entries(turn.ends)) instructions.inc({ end }, count);
  };
}
