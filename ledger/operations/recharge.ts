/**
 * RECHARGE 充值: money from a payment channel into a user's or a platform account. INIT while the page waits, PENDDING with an order out, then
 * SUCCESS or FAIL. A payment that comes after the end is credited all the same: it is somebody's money.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf, Outcome } from '../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../contract/internal/order.ts';
import type { Fields } from '../../contract/internal/reply.ts';
import { type Fen, fen, ZERO } from '../../contract/money.ts';
import { formatTimestamp } from '../../contract/time.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, collect, INCOME, isPlatformAccount, SUSPENSE } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Posting, Reads } from '../decision.ts';
import type { LotRow, RechargeRow, SuspenseRow, UserRow } from '../rows.ts';
import { decided, failure, fieldsOf, inProgress, type Step, success } from './answers.ts';
import { bankSupported, because, usableParty } from './checks.ts';
import { openLot } from './lot-books.ts';
import { openPage, type PageOperation } from './pages.ts';

type Request = ActOf<'RECHARGE'>['request'];

const reads = ({ platformUserNo, requestNo, projectNo }: Request): Reads => ({
  users: isPlatformAccount(platformUserNo) ? [] : [platformUserNo],
  accounts: [accountOf(platformUserNo)],
  projects: projectNo === undefined ? [] : [projectNo],
  recharges: [requestNo],
});

/** The user, or undefined for a platform account. */
function check(request: Request, book: Book): UserRow | undefined | Rejection {
  // Bank transfers come with the bank core; what comes back from a withdrawal is never asked for.
  if (request.rechargeWay === 'BANK' || request.rechargeWay === 'BACKROLL') return reject('100006');
  const party = usableParty(book, request.platformUserNo);
  if (isRejection(party)) return party;
  if (!bankSupported(request.bankcode)) return reject('100012');
  if (request.authtradeType !== undefined) {
    if (party?.userRole !== 'INVESTOR') return reject('100011');
    const project = request.projectNo === undefined ? undefined : book.projects.get(request.projectNo);
    if (project !== undefined && project.status !== 'COLLECTING') return reject('100015');
    if (request.authtenderAmount === undefined || request.projectNo === undefined)
      return reject('100008', because.advanceIncomplete);
    if (project === undefined) return reject('100008', because.projectUnknown);
  }
  if ((request.commission ?? ZERO) > request.amount) return reject('100008', because.commissionTooLarge);
  return party;
}

/** What an answer says of a recharge. */
export const rechargeFields = (row: RechargeRow): Fields =>
  fieldsOf({
    rechargeStatus: row.status,
    payCompany: row.payCompany,
    transactionTime: row.transactionTime === undefined ? undefined : formatTimestamp(row.transactionTime),
    channelErrorCode: row.channelErrorCode,
    channelErrorMessage: row.channelErrorMessage,
  });

export const recharge: PageOperation<'RECHARGE'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const party = check(request, book);
    if (isRejection(party)) return party;
    const row: RechargeRow = {
      requestNo: request.requestNo,
      platformUserNo: request.platformUserNo,
      amount: request.amount,
      commission: request.commission ?? ZERO,
      rechargeWay: request.rechargeWay,
      status: 'INIT',
      ...advanceOf(request),
      createdAt: instruction.receivedAt,
    };
    const lines = fieldsOf({
      amount: row.amount,
      commission: row.commission,
      receiveAmount: fen(row.amount - row.commission),
      rechargeWay: row.rechargeWay,
      payCompany: request.expectPayCompany,
      authtenderAmount: request.authtenderAmount,
      projectNo: request.projectNo,
    });
    const needs = party === undefined ? 'CONFIRMATION' : 'PASSWORD';
    const answer = openPage('RECHARGE', instruction, request, needs, lines);
    return isRejection(answer) ? answer : decided({ answer, changes: { recharges: [row] } });
  },

  approvalReads: reads,

  approve({ request, row: opening }, instruction, book, facts) {
    const party = check(request, book);
    if (isRejection(party)) return party;
    const row = rowOf(book, request.requestNo);
    const order: OrderMessage = {
      version: 1,
      orderId: facts.newOrderId(),
      kind: 'collect',
      platformNo: instruction.platformNo,
      requestNo: request.requestNo,
      platformUserNo: request.platformUserNo,
      amount: request.amount,
      ...(request.expectPayCompany === undefined ? {} : { wishedChannel: request.expectPayCompany }),
      ...(party?.bankcard === undefined ? {} : { party: { name: party.name, bankcard: party.bankcard } }),
      returnUrl: instruction.act.returnUrl,
      ...(opening.answer.page === undefined ? {} : { expiresAt: opening.answer.page.expiresAt }),
      createdAt: instruction.receivedAt,
    };
    const pending: RechargeRow = { ...row, status: 'PENDDING', orderId: order.orderId };
    return { answer: inProgress(rechargeFields(pending)), changes: { recharges: [pending] }, orders: [order] };
  },

  end({ request }, _at, { errorCode, errorMessage }, book) {
    const failed: RechargeRow = { ...rowOf(book, request.requestNo), status: 'FAIL', errorCode, errorMessage };
    return { changes: { recharges: [failed] }, fields: rechargeFields(failed) };
  },
};

