/**
 * CANCEL_DEBENTURE_SALE 取消债权出让: ends a sale before it is sold out. What buyers have reserved of it cannot be confirmed any more; their
 * money is given back by CANCEL_PRE_TRANSACTION, as always.
 */
import { reasons, reject } from '../../contract/codes.ts';
import { fen } from '../../contract/money.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';
import { claimOf } from './trade/compensation.ts';

export const cancelDebentureSale: Operation<'CANCEL_DEBENTURE_SALE'> = {
  reads: ({ act }) => ({ sales: [act.request.creditsaleRequestNo] }),

  follow({ act }, book) {
    const sale = book.sales.get(act.request.creditsaleRequestNo);
    return sale === undefined ? {} : { claims: [[sale.projectNo, sale.platformUserNo]] };
  },

  decide({ act, receivedAt }, book) {
    const sale = book.sales.get(act.request.creditsaleRequestNo);
    if (sale === undefined) return reject('100008', because.saleUnknown);
    if (sale.status !== 'ONSALE') return reject('100008', reasons.saleEnded);
    const claim = claimOf(book, sale.projectNo, sale.platformUserNo);
    return decided({
      answer: success(),
      changes: {
        sales: [{ ...sale, status: 'COMPLETED', endedAt: receivedAt }],
        claims: [{ ...claim, onSale: fen(claim.onSale - (sale.saleShare - sale.confirmedShare)) }],
      },
    });
  },
};
