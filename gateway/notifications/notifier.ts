/**
 * Delivers notifications: what is due is leased, as much of each platform as its endpoint has places for, and each delivery runs by itself.
 * Nobody waits for anybody else's endpoint. Events of one number that come up together are delivered one after the other.
 */

import type { Sealer } from '../../certs/seal.ts';
import type { Signer } from '../../certs/signer.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import type { Clock } from '../../runtime/clock.ts';
import { fault } from '../../runtime/fault.ts';
import { gather } from '../../runtime/gather.ts';
import { uuidv7 } from '../../runtime/identifiers.ts';
import type { Stop } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Statements, Transaction } from '../../runtime/postgres/database.ts';
import { answerText } from '../answer.ts';
import type { KnownPlatform, Registry } from '../registry/registry.ts';
import { type Breaker, openBreaker } from './breaker.ts';
import { type Delivered, type Endpoint, openEndpoint } from './deliver.ts';
import { notificationForm, type ToldForm } from './form.ts';
import { insertNotifications, type LeasedRow, leaseDue, type Outcome, writeOutcomes } from './rows.ts';
import type { NotifySettings } from './settings.ts';

export interface Notifier {
  /** Stages what results tell platforms, inside the transaction that takes them in. @param now epoch milliseconds. */
  stage(results: readonly ResultMessage[], transaction: Transaction, now: number): Promise<void>;
  /** Something may be due: looks now instead of a little later. */
  nudge(): void;
  /** Stops leasing and waits for the deliveries under way. */
  readonly stop: Stop;
}

