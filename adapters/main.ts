/**
 * The correspondents: orders in, outcomes out. Takes orders off the bus, asks the channels, hears their callbacks, and publishes what
 * became of each through the outbox. Several instances may run at once.
 */
import { openSealer } from '../certs/seal.ts';
import type { Bus } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import type { AdaptersConfig } from '../runtime/config.ts';
import { inReverse, type Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { openDatabase } from '../runtime/postgres/database.ts';
import { startOutboxRelay } from '../runtime/postgres/outbox-relay.ts';
import { sql } from '../runtime/postgres/sql.ts';
import { startAsking } from './asking.ts';
import { startCallbackServer } from './callback-server.ts';
import type { Calling } from './calling.ts';
import { openChannels } from './channels.ts';
import { takeOrders } from './orders.ts';
import { routingOf } from './routing/routing.ts';
import { tellSettlements } from './settlements.ts';

export interface AdaptersParts {
  readonly databaseUrl: string;
  readonly databasePassword?: string;
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}

/** How long an order that surely never left us is tried; then it is a no. */
const GIVE_UP_MS = 15 * 60_000;

/**
 * Starts the room. Its schema must be migrated. Answers how to stop it: no new work, what is under way ends.
 * Throws Error or KeyProblem, saying what to do, for settings and keys that cannot be used, and when the port is taken.
 */
export async function startAdapters(settings: AdaptersConfig, parts: AdaptersParts): Promise<Stop> {
  const { bus, clock, metrics } = parts;
  const log = parts.log.child({ room: 'adapters' });
  const routing = routingOf(settings);
  const sealer = await openSealer(settings.sealingKeyFile);
  const channels = await openChannels(settings.channels, clock);
  const stops: Stop[] = [...channels.values()].map((channel) => () => channel.stop());
  const database = openDatabase({
    url: parts.databaseUrl,
    role: 'qianzhi_adapters',
    applicationName: 'qianzhi adapters',
    max: 12,
    ...(parts.databasePassword === undefined ? {} : { password: parts.databasePassword }),
  });
  stops.push(() => database.close());

  try {
    const relay = startOutboxRelay({ database, schema: 'adapters', bus, log, metrics });
    stops.push(relay.stop);
    const calls = metrics.counter('adapters_calls_total', 'calls to channels by what they answered', ['act', 'answer']);
    const heard = metrics.counter('adapters_callbacks_total', 'callbacks by what they were', ['verdict']);
    const differences = metrics.gauge('adapters_differences', 'differences with channels, open', ['channel']);
    stops.push(countingDifferences(database, [...channels.keys()], differences));
    const base = settings.publicUrl.replace(/\/+$/, '');
    const schedule = { askAfterMs: settings.askAfterMs, askAtMostEveryMs: settings.askAtMostEveryMs };
    const calling: Calling = {
      database,
      sealer,
      clock,
      schedule,
      channels,
      notifyUrl: (name) => `${base}/channels/${name}/callbacks`,
      giveUpMs: GIVE_UP_MS,
      answered: (act, _, answer) => calls.inc({ act, answer: answer.state }),
    };
    const afterwards = async (): Promise<void> => {
      await tellSettlements(database, clock.now());
      relay.nudge();
    };
    const asking = startAsking({ ...calling, log, afterwards });
    stops.push(asking.stop);
    const committed = (): void => {
      asking.kick();
      relay.nudge();
    };

    const stopCallbacks = await startCallbackServer({
      database,
      sealer,
      clock,
      schedule,
      committed,
      channels,
      log,
      metrics,
      counted: (_, verdict) => heard.inc({ verdict }),
      host: settings.host,
      port: settings.port,
      unready: async () => bus.unwell() ?? (await away(database)),
    });
    stops.push(stopCallbacks);
    const subscription = await takeOrders({ database, bus, clock, routing, committed });
    stops.push(() => subscription.close());
    log.info({ channels: [...channels.keys()], port: settings.port }, 'adapters started');
    return inReverse(stops);
  } catch (error) {
    await inReverse(stops)().catch(() => undefined);
    throw error;
  }
}

const away = (database: ReturnType<typeof openDatabase>): Promise<string | undefined> =>
  database.row(sql`select 1 as one`).then(
    () => undefined,
    () => 'the database is away',
  );

/** How often the open differences are counted for the metric, ms. */
const COUNT_MS = 15_000;

/** Keeps the gauge of open differences; a count that fails is made later. */
function countingDifferences(
  database: ReturnType<typeof openDatabase>,
  channels: readonly string[],
  gauge: { set(labels: { channel: string }, value: number): void },
): Stop {
  const count = async (): Promise<void> => {
    const rows = await database.rows<{ channel: string; count: number }>(
      sql`select channel, count(*)::int as count from adapters.difference group by channel`,
    );
    const counted = new Map(rows.map((row) => [row.channel, row.count]));
    for (const channel of new Set([...channels, ...counted.keys()])) gauge.set({ channel }, counted.get(channel) ?? 0);
  };
  let counting: Promise<void> = Promise.resolve();
  const again = (): void => {
    counting = count().catch(() => undefined);
  };
  again();
  const timer = setInterval(again, COUNT_MS);
  return async () => {
    clearInterval(timer);
    await counting;
  };
}
