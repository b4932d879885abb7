/** How many messages may be with the books at once, and that nobody's share is taken by others. */
import { describe, expect, test } from 'vitest';
import { openPlaces, type Places } from '../../gateway/http/places.ts';

/** Takes places until there are none; answers how to give them back. */
function fill(places: Places, platformNo: string): ((answered: boolean) => void)[] {
  const taken: ((answered: boolean) => void)[] = [];
  for (let leave = places.enter(platformNo); leave !== undefined; leave = places.enter(platformNo)) taken.push(leave);
  return taken;
}

describe('places with the books', () => {
  test('are some at first, and as many as were answered in a moment once more is', () => {
    let now = 0;
    const places = openPlaces(10_000, () => now);
    const first = fill(places, 'A');
    expect(first).toHaveLength(128);
    expect(places.full('A')).toBe(true);
    for (const leave of first) leave(true);
    // 1,000 a second for three seconds.
    for (; now < 3_000; now += 10) for (let count = 0; count < 10; count += 1) places.enter('A')?.(true);
    expect(fill(places, 'A')).toHaveLength(400);
  });

  test('are fewer again when the books get slow, but never none', () => {
    let now = 0;
    const places = openPlaces(10_000, () => now);
    for (; now < 1_000; now += 1) places.enter('A')?.(true);
    for (; now < 6_000; now += 5) places.enter('A')?.(true);
    expect(fill(places, 'A')).toHaveLength(128);
  });

  test('stay through a hiccup, and are not made by what the books never answered', () => {
    let now = 0;
    const places = openPlaces(10_000, () => now);
    for (; now < 2_000; now += 1) places.enter('A')?.(true);
    now += 1_000;
    const taken = fill(places, 'A');
    expect(taken).toHaveLength(400);
    now += 60_000;
    for (const leave of taken) leave(false);
    expect(fill(places, 'A')).toHaveLength(128);
  });

  test('are for everybody: who has less than an equal part gets one when all are taken', () => {
    const places = openPlaces(10_000, () => 0);
    const [, ...rest] = fill(places, 'A');
    expect(places.enter('A')).toBeUndefined();
    // 128 in all, two platforms: 64 for the second, 42 and a bit for a third.
    expect(fill(places, 'B')).toHaveLength(64);
    expect(fill(places, 'C')).toHaveLength(43);
    for (const leave of rest) leave(true);
    expect(places.full('A')).toBe(false);
  });

  test('leave a quarter of all there can ever be to others', () => {
    const places = openPlaces(4, () => 0);
    expect(fill(places, 'A')).toHaveLength(3);
    expect(fill(places, 'B')).toHaveLength(1 + 1);
  });
});
