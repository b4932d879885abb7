/**
 * Refunds 退款 of recharges: what is given back is held and pinned at the order. A refund that clears in its recharge's own lot takes the very
 * float that came in; any other waits until that lot has arrived, and is paid from arrived money through the lot it clears in (protocol 7a).
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../contract/internal/order.ts';
import { type Fen, fen, least, minus, plus, ZERO } from '../../contract/money.ts';
import { formatDate } from '../../contract/time.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, collect, INCOME, paid, SUSPENSE } from '../accounts.ts';
import { type Book, suspenseKey } from '../book.ts';
import type { Changes, Decision, Posting, Reads } from '../decision.ts';
import type { Facts, InstructionOf } from '../operation.ts';
import { ARRIVED, freeFloat } from '../pins.ts';
import type { HoldRow, LotRow, RechargeRow, RefundRow, SuspenseRow } from '../rows.ts';
import { decided, fieldsOf, type Step, success, together } from './answers.ts';
import { because } from './checks.ts';
import { clearingDayReads, lotReads, openLot, settling } from './lot-books.ts';

const commissionHold = (refundNo: string): string => `${refundNo}:commission`;

export const holdsOf = (refundNo: string): readonly string[] => [refundNo, commissionHold(refundNo)];

/** What the order of a refund needs, once its recharge is known. */
export const orderReads = (row: RechargeRow): Reads => ({
  accounts: [accountOf(row.platformUserNo), INCOME, SUSPENSE],
  lots: row.lot === undefined ? [] : [row.lot],
});

/** What any later act on a refund needs, once it is known. */
export function refundFollow(refundNo: string, book: Book): Reads {
  const row = book.refunds.get(refundNo);
  if (row === undefined) return {};
  const own = lotReads(row.lot);
  const cleared = clearedReads(row, book);
  return {
    recharges: [row.requestNo],
    suspenses: [['RECHARGE', row.requestNo]],
    holds: holdsOf(refundNo),
    lots: [...(own.lots ?? []), ...(cleared.lots ?? [])],
    accounts: [row.account, INCOME, ...(own.accounts ?? []), ...(cleared.accounts ?? [])],
  };
}

function clearedReads(row: RefundRow, book: Book): Reads {
  const { channel, clearingDay } = { channel: channelOf(row.lot, book), clearingDay: row.clearingDay };
  return channel === undefined || clearingDay === undefined ? {} : clearingDayReads(channel, clearingDay);
}

/** The channel of a lot; its name begins with it, should its row not have been read yet. */
const channelOf = (lot: string, book: Book): string | undefined =>
  book.lots.has(lot) ? book.lots.get(lot)?.channel : /^(.+)-\d{8}(?:-LATE)?$/.exec(lot)?.[1];

/** How much of what of a recharge is asked back. */
export interface Parts {
  readonly amount: Fen;
  /** What of it is the commission, which the income account gives back. */
  readonly commission: Fen;
}

/** All that is left, or what was asked for: the user's part first. */
export function partsOf(
  row: RechargeRow,
  suspended: SuspenseRow | undefined,
  { amount, commission }: Pick<ActOf<'REFUND_ORDERED'>, 'amount' | 'commission'>,
): Parts | Rejection {
  const left = minus(row.amount, row.refunded ?? ZERO);
  const leftCommission = suspended === undefined ? minus(row.commission, row.refundedCommission ?? ZERO) : ZERO;
  const asked = amount ?? left;
  const part = commission ?? minus(asked, least(asked, minus(left, leftCommission)));
  const fits = asked > 0n && part <= leftCommission && part <= asked && asked - part <= left - leftCommission;
  return fits ? { amount: asked, commission: part } : reject('100008', because.refundTooLarge);
}

