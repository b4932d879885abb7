/**
 * Group commit: while one flush runs, what arrives gathers, and the next flush takes all of it, up to a limit. A lone item never waits.
 */

/**
 * Makes a function that hands items to `flush` in groups and resolves each with its own result, in order. When a flush throws, every
 * item of that group fails with the same error.
 */
export function gather<T, R>(
  flush: (items: readonly T[]) => Promise<readonly R[]>,
  most: number,
): (item: T) => Promise<R> {
  type Waiting = { item: T; resolve: (result: R) => void; reject: (error: unknown) => void };
  const waiting: Waiting[] = [];
  let flushing = false;

  const drain = async (): Promise<void> => {
    flushing = true;
    while (waiting.length > 0) {
      const group = waiting.splice(0, most);
      try {
        const results = await flush(group.map(({ item }) => item));
        group.forEach(({ resolve, reject }, index) => {
          if (index < results.length) resolve(results[index] as R);
          else reject(new Error('a flush answered fewer results than items'));
        });
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    flushing = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!flushing) void drain();
    });
}
