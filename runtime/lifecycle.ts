/**
 * A process is a function that returns how to stop it. Here is that type, how the stops of several things become one, and the way a
 * program runs: it drains on SIGTERM and SIGINT, and ends, saying why, on what nobody caught.
 */
import type { Log } from './log.ts';

/** Stops what was started, draining first. Safe to call twice. */
export type Stop = () => Promise<void>;

/** One stop for several, in the reverse order of starting; each is tried, and the first failure is thrown at the end. */
export function inReverse(stops: readonly Stop[]): Stop {
  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const stop of stops.toReversed()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  };
  return () => {
    stopping ??= stopAll();
    return stopping;
  };
}

/**
 * Starts several things one after another, each getting nothing but its turn; when one fails to start, those that had are stopped.
 * @returns one stop for all.
 */
export async function startAll(starts: readonly (() => Promise<Stop>)[]): Promise<Stop> {
  const stops: Stop[] = [];
  try {
    for (const start of starts) stops.push(await start());
  } catch (error) {
    await inReverse(stops)().catch(() => undefined);
    throw error;
  }
  return inReverse(stops);
}

/** Draining must end before whoever stops us loses patience and kills. */
const DRAIN_MS = 25_000;

/**
 * Runs a program until it is told to stop. Exit code 0 after draining, 1 when it could not start, broke, or did not drain in time.
 * Only the entry of a program calls this.
 */
export async function runMain(log: Log, start: () => Promise<Stop>): Promise<void> {
  let stop: Stop | undefined;
  let ending = false;
  const end = async (code: number): Promise<void> => {
    if (ending) return;
    ending = true;
    const late = setTimeout(() => {
      log.fatal({ drainMs: DRAIN_MS }, 'did not drain in time');
      process.exit(1);
    }, DRAIN_MS);
    late.unref();
    try {
      await stop?.();
      process.exit(code);
    } catch (error) {
      log.error({ err: error }, 'did not stop cleanly');
      process.exit(1);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'stopping');
      void end(0);
    });
  }
  // What nobody caught left us in a state nobody thought of: say why and end; what is committed is redelivered.
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal({ err: error }, event);
      process.exit(1);
    });
  }
  try {
    stop = await start();
  } catch (error) {
    log.fatal({ err: error }, 'could not start');
    process.exit(1);
  }
}
