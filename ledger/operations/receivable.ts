/**
 * What the platform owes the books (RECEIVABLE) is taken first of all from what reaches its income and funds accounts, as soon as that has
 * arrived (protocol 7a). While it owes nothing, which is nearly always, this does nothing.
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import { least } from '../../contract/money.ts';
import { FUNDS, INCOME, RECEIVABLE } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Changes, Posting } from '../decision.ts';
import { decided, success } from './answers.ts';

/** What every operation reads that may credit the income or the funds account. */
export const receivableAccounts: readonly string[] = [INCOME, FUNDS, RECEIVABLE];

/** Adds to the postings what they let the platform repay. 100014 when a later posting then finds too little on a platform account. */
export function repayingReceivable(
  book: Book,
  instruction: { readonly origin: string; readonly number: string },
  changes: Changes,
  postings: readonly Posting[],
): readonly Posting[] | Rejection {
  if (!postings.some(({ credit }) => credit === INCOME || credit === FUNDS)) return postings;
  if (book.account(RECEIVABLE).balance === 0n) return postings;
  const sheet = book.sketch();
  sheet.apply(instruction, decided({ answer: success(), changes }));
  const all: Posting[] = [];
  for (const posting of postings) {
    if (posting.debit.startsWith('FN:') && sheet.available(posting.debit) < posting.amount) return reject('100014');
    const due = [posting];
    sheet.apply(instruction, decided({ answer: success(), postings: due }));
    if (posting.credit === INCOME || posting.credit === FUNDS) {
      const repaid = repayments(sheet);
      sheet.apply(instruction, decided({ answer: success(), postings: repaid }));
      due.push(...repaid);
    }
    all.push(...due);
  }
  return all;
}

/** What of the arrived income and funds goes to what the platform owes. */
export function repayments(book: Book): readonly Posting[] {
  let owed = book.account(RECEIVABLE).balance;
  const postings: Posting[] = [];
  for (const account of [INCOME, FUNDS]) {
    const amount = least(owed, book.withdrawable(account));
    if (amount <= 0n) continue;
    postings.push({ debit: account, credit: RECEIVABLE, amount, take: 'arrived' });
    owed = (owed - amount) as typeof owed;
  }
  return postings;
}