/** Reserves and pins both parts: float of the recharge's lot first, then what has arrived. 100014 when they do not cover it. */
export function refundHolds(refund: RefundRow, book: Book, at: number): readonly HoldRow[] | Rejection {
  const holds: HoldRow[] = [];
  // Both parts may be of one account, so the second is looked for in what the first leaves.
  const sheet = book.sketch();
  for (const [requestNo, account, amount] of [
    [refund.refundNo, refund.account, minus(refund.amount, refund.commission)],
    [commissionHold(refund.refundNo), INCOME, refund.commission],
  ] as const) {
    if (amount === 0n) continue;
    const float = least(amount, freeFloat(sheet.account(account), refund.lot));
    const rest = minus(amount, float);
    if (sheet.available(account) < amount || (rest > 0n && sheet.withdrawable(account) < rest)) return reject('100014');
    const pins = { ...(float > 0n ? { [refund.lot]: float } : {}), ...(rest > 0n ? { [ARRIVED]: rest } : {}) };
    const hold: HoldRow = {
      requestNo,
      kind: 'REFUND',
      account,
      amount,
      marketingAmount: ZERO,
      marketingCaptured: ZERO,
      captured: ZERO,
      released: ZERO,
      pins,
      createdAt: at,
      updatedAt: at,
    };
    holds.push(hold);
    sheet.apply({ origin: 'OPERATOR', number: requestNo }, decided({ answer: success(), changes: { holds: [hold] } }));
  }
  return holds;
}

/** Whether it can be sent now: its lot has arrived, or it will clear in that lot and has all its float. */
export const sendable = (lot: LotRow, holds: readonly HoldRow[], at: number): boolean =>
  lot.state === 'ARRIVED' ||
  (lot.clearingDay === formatDate(at) && holds.every(({ pins }) => pins?.[ARRIVED] === undefined));

/** Sends it through the channel that collected the recharge. */
export function refundOrder(refund: RefundRow, recharge: RechargeRow, at: number, book: Book, facts: Facts) {
  if (recharge.orderId === undefined) throw new Defect(`recharge ${recharge.requestNo} was paid without an order`);
  const order: OrderMessage = {
    version: 1,
    orderId: facts.newOrderId(),
    kind: 'refund',
    platformNo: book.platformNo,
    requestNo: refund.refundNo,
    platformUserNo: recharge.platformUserNo,
    amount: refund.amount,
    refundOf: recharge.orderId,
    createdAt: at,
  };
  return { order, refund: { ...refund, status: 'REFUNDING' as const, orderId: order.orderId } };
}

/** What the channel said of it. */
export function refundOutcome(instruction: InstructionOf<'ORDER_OUTCOME'>, book: Book): Decision | Rejection {
  const { act, receivedAt: at } = instruction;
  const row = refundOf(act.requestNo, book);
  if (row.orderId !== act.orderId) throw new Defect(`order ${act.orderId} is not that of refund ${row.refundNo}`);
  if (row.status !== 'REFUNDING') return reject('100008', because.outcomeLate);
  const { outcome } = act;
  if (outcome.state === 'returned') throw new Defect(`refund ${row.refundNo} was said to be returned`);
  if (outcome.state === 'declined') {
    const failed: RefundRow = { ...row, status: 'FAIL', failReason: outcome.channelErrorMessage, endedAt: at };
    return decided({ answer: success(), changes: together(released(failed, at, book), { refunds: [failed] }) });
  }
  const { clearingDay, channelOrderNo } = outcome;
  if (clearingDay === undefined) throw new Defect(`refund ${row.refundNo} was settled on no clearing day`);
  const yes: RefundRow = { ...row, channelOrderNo, clearingDay };
  const own = lotOf(row, book);
  if (own.state !== 'ARRIVED' && own.clearingDay !== clearingDay) {
    // It clears in another lot, whose bank credit it lowers; what it gives back is not at the bank yet.
    const clearing: RefundRow = { ...yes, status: 'CLEARING' };
    return decided({ answer: success(), changes: { refunds: [clearing], lots: [waitingFor(own, row.refundNo)] } });
  }
  return decided({ ...givenBack(yes, act.channel, instruction, book), answer: success() });
}

/** The lot, with a refund that waits for its arrival. */
export const waitingFor = (lot: LotRow, refundNo: string): LotRow => ({
  ...lot,
  refunds: [...(lot.refunds ?? []), refundNo],
});

