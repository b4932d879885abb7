/**
 * WITHDRAW 提现: money from a sub-account to the user's bound card. The page's approval debits it (form IMMEDIATE), or reserves it until the
 * platform confirms or cancels (form CONFIRMED); then it waits or is sent (sending.ts), and what becomes of it stands in pay-out.ts. What has
 * not arrived leaves only D0, against the advance line.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import { fen, ZERO } from '../../contract/money.ts';
import { accountOf, isPlatformAccount, REMIT } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';
import { ARRIVED } from '../pins.ts';
import type { HoldRow, UserRow, WithdrawalRow } from '../rows.ts';
import { advanceAccounts, advanced, type Way, wayOf } from './advance-line.ts';
import { decided, fieldsOf, inProgress } from './answers.ts';
import { because, usableParty } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';
import { accepted, stateTold, withdrawalFields, withdrawalOf } from './sending.ts';

type Request = ActOf<'WITHDRAW'>['request'];
type Payee = UserRow & { readonly bankcard: NonNullable<UserRow['bankcard']> };

const reads = ({ platformUserNo, requestNo }: Request): Reads => ({
  users: isPlatformAccount(platformUserNo) ? [] : [platformUserNo],
  accounts: [accountOf(platformUserNo), REMIT, ...advanceAccounts],
  withdrawals: [requestNo],
  holds: [requestNo],
});

function check(request: Request, book: Book): { readonly payee: Payee; readonly way: Way } | Rejection {
  const user = usableParty(book, request.platformUserNo);
  if (isRejection(user)) return user;
  // A platform account has no bound card.
  if (user === undefined) return reject('100011');
  const account = accountOf(request.platformUserNo);
  if (book.available(account) < request.amount) return reject('100014');
  const way = wayOf(book, account, request.amount, request.withdrawType ?? 'NORMAL');
  if (isRejection(way)) return way;
  if ((request.commission ?? ZERO) >= request.amount) return reject('100008', because.nothingToPayOut);
  const { bankcard } = user;
  return bankcard === undefined ? reject('100008', because.noBankcard) : { payee: { ...user, bankcard }, way };
}

export const withdraw: PageOperation<'WITHDRAW'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const found = check(request, book);
    if (isRejection(found)) return found;
    const { payee, way } = found;
    const row: WithdrawalRow = {
      requestNo: request.requestNo,
      platformUserNo: request.platformUserNo,
      amount: request.amount,
      commission: request.commission ?? ZERO,
      withdrawForm: request.withdrawForm ?? 'IMMEDIATE',
      withdrawType: request.withdrawType ?? 'NORMAL',
      ...way,
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

  /** The books have moved since the page was opened: how it is sent is chosen now. */
  approve({ request }, { receivedAt }, book, facts) {
    const found = check(request, book);
    if (isRejection(found)) return found;
    const { payee, way } = found;
    const row: WithdrawalRow = { ...withdrawalOf(book, request.requestNo), ...way, bankcard: payee.bankcard };
    const advance = advanced(accountOf(row.platformUserNo), way.floatAmount);
    if (row.withdrawForm === 'IMMEDIATE') {
      const step = accepted(row, payee, receivedAt, book, facts);
      return { ...step, postings: [...advance, ...(step.postings ?? [])] };
    }
    const confirming: WithdrawalRow = { ...row, status: 'CONFIRMING' };
    return {
      answer: inProgress(withdrawalFields(confirming)),
      changes: { withdrawals: [confirming], holds: [holdFor(confirming, receivedAt)] },
      postings: advance,
      results: [stateTold(book.platformNo, confirming, receivedAt)],
    };
  },

  end({ request }, at, { errorMessage }, book) {
    const row = withdrawalOf(book, request.requestNo);
    const failed: WithdrawalRow = { ...row, status: 'FAIL', failReason: errorMessage, completedTime: at };
    return { changes: { withdrawals: [failed] }, fields: withdrawalFields(failed) };
  },
};

/** Reserves a withdrawal's money until it is confirmed or cancelled, and pins it: by then it must still have arrived. */
const holdFor = (row: WithdrawalRow, at: number): HoldRow => ({
  requestNo: row.requestNo,
  kind: 'WITHDRAWAL',
  account: accountOf(row.platformUserNo),
  amount: row.amount,
  marketingAmount: ZERO,
  marketingCaptured: ZERO,
  captured: ZERO,
  released: ZERO,
  pins: { [ARRIVED]: row.amount },
  createdAt: at,
  updatedAt: at,
});
