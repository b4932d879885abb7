/** SUSPENSE_CREDITED: the bank has credited money to the custody account, and nobody knows whose it is. */
import { reject } from '../../contract/codes.ts';
import { CUSTODY, SUSPENSE } from '../accounts.ts';
import { suspenseKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';

export const suspenseCredited: Operation<'SUSPENSE_CREDITED'> = {
  reads: ({ act }) => ({ suspenses: [['CREDIT', act.creditNo]], accounts: [CUSTODY, SUSPENSE] }),

  decide({ act: { creditNo, amount }, receivedAt }, book) {
    if (book.suspenses.get(suspenseKey('CREDIT', creditNo)) !== undefined) return reject('100008', because.creditTaken);
    return decided({
      answer: success(),
      changes: {
        suspenses: [{ source: 'CREDIT', number: creditNo, amount, status: 'OPEN', createdAt: receivedAt }],
      },
      postings: [{ debit: CUSTODY, credit: SUSPENSE, amount, take: 'arrived' }],
    });
  },
};
