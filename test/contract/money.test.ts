/** Yuan on the wire against fen inside. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Fen, fen, formatYuan, LARGEST_AMOUNT, parseYuan } from '../../contract/money.ts';

test.each([
  ['500', 50_000n],
  ['500.0', 50_000n],
  ['500.00', 50_000n],
  ['0.01', 1n],
  ['999999999.99', 99_999_999_999n],
])('%s yuan is read as %d fen', (text, expected) => {
  expect(parseYuan(text)).toBe(expected);
});

test.each([
  ['500.000', 'at most 2 decimals'],
  ['1e9', 'no sign'],
  ['-5', 'no sign'],
  ['+5', 'no sign'],
  ['1,000.00', 'no sign'],
  ['NaN', 'no sign'],
  ['', 'no sign'],
  [' 5', 'no sign'],
  ['05', 'no sign'],
  ['.5', 'no sign'],
  ['5.', 'no sign'],
  ['５', 'no sign'],
  ['1000000000', 'at most 999999999.99'],
])('%s is no amount, and the reason is told', (text, reason) => {
  expect(parseYuan(text)).toContain(reason);
});

test('what is printed is read back as the same amount', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: LARGEST_AMOUNT }), (amount) => {
      expect(parseYuan(formatYuan(amount as Fen))).toBe(amount);
    }),
  );
});

test('a negative balance is printed with its sign', () => {
  expect(formatYuan(fen(-5n))).toBe('-0.05');
});
