/** FEE_DEBITED: the bank has taken its custody fee from the custody account. */
import { reject } from '../../contract/codes.ts';
import { CUSTODY, REMIT } from '../accounts.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';

export const feeDebited: Operation<'FEE_DEBITED'> = {
  reads: ({ act }) => ({ fees: [act.invoiceNo], accounts: [REMIT, CUSTODY] }),

  decide({ act, receivedAt }, book) {
    const row = book.fees.get(act.invoiceNo);
    if (row === undefined) return reject('100007');
    if (row.status !== 'CHARGED') return reject('100008', because.invoiceNotCharged);
    return decided({
      answer: success(),
      changes: { fees: [{ ...row, status: 'PAID', endedAt: receivedAt }] },
      postings: [{ debit: REMIT, credit: CUSTODY, amount: row.amount, take: 'arrived' }],
    });
  },
};
