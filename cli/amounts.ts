/** Amounts and days as an operator types them. */
import { type Fen, parseYuan } from '../contract/money.ts';
import { isDate } from '../contract/time.ts';
import { Mistake } from './mistake.ts';

/** Yuan with at most 2 decimals, more than 0. Throws `Mistake`. */
export function yuanOf(option: string, text: string): Fen {
  const amount = parseYuan(text);
  if (typeof amount === 'string') throw new Mistake(`${option}: ${amount}`);
  if (amount === 0n) throw new Mistake(`${option}: at least 0.01`);
  return amount;
}

/** A clearing day, yyyyMMdd. Throws `Mistake`. */
export function dayOf(option: string, text: string): string {
  if (!isDate(text)) throw new Mistake(`${option}: a day written yyyyMMdd`);
  return text;
}