/** One bid approved in advance: a pre-transaction of the platform's may use it once. */
function advanceOf({ authtradeType, authtenderAmount, projectNo }: Request): Pick<RechargeRow, 'advance'> {
  if (authtradeType === undefined || authtenderAmount === undefined || projectNo === undefined) return {};
  return { advance: { tradeType: authtradeType, amount: authtenderAmount, projectNo } };
}

function rowOf(book: Book, requestNo: string): RechargeRow {
  const row = book.recharges.get(requestNo);
  if (row === undefined) throw new Defect(`recharge ${requestNo} of ${book.platformNo} is missing`);
  return row;
}

/** What a collection's outcome reads once its opening is known. */
export const collectedReads = ({ platformUserNo, requestNo }: Request): Reads => ({
  users: isPlatformAccount(platformUserNo) ? [] : [platformUserNo],
  accounts: [accountOf(platformUserNo), INCOME, SUSPENSE],
  recharges: [requestNo],
  suspenses: [['RECHARGE', requestNo]],
});

/** The channel was paid, or will not be. `at` is when we heard of it. */
export function collected(
  request: Request,
  order: { readonly orderId: string; readonly channel: string },
  outcome: Exclude<Outcome, { state: 'returned' }>,
  at: number,
  book: Book,
): { step: Step; lot?: LotRow } | Rejection {
  const row = rowOf(book, request.requestNo);
  if (row.orderId !== order.orderId) throw new Defect(`order ${order.orderId} is not that of ${row.requestNo}`);
  if (row.status === 'SUCCESS') return reject('100008', because.outcomeLate);
  if (outcome.state === 'declined') {
    if (row.status === 'FAIL') return reject('100008', because.outcomeLate);
    const why = reject('100008', because.rechargeFailed);
    const failed: RechargeRow = {
      ...row,
      status: 'FAIL',
      payCompany: order.channel,
      errorCode: why.errorCode,
      errorMessage: why.errorMessage,
      channelErrorCode: outcome.channelErrorCode,
      channelErrorMessage: outcome.channelErrorMessage,
    };
    return { step: { answer: failure(why, rechargeFields(failed)), changes: { recharges: [failed] } } };
  }
  if (outcome.clearingDay === undefined) throw new Defect(`order ${order.orderId} was settled on no clearing day`);
  const lot = openLot(book, order.channel, outcome.clearingDay);
  const { errorCode: _, errorMessage: __, channelErrorCode: ___, channelErrorMessage: ____, ...clean } = row;
  const settled: RechargeRow = {
    ...clean,
    status: 'SUCCESS',
    payCompany: order.channel,
    payCompanyRequestNo: outcome.channelOrderNo,
    lot: lot.lot,
    transactionTime: outcome.settledAt,
  };
  const party = outcome.wrongPayer ? reject('100008', because.wrongPayer) : usableParty(book, request.platformUserNo);
  if (isRejection(party)) {
    const suspended: SuspenseRow = {
      source: 'RECHARGE',
      number: row.requestNo,
      amount: row.amount,
      lot: lot.lot,
      status: 'OPEN',
      createdAt: at,
    };
    // Paid for an account that cannot take it: kept in suspense 挂账 until it is credited or given back.
    const unplaced: RechargeRow = {
      ...settled,
      status: 'FAIL',
      errorCode: party.errorCode,
      errorMessage: party.errorMessage,
    };
    return {
      lot,
      step: {
        answer: failure(party, rechargeFields(unplaced)),
        changes: { recharges: [unplaced], suspenses: [suspended], lots: [lot] },
        postings: [received(lot, SUSPENSE, row.amount)],
      },
    };
  }
  const postings = [
    received(lot, accountOf(request.platformUserNo), fen(row.amount - row.commission)),
    received(lot, INCOME, row.commission),
  ].filter(({ amount }) => amount > 0n);
  return {
    lot,
    step: { answer: success(rechargeFields(settled)), changes: { recharges: [settled], lots: [lot] }, postings },
  };
}

const received = ({ lot }: LotRow, credit: string, amount: Fen): Posting => ({
  debit: collect(lot),
  credit,
  amount,
  take: { lot },
});
