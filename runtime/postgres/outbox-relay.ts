/**
 * Publishes what a room's outbox holds. One relay per schema works, in whichever process holds the advisory lock; the others stand by and
 * pass their nudges on. Publishing goes in windows; what was accepted is deleted, the rest tried again, each family with its own rest. On a
 * bus that can lose what it accepted, a row is deleted only once it is proved that it was handled (outbox-proof.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, Publication } from '../bus/port.ts';
import { fault } from '../fault.ts';
import type { Stop } from '../lifecycle.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { Database, Session } from './database.ts';
import { Floor } from './floor.ts';
import type { Room } from './folder.ts';
import {
  againStatement,
  backlogStatement,
  type Deleted,
  doneWith,
  publishedStatement,
  type Staged,
  type StagedRow,
  stagedStatement,
  toStaged,
} from './outbox.ts';
import { type ProofLimits, Unproved } from './outbox-proof.ts';
import { once, sql } from './sql.ts';

export interface OutboxRelayOptions {
  readonly database: Database;
  readonly schema: Exclude<Room, 'bus'>;
  readonly bus: Pick<Bus, 'publish' | 'onReceipts'>;
  readonly log: Log;
  readonly metrics?: Metrics;
  readonly proof?: ProofLimits;
}

export interface OutboxRelay {
  /** Says that something was committed. Costs nothing and never throws. */
  nudge(): void;
  readonly stop: Stop;
}

const WINDOW = { messages: 500, bytes: 8 * 1024 * 1024 };
const PUBLISH_MS = 10_000;
/** Looks by itself, should a nudge have been lost with a process. */
const POLL_MS = 1_000;
/** A stand-by asks for the lock so often. */
const STAND_BY_MS = 1_000;
const MEASURE_MS = 5_000;
/** A leader that says nothing for so long hangs, and loses the lock with its session. Longer than the longest publishing. */
const HANGING_MS = 15_000;
/** The rest of a family that was full, unroutable or unknown. */
const REST_MS = { first: 100, most: 10_000 };

/** The families that must rest before they are tried again, each longer the more often it failed in a row. */
class Rests {
  readonly #until = new Map<string, { at: number; waitMs: number }>();

