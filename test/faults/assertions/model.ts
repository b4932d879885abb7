/**
 * What every account of a platform must hold, by its own messages and the payment company's own orders: a second set of books, kept by the
 * protocol's rules (7, 7a) from what was sent, and by nothing that the ledger wrote but which of a number's contents it claimed and whether it
 * did it.
 */
import { fenOf } from '../load/content.ts';
import type { Books } from './books.ts';
import type { Company, CompanyOrder } from './company.ts';
import type { ContentStory, Story } from './story.ts';

export interface Sums {
  balance: bigint;
  held: bigint;
  /** Numbers that moved it, for whoever looks. */
  readonly numbers: string[];
}

type Fields = Readonly<Record<string, unknown>>;

const FUNCTION_ACCOUNT = /^SYS_GENERATE_(\d{3})$/;
export const accountOf = (userNo: unknown): string => {
  const functional = FUNCTION_ACCOUNT.exec(String(userNo));
  return functional === null ? `USER:${String(userNo)}` : `FN:${functional[1]}`;
};
const INCOME = 'FN:004';
/** Commission details name no payee. */
const payees: Readonly<Record<string, string>> = { COMMISSION: INCOME, INTEREST_REPAYMENT: 'FN:005' };
const reserving = new Set(['TENDER', 'REPAYMENT']);

/** Balances and holds as they must be, by account code. */
export function modelOf(story: Story, books: Books, company: Company): ReadonlyMap<string, Sums> {
  const sums = new Map<string, Sums>();
  const at = (code: string): Sums => {
    const known = sums.get(code) ?? { balance: 0n, held: 0n, numbers: [] };
    sums.set(code, known);
    return known;
  };
  const move = (code: string, fen: bigint, no: string): void => {
    const account = at(code);
    account.balance += fen;
    account.numbers.push(no);
  };
  const hold = (code: string, fen: bigint, no: string): void => {
    const account = at(code);
    account.held += fen;
    account.numbers.push(no);
  };
  const orders = new Map(company.orders.map((order) => [order.orderNo, order]));
  const outside = new Map<string, CompanyOrder | undefined>();
  for (const { requestNo, orderId } of books.orders) outside.set(requestNo, orders.get(orderId));

  const done = doneOf(story, books);
  for (const [no, { service, reqData }] of done.all) {
    const amount = (): bigint => fenOf(reqData['amount']);
    switch (service) {
      case 'USER_AUTO_PRE_TRANSACTION':
      case 'USER_PRE_TRANSACTION':
        if (done.isDone(no)) hold(accountOf(reqData['platformUserNo']), amount(), no);
        break;
      case 'CANCEL_PRE_TRANSACTION': {
        const reserved = done.all.get(String(reqData['preTransactionNo']));
        if (done.isDone(no)) hold(accountOf(reserved?.reqData['platformUserNo']), -amount(), no);
        break;
      }
      case 'SYNC_TRANSACTION':
        if (!done.isDone(no)) break;
        for (const detail of reqData['details'] as readonly Fields[]) {
          const source = accountOf(detail['sourcePlatformUserNo']);
          const named = detail['targetPlatformUserNo'];
          const target = named === undefined ? (payees[String(detail['bizType'])] ?? '?') : accountOf(named);
          const fen = fenOf(detail['amount']);
          move(source, -fen, no);
          move(target, fen, no);
          if (reserving.has(String(detail['bizType']))) hold(source, -fen, no);
        }
        break;
      case 'RECHARGE':
        if (outside.get(no)?.status === 'SUCCESS') {
          const commission = fenOf(reqData['commission'] ?? '0');
          move(accountOf(reqData['platformUserNo']), amount() - commission, no);
          if (commission > 0n) move(INCOME, commission, no);
        }
        break;
      case 'WITHDRAW':
        if (outside.get(no)?.status === 'SUCCESS') {
          move(accountOf(reqData['platformUserNo']), -amount(), no);
          move(INCOME, fenOf(reqData['commission'] ?? '0'), no);
        }
        break;
    }
  }
  return sums;
}

/** The content of each number that the books claimed, and whether they did it. */
function doneOf(story: Story, books: Books) {
  const all = new Map<string, ContentStory>();
  const states = new Map<string, string>();
  for (const { number, origin, digest, state } of books.claims) {
    const content = story.numbers.get(number)?.contents.get(digest);
    if (origin !== 'PLATFORM' || content === undefined) continue;
    all.set(number, content);
    states.set(number, state);
  }
  return { all, isDone: (no: string): boolean => states.get(no) === 'DONE' };
}
