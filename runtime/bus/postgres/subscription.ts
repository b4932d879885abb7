/**
 * A subscription to one line on PostgreSQL: owns the line by a lease and an epoch, takes the lowest ids that are there, and deletes them once
 * they were handled. A killed owner is replaced at once (his session's advisory lock is free), a stopped one when his lease has ended; what
 * the latter acknowledges afterwards is ignored.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fenced, Unavailable } from '../../failure.ts';
import { uuidv7 } from '../../identifiers.ts';
import type { Log } from '../../log.ts';
import { inTime } from '../../postgres/closing.ts';
import { Floor, type Sight } from '../../postgres/floor.ts';
import type { Session } from '../../postgres/session.ts';
import { lineOf } from '../lines.ts';
import type { Bus, Delivered, SubscribeOptions, Subscription } from '../port.ts';
import { GivenBack, pause, settle, standStill } from '../settle.ts';
import {
  type Acknowledged,
  acknowledgeMessages,
  channelOf,
  drawXid,
  endLease,
  guardLine,
  lowestMessages,
  type MessageRow,
  renewLease,
  sightOf,
  takeLease,
} from './statements.ts';

export interface SubscriptionDeps {
  open(): Promise<Session>;
  readonly log: Log;
  readonly reply: Bus['reply'];
}

/** A stopped owner keeps his line so long; takeover stays within ten seconds. */
const LEASE_MS = 6_000;
const RENEW_MS = 1_500;
const STAND_BY_MS = 1_000;
/** Publishers measure a line's length from its floor: they are told it with each renewal, and after so many ids. */
const TELL_AFTER = 2_000n;
/** Looks by itself, should a notification have been lost. */
const POLL_MS = 500;
const AGAIN_MS = { first: 100, most: 5_000 };
/** A fenced subscription lets a stand-by go first. */
const FENCED_MS = 2 * STAND_BY_MS;

/** Something to wait for that others can bring about. */
class Wake {
  #wanted = true;
  #wake = (): void => undefined;

  now(): void {
    this.#wanted = true;
    this.#wake();
  }

  /** What comes from here on counts. */
  clear(): void {
    this.#wanted = false;
  }

