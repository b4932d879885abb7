/**
 * USER_AUTO_PRE_TRANSACTION 授权预处理: a pre-transaction without a page. It stands on the user's authorisation (kind, cap per transaction,
 * last day), or on a recharge in which he approved one bid in advance; that one serves once.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { RequestOf } from '../../contract/services.ts';
import { formatDate } from '../../contract/time.ts';
import { type Book, instructionKey } from '../book.ts';
import type { Changes } from '../decision.ts';
import type { Operation } from '../operation.ts';
import type { UserRow } from '../rows.ts';
import { decided, success, together } from './answers.ts';
import { because } from './checks.ts';
import { checkPreTransaction, placeHold, preTransactionReads } from './pre-transaction.ts';

type Request = RequestOf<'USER_AUTO_PRE_TRANSACTION'>;

export const userAutoPreTransaction: Operation<'USER_AUTO_PRE_TRANSACTION'> = {
  kept: (act) => act,

  reads({ act: { request } }) {
    const reads = preTransactionReads(request);
    const recharge = request.originalRechargeNo;
    return recharge === undefined ? reads : { ...reads, instructions: [recharge], recharges: [recharge] };
  },

  decide({ act: { request }, receivedAt }, book) {
    const recharge = request.originalRechargeNo;
    const permitted = (user: UserRow): Rejection | undefined =>
      recharge === undefined ? onAuthorisation(user, request, receivedAt) : onRecharge(book, recharge, request);
    const project = checkPreTransaction(request, book, permitted);
    if (isRejection(project)) return project;
    const used = recharge === undefined ? {} : usedUp(book, recharge, request.requestNo);
    return decided({ answer: success(), changes: together(placeHold(request, project, receivedAt), used) });
  },
};

function onAuthorisation(user: UserRow, request: Request, at: number): Rejection | undefined {
  const named = user.authList.some((authorisation) => authorisation === request.bizType);
  const inTime = user.authFailTime === undefined || formatDate(at) <= user.authFailTime;
  const withinCap = user.authAmount === undefined || request.amount <= user.authAmount;
  return named && inTime && withinCap ? undefined : reject('100011');
}

/** The recharge must be his, paid, name this project and at least this amount, and not have served before. */
function onRecharge(book: Book, rechargeNo: string, request: Request): Rejection | undefined {
  const row = book.recharges.get(rechargeNo);
  const act = book.instructions.get(instructionKey('PLATFORM', rechargeNo))?.act;
  const advance = act?.service === 'RECHARGE' ? act.request : undefined;
  const fits =
    row?.status === 'SUCCESS' &&
    row.advanceUsedBy === undefined &&
    row.platformUserNo === request.platformUserNo &&
    advance?.authtradeType === request.bizType &&
    advance.projectNo === request.projectNo &&
    request.amount <= (advance.authtenderAmount ?? 0n);
  return fits ? undefined : reject('100011', because.rechargeUnfit);
}

function usedUp(book: Book, rechargeNo: string, by: string): Changes {
  const row = book.recharges.get(rechargeNo);
  return row === undefined ? {} : { recharges: [{ ...row, advanceUsedBy: by }] };
}
