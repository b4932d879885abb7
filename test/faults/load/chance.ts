/**
 * Chance from a printed seed: the same seed gives the same amounts, users and turns. Each chain of instructions draws from a fork of its own,
 * named by its number, so that the order in which chains happen to run changes nothing in what each of them does.
 */
export interface Chance {
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number;
  percent(share: number): boolean;
  /** One of a list. Throws RangeError when it is empty. */
  pick<T>(list: readonly T[]): T;
  /** One of a list by weights. */
  weighted<T>(list: readonly (readonly [weight: number, value: T])[]): T;
  fork(name: string): Chance;
}

const fnv = (text: string): number => {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
};

/** @param seed any text; a run's seed with the name of what draws. */
export function chanceOf(seed: string): Chance {
  let state = fnv(seed);
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  const pick = <T>(list: readonly T[]): T => {
    const value = list[below(list.length)];
    if (value === undefined) throw new RangeError('nothing to pick from');
    return value;
  };
  return {
    below,
    between: (low, high) => low + below(high - low + 1),
    percent: (share) => below(100) < share,
    pick,
    weighted: (list) => {
      let left = below(list.reduce((sum, [weight]) => sum + weight, 0));
      for (const [weight, value] of list) {
        left -= weight;
        if (left < 0) return value;
      }
      throw new RangeError('nothing to pick from');
    },
    fork: (name) => chanceOf(`${seed}/${name}`),
  };
}
