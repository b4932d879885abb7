/** SUSPENSE_RETURN_ENDED: the bank has debited a credit's return, or rejected it; then it is in suspense again. */
import { reject } from '../../contract/codes.ts';
import { CUSTODY, REMIT, SUSPENSE } from '../accounts.ts';
import { suspenseKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import type { SuspenseRow } from '../rows.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';

export const suspenseReturnEnded: Operation<'SUSPENSE_RETURN_ENDED'> = {
  reads: ({ act }) => ({ suspenses: [['CREDIT', act.creditNo]], accounts: [SUSPENSE, REMIT, CUSTODY] }),

  decide({ act: { creditNo, outcome }, receivedAt }, book) {
    const row = book.suspenses.get(suspenseKey('CREDIT', creditNo));
    if (row === undefined) return reject('100007');
    if (row.status !== 'RETURNING') return reject('100008', because.suspenseOver);
    const after: SuspenseRow =
      outcome === 'PAID' ? { ...row, status: 'RETURNED', endedAt: receivedAt } : { ...row, status: 'OPEN' };
    const credit = outcome === 'PAID' ? CUSTODY : SUSPENSE;
    return decided({
      answer: success(),
      changes: { suspenses: [after] },
      postings: [{ debit: REMIT, credit, amount: row.amount, take: 'arrived' }],
    });
  },
};
