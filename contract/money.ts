/**
 * Money: integer fen (分) in a branded bigint, and the two texts it has on the wire.
 *
 * A floating-point number never holds money: amounts are parsed from the digits as they were written and printed from the integer.
 */
declare const fenBrand: unique symbol;

/** An amount of renminbi in fen, 1/100 yuan. */
export type Fen = bigint & { readonly [fenBrand]: 'fen' };

/** Makes a `Fen` of an integer number of fen, e.g. `fen(100n)` is one yuan. */
export const fen = (value: bigint): Fen => value as Fen;

export const ZERO: Fen = fen(0n);

/** The largest amount a message may carry: 999,999,999.99 yuan, in fen. */
export const LARGEST_AMOUNT: Fen = fen(99_999_999_999n);

export const plus = (a: Fen, b: Fen): Fen => fen(a + b);
export const minus = (a: Fen, b: Fen): Fen => fen(a - b);
export const least = (a: Fen, b: Fen): Fen => (a < b ? a : b);
export const sum = (amounts: Iterable<Fen>): Fen => {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return fen(total);
};

const YUAN = /^(0|[1-9]\d{0,8})(?:\.(\d{1,2}))?$/;

/**
 * Reads yuan as a platform writes them (`500`, `500.0`, `500.00`) into fen.
 * Returns the reason as text when it is no amount with at most 2 decimals, without sign, exponent or separator.
 */
export function parseYuan(text: string): Fen | string {
  const match = YUAN.exec(text);
  if (match === null) {
    if (/^\d+\.\d{3,}$/.test(text)) return 'at most 2 decimals';
    if (/^\d{10,}(\.\d*)?$/.test(text)) return 'at most 999999999.99';
    return 'an amount in yuan with at most 2 decimals, no sign, exponent or separator';
  }
  const [, yuan = '0', decimals = ''] = match;
  return fen(BigInt(yuan) * 100n + BigInt(decimals.padEnd(2, '0')));
}

/** Prints fen as yuan with exactly 2 decimals: `fen(50000n)` → `500.00`. */
export function formatYuan(amount: Fen): string {
  const sign = amount < 0n ? '-' : '';
  const digits = (amount < 0n ? -amount : amount).toString().padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
