/**
 * Compensation 代偿: somebody pays the creditors for the borrower. Their shares fall as by a repayment, and what he paid, interest too, is his
 * to get back: no share, so it cannot be sold. The protocol says of shares only what releases and repayments do to them (7a); compensation
 * repays creditors, so it does the same, and a project's repaymentAmount is what its creditors got, whoever paid. What the borrower gives
 * back to the compensator is therefore not counted there again.
 */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import { type Fen, fen, sum, ZERO } from '../../../contract/money.ts';
import { type Book, shareKey } from '../../book.ts';
import type { Changes } from '../../decision.ts';
import type { ClaimRow } from '../../rows.ts';
import { because } from '../checks.ts';
import { principalOf, principals, repaid } from './repaid.ts';
import { add, captured, type Leg, type Recorder, type Trade } from './trade.ts';

export const claimOf = (book: Book, projectNo: string, platformUserNo: string): ClaimRow =>
  book.claims.get(shareKey(projectNo, platformUserNo)) ?? {
    projectNo,
    platformUserNo,
    onSale: ZERO,
    compensated: ZERO,
  };

/** 直接代偿: compensator → creditor. */
export const recordCompensation: Recorder = (trade) => {
  const paid = trade.legs.filter(({ kind }) => kind === 'COMPENSATORY');
  return compensated(trade, paid, paid);
};

/** 间接代偿: compensator → borrower → creditor, equal sums and one freeze (protocol 5). */
export const recordIndirectCompensation: Recorder = (trade) => {
  const legs = trade.legs.filter(({ kind }) => kind === 'COMPENSATORY');
  const paid = legs.filter(({ rule }) => rule.cover === 'hold');
  const received = legs.filter(({ rule }) => rule.cover !== 'hold');
  if (paid.length === 0 || received.length === 0) return reject('100008', because.detailMissing);
  const total = (side: readonly Leg[]) => sum(side.map(({ detail }) => detail.amount));
  if (total(paid) !== total(received)) return reject('100008', because.sumsDiffer);
  const [first] = paid;
  const one = paid.every(
    ({ source, detail }) => source === first?.source && detail.freezeRequestNo === first.detail.freezeRequestNo,
  );
  return one ? compensated(trade, paid, received) : reject('100008', because.manyFreezes);
};

function compensated(trade: Trade, paid: readonly Leg[], received: readonly Leg[]): Changes | Rejection {
  const principal = principals(received);
  if (isRejection(principal)) return principal;
  const outlay = new Map<string, Fen>();
  for (const { source, detail } of paid) add(outlay, source, detail.amount);
  // A commission is of those who take part.
  for (const { kind, source } of trade.legs) {
    if (kind === 'COMMISSION' && !outlay.has(source) && !principal.has(source))
      return reject('100008', because.notCreditor);
  }
  const changes = repaid(trade, received, principal);
  if (isRejection(changes)) return changes;
  const claims = [...outlay].map(([platformUserNo, amount]): ClaimRow => {
    const claim = claimOf(trade.book, trade.project.projectNo, platformUserNo);
    return { ...claim, compensated: fen(claim.compensated + amount) };
  });
  return { holds: [...captured(trade).values()], ...changes, claims };
}

/** The borrower gives back what was paid for him; what of it is income is the compensator's gain, and lowers nothing. */
export const recordCompensationRepaid: Recorder = (trade) => {
  const back = new Map<string, Fen>();
  for (const leg of trade.legs) {
    const principal = principalOf(leg);
    if (isRejection(principal)) return principal;
    add(back, leg.target, principal);
  }
  const claims: ClaimRow[] = [];
  for (const [platformUserNo, amount] of back) {
    const claim = claimOf(trade.book, trade.project.projectNo, platformUserNo);
    if (amount > claim.compensated) return reject('100008', because.compensationTooLarge);
    claims.push({ ...claim, compensated: fen(claim.compensated - amount) });
  }
  return { holds: [...captured(trade).values()], claims };
};
