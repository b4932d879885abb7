/**
 * What becomes of a withdrawal's pay-out: paid, refused, or returned after it was paid 退汇. Money that comes back is credited by itself and told
 * as BACKROLL_RECHARGE; after a success the commission is given back too, by the platform (protocol 7 rule 3, 7a).
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf, OrderOutcome, Outcome } from '../../contract/internal/instruction.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import { type Fen, fen, least } from '../../contract/money.ts';
import { formatDate, formatTimestamp } from '../../contract/time.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, collect, INCOME, paid, RECEIVABLE, REMIT } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Posting, Reads } from '../decision.ts';
import type { InstructionOf } from '../operation.ts';
import type { LotRow, WithdrawalRow } from '../rows.ts';
import { failure, fieldsOf, type Step, success, told } from './answers.ts';
import { because } from './checks.ts';
import { lotReads, openLot } from './lot-books.ts';
import { withdrawalFields, withdrawalOf } from './sending.ts';

type Request = ActOf<'WITHDRAW'>['request'];
type Instruction = InstructionOf<'ORDER_OUTCOME'>;
type Told<S extends Outcome['state']> = Extract<Outcome, { state: S }>;

/** The clearing day that an outcome falls into. */
export function clearingDayOf(outcome: Outcome): string | undefined {
  if (outcome.state === 'declined') return undefined;
  if (outcome.state === 'settled') return outcome.clearingDay;
  return outcome.clearingDay ?? formatDate(outcome.returnedAt);
}

/** What a pay-out's outcome reads once its opening is known: a return also touches the lot it was paid in. */
export function paidOutReads({ platformUserNo, requestNo }: Request, book: Book): Reads {
  const lot = book.withdrawals.get(requestNo)?.lot;
  const lotRows = lot === undefined ? {} : lotReads(lot);
  return { ...lotRows, accounts: [...(lotRows.accounts ?? []), accountOf(platformUserNo), REMIT, INCOME, RECEIVABLE] };
}

/** Posts the outcome, and names the lot it touched. A second final word is refused; a yes after a no is a person's matter. */
export function paidOut(
  { requestNo }: Request,
  instruction: Instruction,
  book: Book,
): { step: Step; lot?: LotRow } | Rejection {
  const { act } = instruction;
  const row = withdrawalOf(book, requestNo);
  if (row.orderId !== act.orderId) throw new Defect(`order ${act.orderId} is not that of ${requestNo}`);
  const { outcome } = act;
  switch (outcome.state) {
    case 'settled':
      if (row.status === 'FAIL') throw new Defect(`order ${act.orderId} was paid out after it had failed`);
      return row.status === 'REMITING' ? settled(row, act, outcome, instruction, book) : late;
    case 'declined':
      return row.status === 'REMITING'
        ? { step: failed(row, instruction, outcome.channelErrorMessage, [sentBack(row)]) }
        : late;
    case 'returned':
      // Returned before we knew it paid: nothing has left the books yet.
      if (row.status === 'REMITING') return { step: failed(row, instruction, outcome.reason, [sentBack(row)]) };
      return row.status === 'SUCCESS' ? returned(row, act, outcome, instruction, book) : late;
  }
}

const late = reject('100008', because.outcomeLate);

function settled(
  row: WithdrawalRow,
  { channel }: OrderOutcome,
  outcome: Told<'settled'>,
  { receivedAt }: Instruction,
  book: Book,
): { step: Step; lot: LotRow } {
  if (outcome.clearingDay === undefined) throw new Defect(`pay-out of ${row.requestNo} was settled on no clearing day`);
  const lot = openLot(book, channel, outcome.clearingDay);
  const done: WithdrawalRow = {
    ...row,
    status: 'SUCCESS',
    payCompany: channel,
    payCompanyRequestNo: outcome.channelOrderNo,
    lot: lot.lot,
    completedTime: receivedAt,
  };
  const postings: Posting[] = [
    { debit: REMIT, credit: paid(lot.lot), amount: receiveAmount(row), take: 'arrived' },
    { debit: REMIT, credit: INCOME, amount: row.commission, take: 'arrived' },
  ];
  return {
    lot,
    step: {
      answer: success(withdrawalFields(done)),
      changes: { withdrawals: [done], lots: [lot] },
      postings: postings.filter(({ amount }) => amount > 0n),
    },
  };
}

