/**
 * Token buckets by name: each gets so many tokens a second and holds a few seconds' worth. In memory, per process: two gateways let twice as
 * much in. Only who takes has a bucket, and the number of them is bounded.
 */
export interface Rates {
  /** Whether there is a token; takes none. */
  has(name: string, perSecond: number): boolean;
  /** Takes one; false when there is none. */
  take(name: string, perSecond: number): boolean;
}

/** What comes at once after a while of silence: this many seconds' worth. */
const BURST_S = 2;
/** Buckets kept; when more are needed all begin anew. */
const MOST = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** @param now milliseconds of a clock that never goes back. */
export function openRates(now: () => number = () => performance.now()): Rates {
  const buckets = new Map<string, Bucket>();

  const filled = (name: string, perSecond: number): Bucket => {
    const at = now();
    const most = Math.max(1, perSecond * BURST_S);
    const bucket = buckets.get(name) ?? { tokens: most, at };
    bucket.tokens = Math.min(most, bucket.tokens + ((at - bucket.at) / 1000) * perSecond);
    bucket.at = at;
    return bucket;
  };

  return {
    has: (name, perSecond) => filled(name, perSecond).tokens >= 1,
    take: (name, perSecond) => {
      const bucket = filled(name, perSecond);
      if (bucket.tokens < 1) return false;
      bucket.tokens -= 1;
      if (!buckets.has(name) && buckets.size >= MOST) buckets.clear();
      buckets.set(name, bucket);
      return true;
    },
  };
}
