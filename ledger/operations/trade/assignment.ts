/**
 * A creditor's share changes hands 债权转让: the buyer's hold pays the seller, and the share that it was reserved for moves. Nobody sells what
 * he does not hold, and no sale is confirmed for more than was put on sale (protocol 7, rule 5).
 */
import { isRejection, type Rejection, reasons, reject } from '../../../contract/codes.ts';
import { type Fen, fen, ZERO } from '../../../contract/money.ts';
import { shareKey } from '../../book.ts';
import type { PurchaseRow, SaleRow } from '../../rows.ts';
import { because } from '../checks.ts';
import { reservedMoved, soldOut } from '../sales.ts';
import { claimOf } from './compensation.ts';
import { add, captured, type Leg, type Recorder, type Trade } from './trade.ts';

export const recordAssignment: Recorder = (trade) => {
  const { book, legs, project, at } = trade;
  const bought = legs.filter(({ kind }) => kind === 'CREDIT_ASSIGNMENT');
  const sale = saleOf(trade, bought);
  if (isRejection(sale)) return sale;
  const buyers = new Set(bought.map(({ source }) => source));
  // A coupon is the seller's, and a commission is of those who take part.
  for (const { kind, source, target } of legs) {
    if (kind === 'MARKETING' && target !== sale.platformUserNo) return reject('100008', because.notSeller);
    if (kind === 'COMMISSION' && source !== sale.platformUserNo && !buyers.has(source))
      return reject('100008', because.partyMismatch);
  }

  const purchases = new Map<string, PurchaseRow>();
  const gained = new Map<string, Fen>();
  let sold = ZERO;
  for (const leg of bought) {
    const { share, freezeRequestNo = '' } = leg.detail;
    const purchase = purchases.get(freezeRequestNo) ?? book.purchases.get(freezeRequestNo);
    if (share === undefined) return reject('100008', because.shareMissing);
    if (purchase === undefined) return reject('100008', because.holdOfAnotherType);
    if (share > purchase.share - purchase.confirmed) return reject('100008', because.shareTooLarge);
    purchases.set(freezeRequestNo, { ...purchase, confirmed: fen(purchase.confirmed + share) });
    add(gained, leg.source, share);
    sold = fen(sold + share);
  }
  const { projectNo } = project;
  const held = book.shares.get(shareKey(projectNo, sale.platformUserNo))?.amount ?? ZERO;
  if (sold > held) return reject('100008', because.shareNotHeld);

  const holds = captured(trade);
  let after: SaleRow = { ...sale, confirmedShare: fen(sale.confirmedShare + sold) };
  for (const hold of holds.values()) {
    const before = book.purchases.get(hold.requestNo);
    const purchase = purchases.get(hold.requestNo) ?? before;
    after = reservedMoved(after, [before, book.holds.get(hold.requestNo)], [purchase, hold]);
  }
  const claim = claimOf(book, projectNo, sale.platformUserNo);
  return {
    holds: [...holds.values()],
    purchases: [...purchases.values()],
    sales: [soldOut(after, at)],
    claims: [{ ...claim, onSale: fen(claim.onSale - sold) }],
    shares: [
      { projectNo, platformUserNo: sale.platformUserNo, amount: fen(held - sold) },
      ...[...gained].map(([platformUserNo, amount]) => ({
        projectNo,
        platformUserNo,
        amount: fen((book.shares.get(shareKey(projectNo, platformUserNo))?.amount ?? ZERO) + amount),
      })),
    ],
  };
};

/** The one sale that the trade is of: the one that it names, else the one that its holds were reserved for. */
function saleOf({ book, request, project }: Trade, bought: readonly Leg[]): SaleRow | Rejection {
  const reservedFor = bought.map(({ detail }) => book.purchases.get(detail.freezeRequestNo ?? '')?.saleNo);
  const saleNo = request.saleRequestNo ?? reservedFor[0];
  const sale = saleNo === undefined ? undefined : book.sales.get(saleNo);
  if (sale === undefined) return reject('100008', because.saleUnknown);
  if (sale.projectNo !== project.projectNo) return reject('100008', because.saleOfAnotherProject);
  if (reservedFor.some((no) => no !== sale.requestNo)) return reject('100008', because.holdOfAnotherSale);
  if (bought.some(({ target }) => target !== sale.platformUserNo)) return reject('100008', because.notSeller);
  return sale.status === 'ONSALE' ? sale : reject('100008', reasons.saleEnded);
}
