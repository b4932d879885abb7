/**
 * Instructions without an answer: the row goes when the books have answered, and what is due is published again by whichever instance leases
 * it. So a deleted queue, a lost reply or a crash between evidence and publish loses nothing; the claim in the ledger makes repeats harmless.
 */
import type { Bus } from '../../runtime/bus/port.ts';
import type { Clock } from '../../runtime/clock.ts';
import { gather } from '../../runtime/gather.ts';
import type { Stop } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Statements } from '../../runtime/postgres/database.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { PUBLISH_MS } from '../publishing.ts';
import { withReplyTo } from '../submit.ts';
import { FIRST_DUE_MS } from './keep.ts';

export interface Pending {
  /** The books have answered this message: its row goes, soon and together with others. */
  forget(messageId: string): void;
  /** Publishes what is due, once; answers how many. Throws `Unavailable`. */
  sweep(): Promise<number>;
  readonly stop: Stop;
}

export interface PendingParts {
  /** May lose the last commits in a crash: a row that comes back is only asked about again. */
  readonly database: Statements;
  readonly bus: Pick<Bus, 'publish' | 'address'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const SWEEP_MS = 1_000;
/** Rows gone for one delete, and how long the first of them waits for others. */
const FORGET_MS = 100;
const MOST_FORGOTTEN = 1_000;
/** Published again at once; a long list is worked through sweep by sweep. */
const MOST_DUE = 100;
/** The gap doubles up to this. */
const LONGEST_GAP_MS = 3_600_000;
/** From here on somebody should look. */
const WORRYING_TIMES = 5;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface DueRow {
  readonly evidence_id: string;
  readonly platform_no: string;
  readonly body: string;
  readonly published: number;
}

export function openPending(parts: PendingParts): Pending {
  const { database, bus, clock, log, metrics } = parts;
  const republished = metrics.counter(
    'gateway_republished_total',
    'Instructions published again for want of an answer',
    [],
  );
  let answered: string[] = [];
  let timer: NodeJS.Timeout | undefined;

  const drop = gather(async (groups: readonly (readonly string[])[]) => {
    await database.execute(sql`delete from gateway.pending where evidence_id = any(${groups.flat()}::uuid[])`);
    return groups.map(() => undefined);
  }, 10);
  const flush = async (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    const ids = answered;
    answered = [];
    // A row that stays is asked about again, and then forgotten.
    if (ids.length > 0) await drop(ids).catch((error: unknown) => log.debug({ err: error }, 'answered rows stay'));
  };
  const forget = (messageId: string): void => {
    if (!UUID.test(messageId)) return;
    answered.push(messageId);
    if (answered.length >= MOST_FORGOTTEN) void flush();
    else timer ??= setTimeout(() => void flush(), FORGET_MS);
  };

  const lease = (now: number): Promise<DueRow[]> =>
    database.rows<DueRow>(sql`
      update gateway.pending set published = published + 1,
        due_at = ${new Date(now)}::timestamptz
          + least(${FIRST_DUE_MS}::float8 * 2 ^ least(published, 20), ${LONGEST_GAP_MS}) * interval '1 millisecond'
      where evidence_id in (
        select evidence_id from gateway.pending where due_at <= ${new Date(now)}
        order by due_at limit ${MOST_DUE} for update skip locked)
      returning evidence_id, platform_no, body, published`);

  const sweep = async (): Promise<number> => {
    const rows = await lease(clock.now());
    if (rows.length === 0) return 0;
    const told = await bus.publish(
      rows.map(({ evidence_id, platform_no, body }) => ({
        family: 'instruction',
        platformNo: platform_no,
        messageId: evidence_id,
        body: withReplyTo(body, bus.address, evidence_id),
      })),
      PUBLISH_MS,
    );
    republished.inc(rows.length);
    const stuck = rows.filter(({ published }) => published >= WORRYING_TIMES);
    log.warn({ count: rows.length, accepted: told.filter((one) => one === 'accepted').length }, 'published again');
    if (stuck.length > 0)
      log.error({ messageIds: stuck.map(({ evidence_id }) => evidence_id) }, 'the books do not answer');
    return rows.length;
  };

  let sweeping: Promise<unknown> = Promise.resolve();
  let busy = false;
  const interval = setInterval(() => {
    if (busy) return;
    busy = true;
    sweeping = sweep()
      .catch((error: unknown) => log.warn({ err: error }, 'due instructions could not be published again'))
      .finally(() => {
        busy = false;
      });
  }, SWEEP_MS);

  return {
    forget,
    sweep,
    stop: async () => {
      clearInterval(interval);
      await sweeping;
      await flush();
    },
  };
}
