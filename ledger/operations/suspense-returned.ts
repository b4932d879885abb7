/** SUSPENSE_RETURNED: a bank's credit that nobody claims is sent back to its payer. The bank's word on it is SUSPENSE_RETURN_ENDED. */
import { reject } from '../../contract/codes.ts';
import { REMIT, SUSPENSE } from '../accounts.ts';
import { suspenseKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';

export const suspenseReturned: Operation<'SUSPENSE_RETURNED'> = {
  reads: ({ act }) => ({ suspenses: [['CREDIT', act.creditNo]], accounts: [SUSPENSE, REMIT] }),

  decide({ act: { creditNo } }, book) {
    const row = book.suspenses.get(suspenseKey('CREDIT', creditNo));
    if (row === undefined) return reject('100007');
    if (row.status === 'RETURNING') return reject('100020');
    if (row.status !== 'OPEN') return reject('100008', because.suspenseOver);
    return decided({
      answer: success(),
      changes: { suspenses: [{ ...row, status: 'RETURNING' }] },
      postings: [{ debit: SUSPENSE, credit: REMIT, amount: row.amount, take: 'arrived' }],
    });
  },
};
