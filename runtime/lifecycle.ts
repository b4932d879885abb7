/** A process is a function that returns how to stop it. This is that type, and how the stops of several things become one. */

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
