/** PAGE_EXPIRED: the page's time is over, or its user gave it up. With an order out it is the channel that ends it, by its outcome. */
import { reject } from '../../contract/codes.ts';
import { instructionKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';
import { waiting } from './page-approved.ts';
import { ended, pageOf } from './page-ended.ts';

export const pageExpired: Operation<'PAGE_EXPIRED'> = {
  reads: ({ act: { requestNo } }) => ({
    instructions: [requestNo],
    recharges: [requestNo],
    withdrawals: [requestNo],
  }),

  decide({ act, receivedAt, platformNo }, book) {
    const row = waiting(book, act.requestNo);
    const page = row === undefined ? undefined : pageOf(row);
    if (page !== undefined) {
      const why = reject('100008', act.reason === 'EXPIRED' ? because.pageExpired : because.pageCancelled);
      return decided(ended(page, platformNo, receivedAt, why, book));
    }
    const known = book.instructions.get(instructionKey('PLATFORM', act.requestNo));
    return known === undefined ? reject('100008', because.pageOver) : decided({ answer: success() });
  },
};