export interface NotifierParts {
  readonly database: Statements;
  readonly registry: Pick<Registry, 'platform' | 'platforms'>;
  readonly signer: Signer;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Between the end of a delivery's time and the end of its lease: for writing the outcome. */
const LEASE_SLACK_MS = 30_000;
const MOST_OUTCOMES = 200;

const labelOf = (platformNo: string, event: string): string => JSON.stringify(['notification', platformNo, event]);

interface Lane {
  readonly url: string;
  readonly allow: string;
  readonly endpoint: Endpoint;
  readonly breaker: Breaker;
}

export function openNotifier(settings: NotifySettings, parts: NotifierParts): Notifier {
  const { database, registry, signer, sealer, clock, log, metrics } = parts;
  const deliveries = metrics.counter('gateway_notifications_total', 'Deliveries of notifications', ['outcome']);
  const seconds = metrics.histogram('gateway_notification_seconds', 'From sending a notification to its answer', []);
  const lanes = new Map<string, Lane>();
  const running = new Set<Promise<void>>();
  let stopped = false;

  const laneOf = (platform: KnownPlatform): Lane => {
    const { platformNo, notifyUrl, notifyAllow } = platform;
    const allow = notifyAllow.join();
    const known = lanes.get(platformNo);
    if (known !== undefined && known.url === notifyUrl && known.allow === allow) return known;
    // Deliveries under way on the old endpoint fail, and are made again on the new one.
    void known?.endpoint.close();
    const endpoint = openEndpoint({
      url: notifyUrl,
      allow: notifyAllow,
      timeoutMs: settings.timeoutMs,
      connections: settings.perPlatform,
    });
    const lane = { url: notifyUrl, allow, endpoint, breaker: openBreaker(settings) };
    lanes.set(platformNo, lane);
    return lane;
  };

  const record = gather(async (outcomes: readonly Outcome[]) => {
    await writeOutcomes(database, outcomes);
    return outcomes.map(() => undefined);
  }, MOST_OUTCOMES);

  const write = async (outcome: Outcome): Promise<void> => {
    if (outcome.untried !== true) deliveries.inc({ outcome: outcome.state });
    // If this fails the lease ends, and the platform is told once more, which it must bear.
    await record(outcome).catch((error: unknown) =>
      log.warn({ err: error }, 'the outcome of a delivery was not written'),
    );
  };

  const attempt = async (row: LeasedRow, lane: Lane): Promise<Delivered> => {
    const started = performance.now();
    let delivered: Delivered;
    try {
      delivered = await lane.endpoint.deliver(await formOf(row, signer, sealer));
    } catch (error) {
      log.error({ err: error, id: row.id }, 'a notification could not be made');
      delivered = 'it could not be made';
    }
    lane.breaker.result(delivered === undefined, performance.now());
    seconds.observe((performance.now() - started) / 1000);
    return delivered;
  };

  /** Delivers events of one number in their order; after a failure the later ones wait with the one that failed. */
  const deliverGroup = async (group: readonly LeasedRow[], platform: KnownPlatform, lane: Lane): Promise<void> => {
    const begun = performance.now();
    let waitUntil: number | undefined;
    for (const row of group) {
      // A lease is good for two deliveries' time: one that begins late would outlive it.
      if (waitUntil === undefined && performance.now() - begun > settings.timeoutMs) waitUntil = clock.now();
      if (waitUntil !== undefined) {
        await write({ id: row.id, state: 'DUE', at: waitUntil, error: 'waits for an earlier one', untried: true });
        continue;
      }
      const delivered = await attempt(row, lane);
      await fault('gateway.notification.after-delivery');
      const outcome = outcomeOf(row, delivered, platform.notifyGapsMs ?? settings.gapsMs, clock.now());
      if (outcome.state === 'DUE') waitUntil = outcome.at;
      if (outcome.state === 'PARKED')
        log.error({ id: row.id, platformNo: row.platform_no, error: delivered }, 'a notification was parked');
      await write(outcome);
    }
  };

  const begin = (group: readonly [LeasedRow, ...LeasedRow[]]): void => {
    const platform = registry.platform(group[0].platform_no);
    if (platform === undefined) return;
    const lane = laneOf(platform);
    lane.breaker.begin();
    const delivery = deliverGroup(group, platform, lane).finally(() => {
      running.delete(delivery);
      lane.breaker.end();
      if (crowded.delete(platform.platformNo)) nudge();
    });
    running.add(delivery);
  };

  /** Platforms that had as much due as they had places, so that there may be more. */
  const crowded = new Set<string>();
  let turn = 0;

  /** Begins all that is due and has a place. */
  const round = async (): Promise<void> => {
    const most = settings.most - running.size;
    if (most <= 0) return;
    const places = [...registry.platforms()]
      .map((platform) => ({ platformNo: platform.platformNo, free: laneOf(platform).breaker.free(performance.now()) }))
      .filter(({ free }) => free > 0);
    if (places.length === 0) return;
    // Whoever stood first stands last next time, so that the bound on all cannot starve anybody.
    turn = (turn + 1) % places.length;
    const inTurn = [...places.slice(turn), ...places.slice(0, turn)];
    const now = clock.now();
    const rows = await leaseDue(database, inTurn, most, now, now + 2 * settings.timeoutMs + LEASE_SLACK_MS);
    for (const { platformNo, free } of places) {
      const leased = rows.filter(({ platform_no }) => platform_no === platformNo).length;
      if (leased === free || (leased > 0 && rows.length === most)) crowded.add(platformNo);
    }
    for (const group of groupsOf(rows)) begin(group);
  };

  let looking: Promise<void> | undefined;
  let again = false;
  const nudge = (): void => {
    again = true;
    if (stopped) return;
    looking ??= (async () => {
      while (again && !stopped) {
        again = false;
        await round();
      }
    })()
      .catch((error: unknown) => log.warn({ err: error }, 'due notifications could not be leased'))
      .finally(() => {
        looking = undefined;
      });
  };
  const timer = setInterval(nudge, settings.pollMs);
  nudge();

  return {
    stage: (results, transaction, now) =>
      insertNotifications(
        transaction,
        results.map(({ platformNo, event, serviceName, requestNo, answer }) => ({
          id: uuidv7(),
          platformNo,
          event,
          serviceName,
          requestNo,
          respData: sealer.sealBytes(
            labelOf(platformNo, event),
            Buffer.from(answerText(requestNo, answer, sealer), 'utf8'),
          ),
        })),
        now,
      ),
    nudge,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await looking;
      await Promise.all(running);
      await Promise.all([...lanes.values()].map(({ endpoint }) => endpoint.close()));
    },
  };
}

async function formOf(row: LeasedRow, signer: Signer, sealer: Sealer): Promise<ToldForm> {
  const respData = sealer.openBytes(labelOf(row.platform_no, row.event), row.resp_data).toString('utf8');
  return notificationForm(
    {
      serviceName: row.service_name,
      platformNo: row.platform_no,
      responseType: 'NOTIFY',
      respData,
      ...(row.user_device === null ? {} : { userDevice: row.user_device }),
    },
    signer,
  );
}

/** @param gapsMs the gap after each failed delivery; none left means parked. */
function outcomeOf(row: LeasedRow, error: Delivered, gapsMs: readonly number[], now: number): Outcome {
  if (error === undefined) return { id: row.id, state: 'DELIVERED', at: now, error };
  const gap = gapsMs[row.attempts - 1];
  return gap === undefined
    ? { id: row.id, state: 'PARKED', at: now, error }
    : { id: row.id, state: 'DUE', at: now + gap, error };
}

/** Rows of one number, in the order they were made, for each number. */
function groupsOf(rows: readonly LeasedRow[]): readonly (readonly [LeasedRow, ...LeasedRow[]])[] {
  const groups = new Map<string, [LeasedRow, ...LeasedRow[]]>();
  for (const row of rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const key = JSON.stringify([row.platform_no, row.request_no]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}
