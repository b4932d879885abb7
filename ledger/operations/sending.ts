/**
 * A withdrawal from its acceptance to its sending. A D0 one is sent at once, and so is a NORMAL one, unless the platform's NORMAL withdrawals
 * wait: then it stays in ACCEPT, where it can be intercepted, until an act of our own falls due.
 */
import type { OrderMessage } from '../../contract/internal/order.ts';
import type { Fields, ResultMessage } from '../../contract/internal/reply.ts';
import { fen } from '../../contract/money.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, REMIT } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Facts } from '../operation.ts';
import type { UserRow, WithdrawalRow } from '../rows.ts';
import { inProgress, type Step, told } from './answers.ts';

/** What an answer says of a withdrawal. */
export const withdrawalFields = (row: WithdrawalRow): Fields => ({
  withdrawStatus: row.status,
  remitType: row.remitType,
  floatAmount: row.floatAmount,
});

export function withdrawalOf(book: Book, requestNo: string): WithdrawalRow {
  const row = book.withdrawals.get(requestNo);
  if (row === undefined) throw new Defect(`withdrawal ${requestNo} of ${book.platformNo} is missing`);
  return row;
}

/** The event that tells a withdrawal's state while it is in motion. */
export const stateTold = (platformNo: string, row: WithdrawalRow, at: number): ResultMessage =>
  told(
    { platformNo, requestNo: row.requestNo, serviceName: 'WITHDRAW' },
    row.status,
    at,
    inProgress(withdrawalFields(row)),
  );

const MINUTE_MS = 60_000;

/** ACCEPT: debits the account, and sends the order or lets it wait. @param at epoch milliseconds. */
export function accepted(row: WithdrawalRow, user: UserRow, at: number, book: Book, facts: Facts): Step {
  const { platformNo } = book;
  const accept: WithdrawalRow = { ...row, status: 'ACCEPT', transactionTime: at };
  const postings = [
    { debit: accountOf(row.platformUserNo), credit: REMIT, amount: row.amount, take: 'arrived' as const },
  ];
  const delay = row.remitType === 'NORMAL' ? book.platform?.withdrawDelayMinutes : undefined;
  if (delay !== undefined)
    return {
      answer: inProgress(withdrawalFields(accept)),
      changes: { withdrawals: [accept] },
      postings,
      due: [
        {
          number: `${row.requestNo}:send`,
          at: at + delay * MINUTE_MS,
          act: { service: 'WITHDRAW_DUE', requestNo: row.requestNo },
        },
      ],
      results: [stateTold(platformNo, accept, at)],
    };
  const step = sent(accept, user, at, book, facts);
  return { ...step, postings, results: [stateTold(platformNo, accept, at), ...(step.results ?? [])] };
}

/** REMITING: the order goes out, to the card that was bound when the withdrawal was accepted. */
export function sent(row: WithdrawalRow, user: UserRow, at: number, book: Book, facts: Facts): Step {
  const { platformNo } = book;
  const stillBound = user.bankcard?.keyedHash === row.bankcard.keyedHash;
  const order: OrderMessage = {
    version: 1,
    orderId: facts.newOrderId(),
    kind: 'payout',
    platformNo,
    requestNo: row.requestNo,
    platformUserNo: row.platformUserNo,
    amount: fen(row.amount - row.commission),
    party: {
      name: user.name,
      bankcard: row.bankcard,
      ...(user.bankcode === undefined || !stillBound ? {} : { bankcode: user.bankcode }),
    },
    createdAt: at,
  };
  const remiting: WithdrawalRow = { ...row, status: 'REMITING', orderId: order.orderId, remitTime: at };
  return {
    answer: inProgress(withdrawalFields(remiting)),
    changes: { withdrawals: [remiting] },
    orders: [order],
    results: [stateTold(platformNo, remiting, at)],
  };
}
