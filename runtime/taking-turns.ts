/**
 * Taking turns at what all need, e.g. processor and disk: who waits for his turn finds more to do in it, so under load the same work is done in
 * fewer and larger pieces. It only paces: who hangs in his turn holds up the others for a moment each, and nobody who comes alone ever waits.
 */
export interface Turns {
  /** Resolves when fewer than `most` are at work, in the order of asking, and after `patienceMs` in any case. */
  next(): Promise<void>;
  /** Does a piece of work. */
  take<T>(work: () => Promise<T>): Promise<T>;
}

export function takingTurns(most: number, patienceMs: number): Turns {
  const waiting = new Set<() => void>();
  let working = 0;
  return {
    next: async () => {
      if (working < most && waiting.size === 0) return;
      await new Promise<void>((resolve) => {
        const go = (): void => {
          clearTimeout(timer);
          waiting.delete(go);
          resolve();
        };
        const timer = setTimeout(go, patienceMs);
        waiting.add(go);
      });
    },
    take: async (work) => {
      working += 1;
      try {
        return await work();
      } finally {
        working -= 1;
        const [first] = waiting;
        if (working < most) first?.();
      }
    },
  };
}
