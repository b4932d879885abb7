/**
 * How many messages are with the books at once. More than they answer in a moment would only wait, so there are as many places as they lately
 * answered in that moment (Little's law: in hand = rate × wait), whatever the machine. When all are taken, whoever has less than an equal
 * part of them still gets one, so no platform can starve another. Taken once a signature has been verified: nobody uses up another's.
 */
export interface Places {
  /** Whether a message of this platform would get no place now. */
  full(platformNo: string): boolean;
  /** Takes a place and answers how to give it back, with whether the books answered; undefined when there is none. */
  enter(platformNo: string): ((answered: boolean) => void) | undefined;
}

/** The wait we are willing to cause when more comes than the books can do, milliseconds. */
const WAIT_MS = 400;
/** So many may always be in hand: less would not fill a batch, and nothing could be learned of how fast the books are. */
const FEWEST = 128;
/** Answers are counted over windows; the best of the last few tells, so that one hiccup does not. Milliseconds. */
const WINDOW_MS = 500;
const WINDOWS = 4;
/** What one platform may have of all places there can ever be: what it leaves is for others to be heard at all. */
const SHARE = 0.75;

/** @param most places at any rate. @param now milliseconds of a clock that never goes back. */
export function openPlaces(most: number, now: () => number = () => performance.now()): Places {
  const mostOfOne = Math.ceil(most * SHARE);
  const taken = new Map<string, number>();
  let total = 0;
  let answers = 0;
  let windowBegan = now();
  let windows: number[] = Array(WINDOWS).fill(0);

  const places = (): number => {
    const passed = Math.floor((now() - windowBegan) / WINDOW_MS);
    if (passed > 0) {
      const silent = Array<number>(Math.min(passed - 1, WINDOWS)).fill(0);
      windows = [...windows, answers, ...silent].slice(-WINDOWS);
      answers = 0;
      windowBegan += passed * WINDOW_MS;
    }
    const best = Math.max(...windows, answers);
    return Math.min(most, Math.max(FEWEST, Math.ceil((best * WAIT_MS) / WINDOW_MS)));
  };

  const full = (platformNo: string): boolean => {
    const own = taken.get(platformNo) ?? 0;
    if (own >= mostOfOne) return true;
    const all = places();
    if (total < all) return false;
    const others = taken.size - (own > 0 ? 1 : 0);
    return own >= all / (others + 1);
  };

  return {
    full,
    enter: (platformNo) => {
      if (full(platformNo)) return undefined;
      taken.set(platformNo, (taken.get(platformNo) ?? 0) + 1);
      total += 1;
      return (answered) => {
        total -= 1;
        if (answered) {
          // Windows that have ended are closed first, so that this answer is counted in its own.
          places();
          answers += 1;
        }
        const left = (taken.get(platformNo) ?? 1) - 1;
        if (left > 0) taken.set(platformNo, left);
        else taken.delete(platformNo);
      };
    },
  };
}
