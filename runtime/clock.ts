/**
 * The time, as a value that is handed in, so that decisions stay pure and tests set it. In earnest it is the database's: due times and leases
 * are rows that several processes read, and a machine whose clock is wrong or is set must not make them an hour early or late.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stop } from './lifecycle.ts';
import type { Log } from './log.ts';

export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

export interface SharedClockOptions {
  /** Asks the database for its time, in epoch milliseconds. May throw `Unavailable`. */
  readonly ask: () => Promise<number>;
  readonly log: Pick<Log, 'warn'>;
  /** Milliseconds since some moment, which nobody sets; default: since the process began. */
  readonly elapsed?: () => number;
  /** How often the database is asked again. */
  readonly everyMs?: number;
}

const EVERY_MS = 5_000;
/** An answer that took longer says too little about when it was true. */
const SLOW_ANSWER_MS = 500;
/** A database whose clock was moved by more than this in between is somebody's mistake. */
const WORRYING_MS = 5_000;

/**
 * A clock that all processes on one database share: its time, asked for now and then, and in between carried on by what measures durations.
 * It goes on while the database is away. Throws what `ask` throws when the first answer does not come.
 */
export async function openSharedClock(options: SharedClockOptions): Promise<Clock & { readonly stop: Stop }> {
  const { ask, log, elapsed = () => performance.now(), everyMs = EVERY_MS } = options;
  let offset = 0;
  /** The database's time less what has elapsed here; undefined when the answer took too long to be of use. */
  const look = async (mostMs: number): Promise<number | undefined> => {
    const before = elapsed();
    const there = await ask();
    const after = elapsed();
    return after - before > mostMs ? undefined : there - (before + after) / 2;
  };
  offset = (await look(Number.POSITIVE_INFINITY)) ?? 0;

  const stopped = new AbortController();
  const run = async (): Promise<void> => {
    for (;;) {
      await sleep(everyMs, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
      if (stopped.signal.aborted) return;
      // While the database is away the clock goes on by itself.
      const found = await look(SLOW_ANSWER_MS).catch(() => undefined);
      if (found === undefined) continue;
      if (Math.abs(found - offset) > WORRYING_MS)
        log.warn({ movedMs: Math.round(found - offset) }, "the database's clock was moved, or ours stood still");
      offset = found;
    }
  };
  const running = run();
  return {
    now: () => Math.round(elapsed() + offset),
    stop: async () => {
      stopped.abort();
      await running;
    },
  };
}
