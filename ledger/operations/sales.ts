/**
 * What buyers have reserved of a sale of shares 债权出让: a purchase counts while its hold still reserves money, and what of it was not
 * confirmed goes back on sale when the hold has ended. A sale's `preSalingShare` is the sum of these, so every change of a buying hold goes
 * through `reservedMoved`, and no sale is oversold.
 */
import { type Fen, fen, ZERO } from '../../contract/money.ts';
import { type HoldRow, type PurchaseRow, remainder, type SaleRow } from '../rows.ts';

type Buying = readonly [purchase: PurchaseRow | undefined, hold: HoldRow | undefined];

const reserved = ([purchase, hold]: Buying): Fen =>
  purchase === undefined || hold === undefined || remainder(hold) === 0n
    ? ZERO
    : fen(purchase.share - purchase.confirmed);

/** The sale after one of its purchases changed. */
export const reservedMoved = (sale: SaleRow, before: Buying, after: Buying): SaleRow => ({
  ...sale,
  preSalingShare: fen(sale.preSalingShare + reserved(after) - reserved(before)),
});

/** What can still be bought. */
export const unsold = (sale: SaleRow): Fen => fen(sale.saleShare - sale.preSalingShare - sale.confirmedShare);

/** The sale ends once all of it is confirmed. */
export const soldOut = (sale: SaleRow, at: number): SaleRow =>
  sale.confirmedShare === sale.saleShare ? { ...sale, status: 'COMPLETED', endedAt: at } : sale;
