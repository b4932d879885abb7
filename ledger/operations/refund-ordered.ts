/** REFUND_ORDERED: an operator gives a recharge back, or a part of it, through the channel that collected it. */
import { isRejection, reject } from '../../contract/codes.ts';
import { accountOf, SUSPENSE } from '../accounts.ts';
import { suspenseKey } from '../book.ts';
import type { Changes } from '../decision.ts';
import type { Operation } from '../operation.ts';
import type { RefundRow } from '../rows.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';
import {
  holdsOf,
  lotOf,
  orderReads,
  partsOf,
  refundFields,
  refundHolds,
  refundOrder,
  sendable,
  waitingFor,
  withRefunded,
} from './refunds.ts';

export const refundOrdered: Operation<'REFUND_ORDERED'> = {
  reads: ({ act: { requestNo }, number }) => ({
    recharges: [requestNo],
    suspenses: [['RECHARGE', requestNo]],
    holds: holdsOf(number),
    refunds: [number],
  }),

  follow({ act: { requestNo } }, book) {
    const row = book.recharges.get(requestNo);
    return row === undefined ? {} : orderReads(row);
  },

  decide({ act, number, receivedAt }, book, facts) {
    const recharge = book.recharges.get(act.requestNo);
    if (recharge === undefined) return reject('100007');
    const suspended = book.suspenses.get(suspenseKey('RECHARGE', act.requestNo));
    const inSuspense = recharge.status !== 'SUCCESS';
    if (suspended?.status === 'REFUNDING' || recharge.status === 'PENDDING') return reject('100020');
    if (recharge.lot === undefined || (inSuspense && suspended?.status !== 'OPEN'))
      return reject('100008', because.rechargeNotPaid);
    const parts = partsOf(recharge, inSuspense ? suspended : undefined, act);
    if (isRejection(parts)) return parts;
    if (inSuspense && parts.amount !== suspended?.amount) return reject('100008', because.refundTooLarge);
    const asked: RefundRow = {
      refundNo: number,
      requestNo: act.requestNo,
      account: inSuspense ? SUSPENSE : accountOf(recharge.platformUserNo),
      ...parts,
      lot: recharge.lot,
      status: 'WAITING',
      createdAt: receivedAt,
    };
    const holds = refundHolds(asked, book, receivedAt);
    if (isRejection(holds)) return holds;
    const lot = lotOf(asked, book);
    const changes: Changes = {
      holds,
      recharges: [withRefunded(recharge, parts.amount, parts.commission)],
      ...(inSuspense && suspended !== undefined ? { suspenses: [{ ...suspended, status: 'REFUNDING' }] } : {}),
    };
    if (!sendable(lot, holds, receivedAt))
      return decided({
        answer: success(refundFields(asked)),
        changes: { ...changes, refunds: [asked], lots: [waitingFor(lot, number)] },
      });
    const { order, refund } = refundOrder(asked, recharge, receivedAt, book, facts);
    return decided({
      answer: success(refundFields(refund)),
      changes: { ...changes, refunds: [refund] },
      orders: [order],
    });
  },
};
