/** What comes and goes in a token bucket. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRates } from '../../gateway/http/rates.ts';

test('two seconds of tokens are there at first, then as many as time brings, each name its own', () => {
  let now = 0;
  const rates = openRates(() => now);
  const taken = (name: string): number => {
    let count = 0;
    while (rates.take(name, 10)) count += 1;
    return count;
  };
  expect(taken('A')).toBe(20);
  expect(rates.has('A', 10)).toBe(false);
  expect(taken('B')).toBe(20);
  now = 500;
  expect(taken('A')).toBe(5);
  now = 60_000;
  expect(taken('A')).toBe(20);
});

test('looking spends nothing', () => {
  const rates = openRates(() => 0);
  for (let count = 0; count < 1_000; count += 1) expect(rates.has('A', 1)).toBe(true);
  expect(rates.take('A', 1)).toBe(true);
});

test('a platform that is let in once in many seconds is let in', () => {
  let now = 0;
  const rates = openRates(() => now);
  for (let count = 0; count < 5; count += 1, now += 3_000) expect(rates.take('A', 1)).toBe(true);
});

test('over any stretch no more is let in than the burst and what time brings', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.array(fc.nat(300), { maxLength: 400 }), (perSecond, gaps) => {
      let now = 0;
      const rates = openRates(() => now);
      let let_in = 0;
      for (const gap of gaps) {
        now += gap;
        if (rates.take('A', perSecond)) let_in += 1;
        expect(let_in).toBeLessThanOrEqual(2 * perSecond + (now / 1000) * perSecond + 1e-6);
      }
    }),
  );
});
