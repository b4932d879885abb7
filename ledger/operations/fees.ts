/**
 * Fees 手续费 of channels and of the bank come out of the platform's income account, of what has arrived; while that is short the invoice stays
 * open. A user never pays one (protocol 7a).
 */
import { CUSTODY, INCOME, paid, REMIT } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Posting } from '../decision.ts';
import type { FeeRow, LotRow } from '../rows.ts';
import { fieldsOf, type Step, success } from './answers.ts';
import { settling } from './lot-books.ts';

export const feeAccounts: readonly string[] = [INCOME, CUSTODY, REMIT];

/** Takes a fee, or leaves its invoice open. A channel's goes to what we owe for its day; the bank's custody fee waits for the bank's debit. */
export function charged(
  row: FeeRow,
  lot: LotRow | undefined,
  instruction: { readonly origin: string; readonly number: string; readonly receivedAt: number },
  book: Book,
): Step {
  const answered = (fee: FeeRow) => success(fieldsOf({ invoiceNo: fee.invoiceNo, status: fee.status }));
  if (book.withdrawable(INCOME) < row.amount) return { answer: answered(row), changes: { fees: [row] } };
  const credit = lot !== undefined ? paid(lot.lot) : row.kind === 'CUSTODY' ? REMIT : CUSTODY;
  const postings: Posting[] = [{ debit: INCOME, credit, amount: row.amount, take: 'arrived' }];
  const after: FeeRow =
    row.kind === 'CUSTODY'
      ? { ...row, status: 'CHARGED' }
      : { ...row, ...(lot === undefined ? {} : { lot: lot.lot }), status: 'PAID', endedAt: instruction.receivedAt };
  const step: Step = {
    answer: answered(after),
    changes: { fees: [after], ...(lot === undefined ? {} : { lots: [lot] }) },
    postings,
  };
  return lot === undefined ? step : settling(book, instruction, step, lot);
}