/** After a success the channel gives back what it paid, and the platform the commission; what its income account lacks it owes. */
function returned(
  row: WithdrawalRow,
  { channel }: OrderOutcome,
  outcome: Told<'returned'>,
  instruction: Instruction,
  book: Book,
): { step: Step; lot: LotRow } {
  const paidIn = row.lot === undefined ? undefined : book.lots.get(row.lot);
  if (paidIn === undefined) throw new Defect(`the lot that ${row.requestNo} was paid in is missing`);
  const day = outcome.clearingDay ?? formatDate(outcome.returnedAt);
  // A return that clears on a later day is money that the channel owes in that day's file: the day it was paid in takes the pay-out along
  // when it settles, whether or not we have heard of that yet.
  const clearsLater = outcome.clearingDay !== undefined && outcome.clearingDay !== paidIn.clearingDay;
  const reimbursed = paidIn.state === 'ARRIVED' || clearsLater;
  const lot = reimbursed ? openLot(book, channel, day) : paidIn;
  const user = accountOf(row.platformUserNo);
  const fromIncome = least(row.commission, book.withdrawable(INCOME));
  const postings: Posting[] = [
    reimbursed
      ? { debit: collect(lot.lot), credit: user, amount: receiveAmount(row), take: { lot: lot.lot } }
      : { debit: paid(lot.lot), credit: user, amount: receiveAmount(row), take: 'arrived' },
    { debit: INCOME, credit: user, amount: fromIncome, take: 'arrived' },
    { debit: RECEIVABLE, credit: user, amount: fen(row.commission - fromIncome), take: 'arrived' },
  ];
  const step = failed(
    row,
    instruction,
    outcome.reason,
    postings.filter(({ amount }) => amount > 0n),
  );
  return { lot, step: { ...step, changes: { ...step.changes, lots: [lot] } } };
}

const receiveAmount = (row: WithdrawalRow): Fen => fen(row.amount - row.commission);

/** What was debited and not paid, back where it came from. */
export const sentBack = (row: WithdrawalRow): Posting => ({
  debit: REMIT,
  credit: accountOf(row.platformUserNo),
  amount: row.amount,
  take: 'arrived',
});

function failed(row: WithdrawalRow, instruction: Instruction, reason: string, postings: readonly Posting[]): Step {
  const { act, platformNo, receivedAt } = instruction;
  const back = { platformNo, at: receivedAt, number: act.orderId, type: 'REMITFAIL' as const };
  return unpaid({ ...row, payCompany: act.channel }, back, reason, postings);
}

/** How money came back. */
interface Back {
  readonly platformNo: string;
  readonly at: number;
  /** Of the BACKROLL_RECHARGE: the pay-out's order's, where there was one. */
  readonly number: string;
  readonly type: 'INTERCEPT' | 'REMITFAIL';
}

/** FAIL, with the money back on the account and told so. */
export function unpaid(row: WithdrawalRow, back: Back, reason: string, postings: readonly Posting[]): Step {
  const after: WithdrawalRow = {
    ...row,
    status: 'FAIL',
    backRollStatus: 'SUCCESS',
    failReason: reason,
    completedTime: back.at,
  };
  const why = reject('100008', back.type === 'INTERCEPT' ? because.withdrawIntercepted : because.withdrawFailed);
  return {
    answer: failure(why, withdrawalFields(after)),
    changes: { withdrawals: [after] },
    postings,
    results: [backroll(after, back)],
  };
}

/** BACKROLL_RECHARGE: its amount is all that came back, the commission in it included. */
function backroll(row: WithdrawalRow, { platformNo, at, number, type }: Back): ResultMessage {
  const fields = fieldsOf({
    rollbackAmount: row.amount,
    rollbackCommission: row.commission,
    withdrawRequestNo: row.requestNo,
    completedTime: formatTimestamp(at),
    rollbackType: type,
    failReason: row.failReason,
  });
  const about = { platformNo, requestNo: number, serviceName: 'BACKROLL_RECHARGE' as const };
  return told(about, 'SUCCESS', at, success(fields));
}
