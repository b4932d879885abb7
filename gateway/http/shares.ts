/**
 * No platform may take every place: one that floods us, or waits for books that stand still for it alone, leaves some to the others. Counted
 * once its signature has been verified, so that nobody can use up another one's share.
 */
export interface Shares {
  /** Takes a place in a platform's share and answers how to give it back; undefined when its share is used up. */
  enter(platformNo: string): (() => void) | undefined;
}

/** What one platform may take of all places; the rest is for the others. */
const SHARE = 0.75;

/** @param most places in all. */
export function openShares(most: number): Shares {
  const limit = Math.ceil(most * SHARE);
  const taken = new Map<string, number>();
  return {
    enter: (platformNo) => {
      const count = taken.get(platformNo) ?? 0;
      if (count >= limit) return undefined;
      taken.set(platformNo, count + 1);
      return () => {
        const left = (taken.get(platformNo) ?? 1) - 1;
        if (left > 0) taken.set(platformNo, left);
        else taken.delete(platformNo);
      };
    },
  };
}