  note(window: readonly Staged[], answers: readonly Publication[]): readonly string[] {
    const failed = new Set(window.filter((_, index) => answers[index] !== 'accepted').map(({ family }) => family));
    for (const { family } of window) if (!failed.has(family)) this.#until.delete(family);
    for (const family of failed) {
      const waitMs = Math.min((this.#until.get(family)?.waitMs ?? REST_MS.first / 2) * 2, REST_MS.most);
      this.#until.set(family, { at: performance.now() + waitMs, waitMs });
    }
    return [...failed];
  }

  resting(): readonly string[] {
    const now = performance.now();
    return [...this.#until].filter(([, { at }]) => at > now).map(([family]) => family);
  }

  /** How long until the first of them may go again. */
  nextMs(): number {
    const now = performance.now();
    return Math.min(POLL_MS, ...[...this.#until.values()].map(({ at }) => Math.max(at - now, 1)));
  }
}

/** Starts the relay of a schema. Never throws: what is away is tried again. */
export function startOutboxRelay(options: OutboxRelayOptions): OutboxRelay {
  const { database, schema, bus, log } = options;
  const channel = `qianzhi_outbox_${schema}`;
  const backlog = options.metrics?.gauge('outbox_backlog', 'messages committed and not yet published', ['schema']);
  const age = options.metrics?.gauge('outbox_age_seconds', 'age of the oldest message not yet published', ['schema']);
  const unprovedRows = options.metrics?.gauge('outbox_unproved', 'messages published and not known to be handled', [
    'schema',
  ]);
  const republished = options.metrics?.counter(
    'outbox_republished_total',
    'messages published again, overtaken without a receipt',
    ['schema'],
  );
  const stopped = new AbortController();
  let leading = false;
  let standBy: Session | undefined;
  let telling = false;
  let untold = false;
  let wanted = true;
  let wake = (): void => undefined;

  /** Waits for a nudge, or this long. */
  const nudgeOr = async (ms: number): Promise<void> => {
    if (wanted || stopped.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    wake = () => undefined;
  };
  const nudged = (): void => {
    wanted = true;
    wake();
  };
  /** A stand-by tells whoever leads; nudges that come while it tells are told once more, together. */
  const tell = async (session: Session): Promise<void> => {
    untold = true;
    if (telling) return;
    telling = true;
    while (untold) {
      untold = false;
      await session.execute(sql`select pg_notify(${channel}, '')`).catch(() => undefined);
    }
    telling = false;
  };

  const lead = async (session: Session, unproved: Unproved | undefined): Promise<void> => {
    const rests = new Rests();
    let measureAt = 0;
    const floor = new Floor(1n, 0n);
    let highest = 0n;
    let done: readonly bigint[] = [];
    /** Publishes again what was overtaken. */
    const repeat = async (proofs: Unproved): Promise<void> => {
      const ids = proofs.again();
      if (ids.length === 0) return;
      const rows = await session.rows<StagedRow>(againStatement(schema, ids));
      const window = rows.map((row) => toStaged(row, proofs.receiptOf(row.id)));
      const answers = await bus.publish(window, PUBLISH_MS);
      proofs.sentAgain(ids, window, rests.note(window, answers).length === 0);
      republished?.inc({ schema }, window.length);
      log.warn({ schema, messages: window.length }, 'outbox: overtaken without a receipt, published again');
    };
    while (!stopped.signal.aborted) {
      wanted = false;
      if (unproved !== undefined) {
        await repeat(unproved);
        unproved.ask();
      }
      // Both travel together; the second sees what the first did.
      const resting = [...rests.resting(), ...(unproved?.waiting() ?? [])];
      const gone = unproved === undefined ? (done.length > 0 ? done : undefined) : unproved.due();
      const skip = unproved?.skip(floor.value) ?? [];
      const [deleted, rows] = await Promise.all([
        gone === undefined ? undefined : session.row<Deleted>(publishedStatement(schema, gone)),
        session.rows<StagedRow>(stagedStatement(schema, floor.value, resting, skip, WINDOW.messages, WINDOW.bytes)),
      ]);
      done = [];
      highest = rows.at(-1)?.id ?? highest;
      // Only a look at all families shows the lowest that is there (and is not ours already).
      if (deleted !== undefined && resting.length === 0)
        floor.look({ highest, oldest: deleted.oldest }, rows[0]?.id, deleted.xid);
      if (performance.now() > measureAt) {
        measureAt = performance.now() + MEASURE_MS;
        const measured = await session.row<{ backlog: number; age: number }>(
          backlogStatement(schema, floor.value, skip),
        );
        backlog?.set({ schema }, measured?.backlog ?? 0);
        age?.set({ schema }, measured?.age ?? 0);
        unprovedRows?.set({ schema }, unproved?.size ?? 0);
      }
      if (rows.length === 0) {
        await nudgeOr(rests.nextMs());
        continue;
      }
      const window = rows.map((row) => toStaged(row, unproved?.receiptOf(row.id)));
      unproved?.sending(window);
      const answers = await bus.publish(window, PUBLISH_MS);
      await fault(`${schema}.outbox.after-publish`);
      done = doneWith(window, answers);
      unproved?.sent(window, done);
      const failed = rests.note(window, answers);
      if (failed.length > 0) log.warn({ schema, failed, published: done.length }, 'outbox: not all was accepted');
    }
    if (unproved !== undefined) done = unproved.proved();
    if (done.length > 0) await session.execute(publishedStatement(schema, done));
  };

  const turn = async (): Promise<void> => {
    const session = await database.session();
    try {
      // A deletion lost in a crash publishes again, which is legal; so it need not wait for the disk.
      await session.execute(once(sql`set synchronous_commit = off`));
      await session.execute(once(sql`select set_config('idle_session_timeout', ${String(HANGING_MS)}, false)`));
      // What the planner believes of a queue's size is always wrong.
      await session.execute(once(sql`set enable_seqscan = off`));
      await session.execute(once(sql`set enable_sort = off`));
      while (!stopped.signal.aborted) {
        const locked = await session.row<{ leads: boolean }>(
          sql`select pg_try_advisory_lock(hashtextextended(${channel}, 0)) as leads`,
        );
        if (locked?.leads) {
          leading = true;
          await session.listen(channel, nudged);
          const unproved = bus.onReceipts === undefined ? undefined : new Unproved(schema, bus, options.proof);
          const deaf = unproved === undefined ? undefined : bus.onReceipts?.(unproved.hear);
          try {
            await lead(session, unproved);
          } finally {
            deaf?.();
            unprovedRows?.set({ schema }, 0);
          }
        } else {
          standBy = session;
          await sleep(STAND_BY_MS, undefined, { signal: stopped.signal }).catch(() => undefined);
        }
      }
    } finally {
      leading = false;
      standBy = undefined;
      await session.close();
    }
  };

  const run = async (): Promise<void> => {
    let waitMs = REST_MS.first;
    while (!stopped.signal.aborted) {
      const since = performance.now();
      try {
        await turn();
      } catch (error) {
        log.warn({ err: error, schema }, 'outbox: the relay starts again');
        if (performance.now() - since > REST_MS.most) waitMs = REST_MS.first;
        await sleep(waitMs, undefined, { signal: stopped.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, REST_MS.most);
      }
    }
  };
  const running = run();

  return {
    nudge: () => {
      if (leading) nudged();
      else if (standBy !== undefined) void tell(standBy);
    },
    stop: async () => {
      stopped.abort();
      wake();
      await running;
    },
  };
}
