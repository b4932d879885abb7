/** ADJUST_URGENT_BALANCE 调整平台垫资额度: money between the platform's funds account and its advance line, of what has arrived. */
import { isRejection, reject } from '../../contract/codes.ts';
import { minus, plus } from '../../contract/money.ts';
import { ADVANCE, FUNDS } from '../accounts.ts';
import type { Posting } from '../decision.ts';
import type { Operation } from '../operation.ts';
import { advanceEnabled } from './advance-line.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { receivableAccounts, repayingReceivable } from './receivable.ts';

export const adjustUrgentBalance: Operation<'ADJUST_URGENT_BALANCE'> = {
  kept: (act) => act,
  reads: () => ({ accounts: [ADVANCE, ...receivableAccounts] }),

  decide(instruction, book) {
    const { adjustType, amount } = instruction.act.request;
    const last = book.account(ADVANCE).balance;
    if (adjustType === 'INCREASE') {
      if (book.withdrawable(FUNDS) < amount) return reject('100014');
    } else {
      if (!advanceEnabled(book)) return reject('100017');
      if (book.withdrawable(ADVANCE) < amount) return reject('100016');
    }
    const [debit, credit] = adjustType === 'INCREASE' ? [FUNDS, ADVANCE] : [ADVANCE, FUNDS];
    const posting: Posting = { debit, credit, amount, take: 'arrived' };
    const postings = repayingReceivable(book, instruction, {}, [posting]);
    if (isRejection(postings)) return postings;
    const newest = adjustType === 'INCREASE' ? plus(last, amount) : minus(last, amount);
    return decided({ answer: success(fieldsOf({ lastAmount: last, newestAmount: newest })), postings });
  },
};
