/**
 * Which money moves: float first, oldest lot first, and the lot travels with it, so that nobody withdraws what the bank does not
 * hold yet (protocol 7a).
 */
import { type Fen, least, minus, ZERO } from '../contract/money.ts';
import { Defect } from '../runtime/failure.ts';
import type { Posting } from './decision.ts';
import { freeArrived, freeFloat } from './pins.ts';
import type { AccountRow, LotRow } from './rows.ts';

/** How much of an amount is float of which lot; the rest is arrived. */
export type Composition = Readonly<Record<string, Fen>>;

/** Chooses what leaves an account, of what no hold pins; `lotRow` knows the lots that have not arrived. Throws `Defect` when it has not that much of what is asked for. */
export function compose(
  source: AccountRow,
  amount: Fen,
  take: Posting['take'],
  lotRow: (lot: string) => LotRow | undefined,
): Composition {
  if (take === 'arrived') {
    const arrived = freeArrived(source);
    if (arrived < amount) throw new Defect(`account ${source.code} has ${arrived} arrived of ${amount}`);
    return {};
  }
  if (take !== 'float first') {
    if (lotRow(take.lot) === undefined) return compose(source, amount, 'arrived', lotRow);
    if (freeFloat(source, take.lot) < amount) throw new Defect(`account ${source.code} lacks float of ${take.lot}`);
    return { [take.lot]: amount };
  }
  const taken: Record<string, Fen> = {};
  let left = amount;
  for (const lot of Object.keys(source.floats).sort(byAge(lotRow))) {
    if (left === 0n) break;
    const part = least(left, freeFloat(source, lot));
    if (part === 0n) continue;
    taken[lot] = part;
    left = minus(left, part);
  }
  if (source.pins !== undefined && left > freeArrived(source))
    throw new Defect(`account ${source.code} has pinned what was to be taken`);
  return taken;
}

const byAge = (lotRow: (lot: string) => LotRow | undefined) => (a: string, b: string) => {
  const [left, right] = [lotRow(a)?.clearingDay ?? '', lotRow(b)?.clearingDay ?? ''];
  return left < right ? -1 : left > right ? 1 : a < b ? -1 : a > b ? 1 : 0;
};

/** Drops the lots that have arrived; the same object when there is none. */
export function foldArrived(floats: Composition, hasArrived: (lot: string) => boolean): Composition {
  const lots = Object.keys(floats);
  if (!lots.some(hasArrived)) return floats;
  return Object.fromEntries(lots.filter((lot) => !hasArrived(lot)).map((lot) => [lot, floats[lot] ?? ZERO]));
}