/** SUCCESS: out of the recharge's own lot while that is in transit, else through the lot that it clears in. */
export function givenBack(
  row: RefundRow,
  channel: string,
  instruction: { readonly origin: string; readonly number: string; readonly receivedAt: number },
  book: Book,
): Step {
  const at = instruction.receivedAt;
  if (row.clearingDay === undefined) throw new Defect(`refund ${row.refundNo} clears on no day`);
  const own = lotOf(row, book);
  const lot = own.state === 'ARRIVED' ? openLot(book, channel, row.clearingDay) : own;
  const [credit, take]: [string, Posting['take']] =
    own.state === 'ARRIVED' ? [paid(lot.lot), 'arrived'] : [collect(lot.lot), { lot: lot.lot }];
  const postings: Posting[] = [
    { debit: row.account, credit, amount: minus(row.amount, row.commission), take },
    { debit: INCOME, credit, amount: row.commission, take },
  ];
  const done: RefundRow = { ...row, status: 'SUCCESS', endedAt: at };
  const holds = holdRows(row, book).map((hold) => ({ ...hold, captured: hold.amount, updatedAt: at }));
  const step: Step = {
    answer: success(),
    changes: together({ refunds: [done], holds, lots: [lot] }, suspenseChanges(row, 'REFUNDED', at, book)),
    postings: postings.filter(({ amount }) => amount > 0n),
  };
  return settling(book, instruction, step, lot);
}

export function refundOf(refundNo: string, book: Book): RefundRow {
  const row = book.refunds.get(refundNo);
  if (row === undefined) throw new Defect(`refund ${refundNo} of ${book.platformNo} is missing`);
  return row;
}

export function lotOf(row: RefundRow, book: Book): LotRow {
  const lot = book.lots.get(row.lot);
  if (lot === undefined) throw new Defect(`lot ${row.lot} of refund ${row.refundNo} is missing`);
  return lot;
}

const holdRows = (row: RefundRow, book: Book): readonly HoldRow[] =>
  holdsOf(row.refundNo).flatMap((number) => {
    const hold = book.holds.get(number);
    return hold === undefined ? [] : [hold];
  });

/** Not given back: what was reserved is free again, and may be asked for once more. */
function released(row: RefundRow, at: number, book: Book): Changes {
  const recharge = book.recharges.get(row.requestNo);
  if (recharge === undefined) throw new Defect(`recharge ${row.requestNo} of refund ${row.refundNo} is missing`);
  const holds = holdRows(row, book).map((hold) => ({ ...hold, released: hold.amount, updatedAt: at }));
  const changes: Changes = { holds, recharges: [withRefunded(recharge, fen(-row.amount), fen(-row.commission))] };
  return together(changes, suspenseChanges(row, 'OPEN', at, book));
}

/** The recharge with more, or less, of it refunded. */
export function withRefunded(row: RechargeRow, amount: Fen, commission: Fen): RechargeRow {
  const { refunded, refundedCommission, ...rest } = row;
  const [all, part] = [plus(refunded ?? ZERO, amount), plus(refundedCommission ?? ZERO, commission)];
  return {
    ...rest,
    ...(all === 0n ? {} : { refunded: all }),
    ...(part === 0n ? {} : { refundedCommission: part }),
  };
}

function suspenseChanges(row: RefundRow, status: 'REFUNDED' | 'OPEN', at: number, book: Book): Changes {
  if (row.account !== SUSPENSE) return {};
  const suspended = book.suspenses.get(suspenseKey('RECHARGE', row.requestNo));
  if (suspended === undefined) throw new Defect(`refund ${row.refundNo} is of no suspense`);
  return { suspenses: [{ ...suspended, status, ...(status === 'REFUNDED' ? { endedAt: at } : {}) }] };
}

/** What an operator is answered. */
export const refundFields = (row: RefundRow) =>
  fieldsOf({
    refundNo: row.refundNo,
    requestNo: row.requestNo,
    amount: row.amount,
    commission: row.commission,
    status: row.status,
  });
