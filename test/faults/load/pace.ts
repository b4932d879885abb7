/** How fast the mix goes: each new instruction takes a turn, turns come at an even rate, and while paused none comes. */
export interface Pace {
  /** Resolves with the caller's turn; undefined once the mix has ended. */
  turn(): Promise<true | undefined>;
  /** Resolves with the turn of a chain's next instruction; also while paused, for what was begun is brought to its end. */
  step(): Promise<void>;
  pause(): void;
  resume(): void;
  end(): void;
}

/** @param perSecond turns in a second. What was not used is lost, so a standstill is not followed by a burst. */
export function paceOf(perSecond: number): Pace {
  const gapMs = 1000 / perSecond;
  let next = performance.now();
  let paused = false;
  let ended = false;
  const sleeping: (() => void)[] = [];
  const wake = (): void => {
    for (const resolve of sleeping.splice(0)) resolve();
  };

  const step = async (): Promise<void> => {
    const now = performance.now();
    const mine = Math.max(now, next);
    next = mine + gapMs;
    if (mine > now) await new Promise((resolve) => setTimeout(resolve, mine - now));
  };

  return {
    turn: async () => {
      for (;;) {
        if (ended) return undefined;
        if (paused) {
          await new Promise<void>((resolve) => sleeping.push(resolve));
          continue;
        }
        await step();
        if (!paused && !ended) return true;
      }
    },
    step,
    pause: () => {
      paused = true;
    },
    resume: () => {
      paused = false;
      next = performance.now();
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
  };
}
