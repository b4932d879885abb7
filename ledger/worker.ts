/**
 * Works off what the books gave themselves to do, piece after piece, for as long as there is some and the partition is ours. It waits its turn
 * in the partition's lane before each chunk, so a lone instruction waits for one chunk at most, and work goes on however many of them come.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fenced, Unavailable } from '../runtime/failure.ts';

export interface Worker {
  /** There may be work. */
  wake(): void;
  /** Resolves when it has nothing to do, or may not. */
  idle(): Promise<void>;
  /** Ends after the chunk in hand. What is left waits in the database. */
  close(): Promise<void>;
}

/** Standing still while the database is away. */
const BACKOFF_MS = { first: 250, most: 10_000 };

/**
 * @param chunk works on what comes first; answers whether there may be more. `Fenced` ends the work until the next `wake`, `Unavailable` lets
 * it stand still; it deals with everything else itself.
 * @param failed told what it did not expect; work then stands still too, since nothing may overtake.
 */
export function openWorker(chunk: () => Promise<boolean>, failed: (error: unknown) => void): Worker {
  const closing = new AbortController();
  let wanted = false;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    let waitMs = BACKOFF_MS.first;
    while (wanted && !closing.signal.aborted) {
      wanted = false;
      try {
        if (await chunk()) wanted = true;
        waitMs = BACKOFF_MS.first;
      } catch (error) {
        if (error instanceof Fenced) return;
        if (!(error instanceof Unavailable)) failed(error);
        await sleep(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, BACKOFF_MS.most);
        wanted = true;
      }
    }
  };

  const start = (): void => {
    if (!wanted || closing.signal.aborted) return;
    running ??= run().finally(() => {
      running = undefined;
      // Woken while it was falling asleep.
      start();
    });
  };

  return {
    wake: () => {
      wanted = true;
      start();
    },
    idle: async () => {
      while (running !== undefined) await running;
    },
    close: async () => {
      closing.abort();
      await running;
    },
  };
}
