/** A loan's release 放款: one investor's bid and its coupon become the borrower's money and the investor's share. */
import { type Rejection, reject } from '../../../contract/codes.ts';
import { fen, ZERO } from '../../../contract/money.ts';
import { shareKey } from '../../book.ts';
import { moved } from '../bids.ts';
import { because } from '../checks.ts';
import { captured, type Recorder, type Trade } from './trade.ts';

export const recordRelease: Recorder = (trade) => {
  const { book, legs, project } = trade;
  const bids = legs.filter((leg) => leg.kind === 'TENDER');
  const [first] = bids;
  if (first === undefined) return reject('100008', because.detailMissing);
  if (bids.some((leg) => leg.source !== first.source)) return reject('100008', because.manyInvestors);
  const entrusted = checkEntrusted(trade);
  if (entrusted !== undefined) return entrusted;

  const holds = captured(trade);
  let lent = ZERO;
  for (const leg of bids) lent = fen(lent + leg.detail.amount);
  for (const { kind, detail } of legs) {
    if (kind !== 'MARKETING') continue;
    lent = fen(lent + detail.amount);
    // A coupon belongs to the bid it cites, else to the first.
    const cited = detail.freezeRequestNo ?? '';
    const hold = holds.get(holds.has(cited) ? cited : (first.detail.freezeRequestNo ?? ''));
    if (hold !== undefined)
      holds.set(hold.requestNo, { ...hold, marketingCaptured: fen(hold.marketingCaptured + detail.amount) });
  }

  let after = { ...project, loanAmount: fen(project.loanAmount + lent) };
  for (const hold of holds.values()) after = { ...moved(after, book.holds.get(hold.requestNo), hold) };
  // A coupon that was not announced takes from what may still be bid.
  if (after.tenderAmount > after.amount) return reject('100008', because.releaseTooLarge);

  const share = book.shares.get(shareKey(project.projectNo, first.source));
  const { projectNo } = project;
  return {
    holds: [...holds.values()],
    projects: [after],
    shares: [{ projectNo, platformUserNo: first.source, amount: fen((share?.amount ?? ZERO) + lent) }],
  };
};

/**
 * In an entrusted project 受托支付 what is lent is paid on in the same trade, to the party whom the borrower has named (protocol 5). How much
 * of it the protocol leaves open: at most what the trade brings him.
 */
function checkEntrusted({ book, legs, project }: Trade): Rejection | undefined {
  if (project.filed['projectType'] !== 'FIDUCIARYPOWDER') return undefined;
  const payments = legs.filter((leg) => leg.kind === 'FIDUCIARY_PAYMENT');
  if (payments.length === 0) return reject('100008', because.detailMissing);
  const named = book.entrustments.get(project.projectNo)?.entrustedPlatformUserNo;
  if (named === undefined) return reject('100008', because.notEntrusted);
  return payments.some(({ target }) => target !== named) ? reject('100008', because.partyMismatch) : undefined;
}
