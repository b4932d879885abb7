/**
 * Whether an endpoint is to be tried: after some failures in a row it rests, longer each time, then a single delivery tries it again. So a
 * dead endpoint costs nearly nothing, and its notifications wait without using up their attempts.
 */
export interface Breaker {
  /** How many more may begin now. */
  free(now: number): number;
  begin(): void;
  /** What a delivery came to. */
  result(delivered: boolean, now: number): void;
  end(): void;
}

export interface BreakerSettings {
  readonly perPlatform: number;
  readonly breakAfter: number;
  readonly breakMs: number;
  readonly longestBreakMs: number;
}

/** Times are milliseconds of any one clock. */
export function openBreaker({ perPlatform, breakAfter, breakMs, longestBreakMs }: BreakerSettings): Breaker {
  let running = 0;
  let failures = 0;
  let restUntil = 0;
  return {
    free: (now) => {
      if (failures < breakAfter) return Math.max(0, perPlatform - running);
      return now < restUntil ? 0 : Math.max(0, 1 - running);
    },
    begin: () => {
      running += 1;
    },
    result: (delivered, now) => {
      failures = delivered ? 0 : failures + 1;
      if (failures < breakAfter) return;
      restUntil = now + Math.min(breakMs * 2 ** Math.min(failures - breakAfter, 20), longestBreakMs);
    },
    end: () => {
      running -= 1;
    },
  };
}
