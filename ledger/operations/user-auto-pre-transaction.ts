/**
 * USER_AUTO_PRE_TRANSACTION 授权预处理: a pre-transaction without a page. It stands on the user's authorisation (kind, cap, last day), or on a
 * recharge in which he approved one bid in advance; that one serves once.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { RequestOf } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { Changes } from '../decision.ts';
import type { Operation } from '../operation.ts';
import type { UserRow } from '../rows.ts';
import { decided, success, together } from './answers.ts';
import { authorisationUsed, checkAuthorised } from './authorisations.ts';
import { because } from './checks.ts';
import { checkPreTransaction, placeHold, preTransactionKinds, preTransactionReads } from './pre-transaction.ts';

type Request = RequestOf<'USER_AUTO_PRE_TRANSACTION'>;

export const userAutoPreTransaction: Operation<'USER_AUTO_PRE_TRANSACTION'> = {
  kept: (act) => act,

  reads({ act: { request } }) {
    const reads = preTransactionReads(request);
    const recharge = request.originalRechargeNo;
    return recharge === undefined ? reads : { ...reads, recharges: [recharge] };
  },

  decide({ act: { request }, receivedAt }, book) {
    const recharge = request.originalRechargeNo;
    const { authorisations } = preTransactionKinds[request.bizType];
    const permitted = (user: UserRow): Rejection | undefined =>
      recharge === undefined
        ? checkAuthorised(book, user, authorisations, request.amount, receivedAt)
        : onRecharge(book, recharge, request);
    const checked = checkPreTransaction(request, book, permitted);
    if (isRejection(checked)) return checked;
    const used =
      recharge === undefined
        ? authorisationUsed(book, checked.user, request.amount)
        : usedUp(book, recharge, request.requestNo);
    return decided({ answer: success(), changes: together(placeHold(request, checked, receivedAt), used) });
  },
};

/** The recharge must be his, paid, name this project and at least this amount, and not have served before. */
function onRecharge(book: Book, rechargeNo: string, request: Request): Rejection | undefined {
  const row = book.recharges.get(rechargeNo);
  const advance = row?.advance;
  const fits =
    row?.status === 'SUCCESS' &&
    row.advanceUsedBy === undefined &&
    row.platformUserNo === request.platformUserNo &&
    advance?.tradeType === request.bizType &&
    advance.projectNo === request.projectNo &&
    request.amount <= advance.amount;
  return fits ? undefined : reject('100011', because.rechargeUnfit);
}

function usedUp(book: Book, rechargeNo: string, by: string): Changes {
  const row = book.recharges.get(rechargeNo);
  return row === undefined ? {} : { recharges: [{ ...row, advanceUsedBy: by }] };
}
