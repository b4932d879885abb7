/**
 * WITHDRAW 提现: money from a sub-account to the user's bound card, of what the bank already holds. The page's approval debits it and orders the
 * pay-out; the channel's yes is SUCCESS, its no brings the money back (pay-out.ts). The advance line 垫资 is not open yet.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../contract/internal/order.ts';
import type { Fields } from '../../contract/internal/reply.ts';
import { fen, ZERO } from '../../contract/money.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, isPlatformAccount, REMIT } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';
import type { UserRow, WithdrawalRow } from '../rows.ts';
import { decided, fieldsOf, inProgress, told } from './answers.ts';
import { because, usableParty } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';

type Request = ActOf<'WITHDRAW'>['request'];
type Payee = UserRow & { readonly bankcard: NonNullable<UserRow['bankcard']> };

const reads = ({ platformUserNo, requestNo }: Request): Reads => ({
  users: isPlatformAccount(platformUserNo) ? [] : [platformUserNo],
  accounts: [accountOf(platformUserNo), REMIT],
  withdrawals: [requestNo],
});

function check(request: Request, book: Book): Payee | Rejection {
  if (request.withdrawForm === 'CONFIRMED') return reject('100006');
  const user = usableParty(book, request.platformUserNo);
  if (isRejection(user)) return user;
  // A platform account has no bound card.
  if (user === undefined) return reject('100011');
  const account = accountOf(request.platformUserNo);
  if (book.available(account) < request.amount) return reject('100014');
  // What has not arrived leaves only against the advance line.
  if (book.withdrawable(account) < request.amount)
    return reject(request.withdrawType === 'URGENT' ? '100017' : '100014');
  if ((request.commission ?? ZERO) >= request.amount) return reject('100008', because.nothingToPayOut);
  const { bankcard } = user;
  return bankcard === undefined ? reject('100008', because.noBankcard) : { ...user, bankcard };
}

/** What an answer says of a withdrawal. */
export const withdrawalFields = (row: WithdrawalRow): Fields => ({
  withdrawStatus: row.status,
  remitType: row.remitType,
  floatAmount: row.floatAmount,
});

export const withdraw: PageOperation<'WITHDRAW'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const payee = check(request, book);
    if (isRejection(payee)) return payee;
    const withdrawType = request.withdrawType ?? 'NORMAL';
    const row: WithdrawalRow = {
      requestNo: request.requestNo,
      platformUserNo: request.platformUserNo,
      amount: request.amount,
      commission: request.commission ?? ZERO,
      withdrawForm: 'IMMEDIATE',
      withdrawType,
      remitType: withdrawType === 'URGENT' ? 'URGENT' : 'NORMAL',
      floatAmount: ZERO,
      status: 'INIT',
      bankcard: payee.bankcard,
      createdAt: instruction.receivedAt,
    };
    const lines = fieldsOf({
      amount: row.amount,
      commission: row.commission,
      receiveAmount: fen(row.amount - row.commission),
      bankcardNo: payee.bankcard,
      bankcode: payee.bankcode,
    });
    const answer = openPage('WITHDRAW', instruction, request, 'PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer, changes: { withdrawals: [row] } });
  },

  approvalReads: reads,

  approve({ request }, instruction, book, facts) {
    const payee = check(request, book);
    if (isRejection(payee)) return payee;
    const { platformNo, receivedAt } = instruction;
    const row = withdrawalOf(book, request.requestNo);
    const order: OrderMessage = {
      version: 1,
      orderId: facts.newOrderId(),
      kind: 'payout',
      platformNo,
      requestNo: row.requestNo,
      platformUserNo: row.platformUserNo,
      amount: fen(row.amount - row.commission),
      party: {
        name: payee.name,
        bankcard: payee.bankcard,
        ...(payee.bankcode === undefined ? {} : { bankcode: payee.bankcode }),
      },
      createdAt: receivedAt,
    };
    const accepted: WithdrawalRow = {
      ...row,
      status: 'ACCEPT',
      bankcard: payee.bankcard,
      orderId: order.orderId,
      transactionTime: receivedAt,
    };
    const sent: WithdrawalRow = { ...accepted, status: 'REMITING', remitTime: receivedAt };
    const about = { platformNo, requestNo: row.requestNo, serviceName: 'WITHDRAW' as const };
    return {
      answer: inProgress(withdrawalFields(sent)),
      changes: { withdrawals: [sent] },
      postings: [{ debit: accountOf(row.platformUserNo), credit: REMIT, amount: row.amount, take: 'arrived' }],
      orders: [order],
      results: [
        told(about, 'ACCEPT', receivedAt, inProgress(withdrawalFields(accepted))),
        told(about, 'REMITING', receivedAt, inProgress(withdrawalFields(sent))),
      ],
    };
  },

  end({ request }, at, { errorMessage }, book) {
    const row = withdrawalOf(book, request.requestNo);
    const failed: WithdrawalRow = { ...row, status: 'FAIL', failReason: errorMessage, completedTime: at };
    return { changes: { withdrawals: [failed] }, fields: withdrawalFields(failed) };
  },
};

export function withdrawalOf(book: Book, requestNo: string): WithdrawalRow {
  const row = book.withdrawals.get(requestNo);
  if (row === undefined) throw new Defect(`withdrawal ${requestNo} of ${book.platformNo} is missing`);
  return row;
}