  async wait(ms: number): Promise<void> {
    if (this.#wanted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => undefined;
  }
}

interface Taken {
  readonly epoch: bigint;
  /** What the last owner had proven. */
  readonly floor: bigint;
}

/** Waits as a stand-by until the line is ours. */
async function takeLine(session: Session, line: string, signal: AbortSignal): Promise<Taken> {
  const owner = uuidv7();
  for (;;) {
    if (signal.aborted) throw new GivenBack('the subscription ends');
    const guard = await session.row<{ guarded: boolean }>(guardLine(line));
    const taken = await session.row<Taken>(takeLease(line, owner, guard?.guarded === true, LEASE_MS));
    if (taken !== undefined) return taken;
    await pause(STAND_BY_MS, signal);
  }
}

/** Keeps the lease alive beside the work; calls `lost` when another has taken the line or the session is gone. */
function keepLease(
  session: Session,
  line: string,
  epoch: bigint,
  floor: () => bigint,
  lost: () => void,
): { renew: () => void; release: () => void } {
  const renew = async (): Promise<void> => {
    const guard = await session.row<{ guarded: boolean }>(guardLine(line));
    const renewed = await session.execute(renewLease(line, epoch, guard?.guarded === true, floor(), LEASE_MS));
    if (renewed === 0) lost();
  };
  const renewSoon = (): void => {
    renew().catch(lost);
  };
  const timer = setInterval(renewSoon, RENEW_MS);
  void session.lost.then(lost);
  return { renew: renewSoon, release: () => clearInterval(timer) };
}

const toDelivered = (row: MessageRow, redelivered: boolean): Delivered => ({
  family: row.family,
  platformNo: row.platform_no,
  messageId: row.message_id,
  body: row.body,
  redelivered,
  ...(row.trace === null ? {} : { trace: row.trace }),
});

/** Owns the line on this session until the subscription ends or the line is lost. */
async function own(
  session: Session,
  options: SubscribeOptions,
  { log, reply }: SubscriptionDeps,
  ending: AbortSignal,
  wake: Wake,
): Promise<void> {
  const line = lineOf(options.queue, options.partition);
  await session.listen(channelOf(line), () => wake.now());
  const { epoch, floor: proven } = await takeLine(session, line, ending);
  log.info({ line, epoch: String(epoch) }, 'bus: took the line');

  const lost = new AbortController();
  const signal = AbortSignal.any([ending, lost.signal]);
  let floor = new Floor(proven, proven - 1n);
  let told = proven;
  const { renew, release } = keepLease(
    session,
    line,
    epoch,
    () => floor.value,
    () => {
      lost.abort();
      wake.now();
    },
  );
  ending.addEventListener('abort', () => wake.now(), { once: true, signal: lost.signal });
  const fetch = (): Promise<MessageRow[]> => {
    wake.clear();
    return session.rows<MessageRow>(lowestMessages(line, floor.value, options.maxBatch, options.maxBytes));
  };

  try {
    const common = { options, log, reply, signal };
    await standStill('taking over', { ...common, acknowledge: async () => undefined }, async () => {
      await options.takeOver?.();
    });
    const before = (await session.row<Sight>(sightOf(line)))?.highest ?? 0n;
    floor = new Floor(proven, before);
    // What the last owner could not prove any more is proven without an acknowledgement of ours.
    const drawn = await session.row<Sight & { xid: bigint }>(drawXid(line));
    if (drawn !== undefined) floor.look(drawn, undefined, drawn.xid);
    let next = await fetch();
    while (!signal.aborted) {
      if (next.length === 0) {
        await wake.wait(POLL_MS);
        if (signal.aborted) break;
        // Both travel together; the rows are looked for after the sight.
        const [sight, rows] = await Promise.all([floor.waits ? session.row<Sight>(sightOf(line)) : undefined, fetch()]);
        if (sight !== undefined) floor.look(sight, rows[0]?.id);
        next = rows;
        continue;
      }
      const ids = new Map<Delivered, bigint>();
      for (const row of next) ids.set(toDelivered(row, row.id <= before), row.id);
      next = [];
      await settle([...ids.keys()], {
        ...common,
        acknowledge: async (messages) => {
          const gone = messages.map((message) => ids.get(message) ?? 0n);
          for (const message of messages) ids.delete(message);
          // Both travel together; the second sees what the first did.
          const [answer, rows] = await Promise.all([
            session.row<Acknowledged>(acknowledgeMessages(line, epoch, gone)),
            ids.size === 0 ? fetch() : undefined,
          ]);
          if (answer?.owned !== true) throw new Fenced(`${line} has another owner`);
          if (rows === undefined) return;
          next = rows;
          floor.look(answer, rows[0]?.id, answer.xid);
          if (floor.value - told >= TELL_AFTER) {
            told = floor.value;
            renew();
          }
        },
      });
    }
    // Should the server not be heard any more, the lease ends by itself.
    if (ending.aborted) await inTime(session.execute(endLease(line, epoch)));
    else throw new Fenced(`${line} was lost`);
  } finally {
    release();
  }
}

/** Subscribes; returns at once, and owns the line as soon as it can. */
export function subscribeLine(deps: SubscriptionDeps, options: SubscribeOptions): Subscription {
  const { open, log } = deps;
  const ending = new AbortController();
  const line = lineOf(options.queue, options.partition);

  const turn = async (): Promise<void> => {
    const session = await open();
    try {
      await own(session, options, deps, ending.signal, new Wake());
    } finally {
      await session.close();
    }
  };

  const run = async (): Promise<void> => {
    let waitMs = AGAIN_MS.first;
    while (!ending.signal.aborted) {
      const since = performance.now();
      try {
        await turn();
      } catch (error) {
        if (error instanceof GivenBack && ending.signal.aborted) return;
        if (error instanceof Fenced || error instanceof GivenBack || error instanceof Unavailable)
          log.warn({ err: error, line }, 'bus: lost the line, standing by');
        else log.error({ err: error, line }, 'bus: a subscription failed, standing by');
        if (performance.now() - since > AGAIN_MS.most) waitMs = AGAIN_MS.first;
        const pauseMs = error instanceof Fenced ? FENCED_MS : waitMs;
        await sleep(pauseMs, undefined, { signal: ending.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, AGAIN_MS.most);
      }
    }
  };
  const running = run();

  return {
    close: async () => {
      ending.abort();
      await running;
    },
  };
}
