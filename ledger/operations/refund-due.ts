/** REFUND_DUE: the lot of a refund's recharge has arrived. A refund that waited is sent; one that the channel has made already is booked. */
import { Defect } from '../../runtime/failure.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { givenBack, lotOf, refundFollow, refundOf, refundOrder } from './refunds.ts';

export const refundDue: Operation<'REFUND_DUE'> = {
  reads: ({ act: { refundNo } }) => ({ refunds: [refundNo] }),
  follow: ({ act: { refundNo } }, book) => refundFollow(refundNo, book),

  decide(instruction, book, facts) {
    const { act, receivedAt } = instruction;
    const row = refundOf(act.refundNo, book);
    const lot = lotOf(row, book);
    const recharge = book.recharges.get(row.requestNo);
    if (recharge === undefined) throw new Defect(`recharge ${row.requestNo} of refund ${row.refundNo} is missing`);
    if (lot.state !== 'ARRIVED') throw new Defect(`refund ${row.refundNo} is due before ${row.lot} has arrived`);
    if (row.status === 'CLEARING')
      return decided({ ...givenBack(row, lot.channel, instruction, book), answer: success() });
    if (row.status !== 'WAITING') return decided({ answer: success() });
    const { order, refund } = refundOrder(row, recharge, receivedAt, book, facts);
    return decided({ answer: success(), changes: { refunds: [refund] }, orders: [order] });
  },
};
