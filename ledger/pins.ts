/**
 * Pins: a withdrawal's or a refund's hold pins its cover, arrived money or the float of a lot, so that nothing else takes that very money
 * while the order is out (protocol 7a). An account's pins are the sum of its open holds' pins; a pinned float becomes pinned arrived money
 * when its lot arrives.
 */
import { type Fen, fen, minus, sum, ZERO } from '../contract/money.ts';
import { Defect } from '../runtime/failure.ts';
import { type AccountRow, type HoldRow, type Pins, remainder } from './rows.ts';

export const ARRIVED = 'ARRIVED';

const NONE: Pins = Object.freeze({});

/** Moves what is pinned in lots that have arrived to ARRIVED; the same object when there is none. */
export function foldPins(pins: Pins, hasArrived: (lot: string) => boolean): Pins {
  const lots = Object.keys(pins).filter((lot) => lot !== ARRIVED && hasArrived(lot));
  if (lots.length === 0) return pins;
  const folded: Record<string, Fen> = { ...pins };
  for (const lot of lots) {
    folded[ARRIVED] = fen((folded[ARRIVED] ?? ZERO) + (pins[lot] ?? ZERO));
    delete folded[lot];
  }
  return folded;
}

/** What a hold pins now: all of its pins while it is open, nothing once it was captured or released. Such a hold has no parts. */
export function pinsOf(hold: HoldRow | undefined): Pins {
  if (hold?.pins === undefined) return NONE;
  const left = remainder(hold);
  if (left === 0n) return NONE;
  if (left !== sum(Object.values(hold.pins))) throw new Defect(`hold ${hold.requestNo} does not pin what it reserves`);
  return hold.pins;
}

/** An account's pins after one of its holds changed; absent for none. */
export function repinned(pins: Pins | undefined, before: Pins, after: Pins): { readonly pins?: Pins } {
  const next: Record<string, Fen> = { ...pins };
  for (const [lot, amount] of Object.entries(before)) next[lot] = fen((next[lot] ?? ZERO) - amount);
  for (const [lot, amount] of Object.entries(after)) next[lot] = fen((next[lot] ?? ZERO) + amount);
  for (const [lot, amount] of Object.entries(next)) {
    if (amount < 0n) throw new Defect(`pins of ${lot} would be below zero`);
    if (amount === 0n) delete next[lot];
  }
  return Object.keys(next).length === 0 ? {} : { pins: next };
}

/** Float of a lot that no hold pins. */
export const freeFloat = ({ floats, pins }: AccountRow, lot: string): Fen =>
  minus(floats[lot] ?? ZERO, pins?.[lot] ?? ZERO);

/** Arrived money that no hold pins. */
export const freeArrived = ({ balance, floats, pins }: AccountRow): Fen =>
  minus(minus(balance, sum(Object.values(floats))), pins?.[ARRIVED] ?? ZERO);

/** Whether an account has all that its holds pin. */
export const pinsCovered = (row: AccountRow): boolean =>
  row.pins === undefined ||
  (freeArrived(row) >= 0n && Object.keys(row.pins).every((lot) => lot === ARRIVED || freeFloat(row, lot) >= 0n));
