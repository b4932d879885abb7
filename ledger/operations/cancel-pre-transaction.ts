/**
 * CANCEL_PRE_TRANSACTION 预处理取消: gives back the whole or a part of what a pre-transaction reserves, whatever became of its project. A
 * commission 佣金 is taken from what is given back, and may be shared with partners 分润.
 */
import { isRejection, type Rejection, reasons, reject } from '../../contract/codes.ts';
import { type Fen, plus, sum, ZERO } from '../../contract/money.ts';
import type { RequestOf } from '../../contract/services.ts';
import { accountOf, INCOME } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Changes, Posting } from '../decision.ts';
import type { Operation } from '../operation.ts';
import { type HoldRow, remainder } from '../rows.ts';
import { decided, success } from './answers.ts';
import { moved } from './bids.ts';
import { because, usableParty } from './checks.ts';
import { receivableAccounts, repayingReceivable } from './receivable.ts';
import { reservedMoved } from './sales.ts';

type Request = RequestOf<'CANCEL_PRE_TRANSACTION'>;

const profitsOf = ({ profitDetails }: Request) => profitDetails ?? [];
const movesMoney = (request: Request): boolean => (request.commission ?? ZERO) > 0n || profitsOf(request).length > 0;

export const cancelPreTransaction: Operation<'CANCEL_PRE_TRANSACTION'> = {
  kept: (act) => act,

  reads({ act: { request } }) {
    const partners = profitsOf(request).map(({ targetPlatformUserNo }) => targetPlatformUserNo);
    const { preTransactionNo } = request;
    return {
      holds: [preTransactionNo],
      purchases: [preTransactionNo],
      users: partners,
      accounts: movesMoney(request) ? [...receivableAccounts, ...partners.map(accountOf)] : [],
    };
  },

  follow({ act }, book) {
    const hold = book.holds.get(act.request.preTransactionNo);
    if (hold === undefined) return {};
    const purchase = book.purchases.get(hold.requestNo);
    return {
      accounts: [hold.account],
      projects: hold.projectNo === undefined ? [] : [hold.projectNo],
      sales: purchase === undefined ? [] : [purchase.saleNo],
    };
  },

  decide(instruction, book) {
    const { request } = instruction.act;
    const partners = checkPartners(request, book);
    if (partners !== undefined) return partners;
    const commission = request.commission ?? ZERO;
    const shared = sum(profitsOf(request).map(({ amount }) => amount));
    if (shared > 0n && plus(book.available(INCOME), commission) < shared) return reject('100014');
    const hold = book.holds.get(request.preTransactionNo);
    if (hold === undefined || hold.kind !== 'PRETRANSACTION') return reject('100008', because.holdUnknown);
    if (request.amount > remainder(hold)) return reject('100008', reasons.frozenAmountShort);
    if (commission > request.amount) return reject('100008', because.commissionTooLarge);
    const changes = released(book, hold, request.amount, instruction.receivedAt);
    const postings = repayingReceivable(book, instruction, changes, postingsOf(request, hold, commission));
    return isRejection(postings) ? postings : decided({ answer: success(), changes, postings });
  },
};

/** Partners are known (100009), usable (100010), and partners (100011). */
function checkPartners(request: Request, book: Book): Rejection | undefined {
  let first: Rejection | undefined;
  for (const { targetPlatformUserNo } of profitsOf(request)) {
    const known = usableParty(book, targetPlatformUserNo);
    const refused = isRejection(known) ? known : known?.userRole === 'COLLABORATOR' ? undefined : reject('100011');
    if (refused !== undefined && (first === undefined || refused.errorCode < first.errorCode)) first = refused;
  }
  return first;
}

function postingsOf(request: Request, hold: HoldRow, commission: Fen): readonly Posting[] {
  const income: Posting = { debit: hold.account, credit: INCOME, amount: commission, take: 'float first' };
  const profits = profitsOf(request).map(
    ({ targetPlatformUserNo, amount }): Posting => ({
      debit: INCOME,
      credit: accountOf(targetPlatformUserNo),
      amount,
      take: 'float first',
    }),
  );
  return commission > 0n ? [income, ...profits] : profits;
}

/** What becomes of a hold, and of the project or the sale that it counts against, when a part of it is given back. */
export function released(book: Book, hold: HoldRow, amount: Fen, at: number): Changes {
  const after: HoldRow = { ...hold, released: plus(hold.released, amount), updatedAt: at };
  // Its account is needed to apply this.
  book.account(hold.account);
  if (hold.bizType === 'TENDER' && hold.projectNo !== undefined) {
    const project = book.projects.get(hold.projectNo);
    return { holds: [after], projects: project === undefined ? [] : [moved(project, hold, after)] };
  }
  const purchase = hold.bizType === 'CREDIT_ASSIGNMENT' ? book.purchases.get(hold.requestNo) : undefined;
  const sale = purchase === undefined ? undefined : book.sales.get(purchase.saleNo);
  return sale === undefined
    ? { holds: [after] }
    : { holds: [after], sales: [reservedMoved(sale, [purchase, hold], [purchase, after])] };
}
