/**
 * The advance line 垫资 (account 007): a D0 withdrawal takes from it what of the user's money has not arrived yet, and leaves it that float,
 * with which it refills itself when the lots arrive (protocol 7a). It is enabled once it has ever held money; while the platform owes the
 * books anything, D0 is closed.
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import { type Fen, minus, ZERO } from '../../contract/money.ts';
import { ADVANCE, RECEIVABLE } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Posting } from '../decision.ts';
import type { WithdrawalRow } from '../rows.ts';

export const advanceAccounts: readonly string[] = [ADVANCE, RECEIVABLE];

export const advanceEnabled = (book: Book): boolean => book.account(ADVANCE).version > 0n;

/** What a withdrawal becomes: how it is sent, and what of it the advance line pays. */
export type Way = Pick<WithdrawalRow, 'remitType' | 'floatAmount'>;

/** Chooses the way of a withdrawal whose amount is available. 100014, 100016 or 100017 when there is none. */
export function wayOf(book: Book, account: string, amount: Fen, type: WithdrawalRow['withdrawType']): Way | Rejection {
  const arrived = book.withdrawable(account);
  const short = arrived < amount ? minus(amount, arrived) : ZERO;
  if (type !== 'NORMAL') {
    const refused = refusedAdvance(book, short, type);
    if (refused === undefined) return { remitType: 'URGENT', floatAmount: short };
    if (type === 'URGENT') return refused;
  }
  return short > 0n ? reject('100014') : { remitType: 'NORMAL', floatAmount: ZERO };
}

function refusedAdvance(book: Book, short: Fen, type: 'URGENT' | 'NORMAL_URGENT'): Rejection | undefined {
  if (book.account(RECEIVABLE).balance > 0n) return reject('100017');
  // Who asks for D0 with money that has arrived needs no line; who leaves it open has D0 only where there is one.
  if (!advanceEnabled(book) && (short > 0n || type === 'NORMAL_URGENT')) return reject('100017');
  return book.withdrawable(ADVANCE) < short ? reject('100016') : undefined;
}

/** The line's arrived money against the user's float. */
export const advanced = (account: string, amount: Fen): readonly Posting[] =>
  amount === 0n
    ? []
    : [
        { debit: ADVANCE, credit: account, amount, take: 'arrived' },
        { debit: account, credit: ADVANCE, amount, take: 'float first' },
      ];
