/** What the company tells a merchant of its own accord: how an order's states become callbacks, true ones and, by rule, others. */
import { randomUUID } from 'node:crypto';
import type { Fen } from '../../contract/money.ts';
import type { Callback, Order, Settlement } from './state.ts';

/** By how much a callback that is to come late is held. */
const HELD_MS = 400;

/** An order as the merchant sees it: amounts as digits of fen, times in epoch milliseconds. */
export const viewOf = (order: Order): Record<string, unknown> => ({
  orderNo: order.orderNo,
  companyNo: order.companyNo,
  kind: order.kind,
  subMerchantNo: order.subMerchantNo,
  amount: order.amount.toString(),
  status: order.status,
  clearingDay: order.clearingDay,
  finishedAt: order.finishedAt,
  bankCode: order.status === 'SUCCESS' ? order.bankCode : undefined,
  code: order.status === 'SUCCESS' ? undefined : order.code,
  message: order.status === 'SUCCESS' ? undefined : order.message,
  returnedAt: order.returnedAt,
  returnedDay: order.returnedDay,
});

export const settlementView = (settlement: Settlement): Record<string, unknown> => ({
  subMerchantNo: settlement.subMerchantNo,
  clearingDay: settlement.clearingDay,
  gross: settlement.gross.toString(),
  payouts: settlement.payouts.toString(),
  fee: settlement.fee.toString(),
  net: settlement.net.toString(),
  closedAt: settlement.closedAt,
});

interface Delivery {
  readonly dueAt: number;
  readonly forged?: boolean;
  readonly repeats?: number;
}

/** A callback about an order; `change` is what it says otherwise than the books do. */
export function sayOf(order: Order, url: string, delivery: Delivery, change: Record<string, unknown> = {}): Callback {
  const id = randomUUID();
  const body = JSON.stringify({ eventId: id, type: 'ORDER', order: { ...viewOf(order), ...change } });
  return { id, url, body, dueAt: delivery.dueAt, forged: delivery.forged ?? false, repeats: delivery.repeats ?? 0 };
}

export function noticeOf(
  settlement: Settlement,
  url: string,
  dueAt: number,
  change: Record<string, unknown> = {},
  forged = false,
): Callback {
  const id = randomUUID();
  const body = JSON.stringify({
    eventId: id,
    type: 'SETTLEMENT',
    settlement: { ...settlementView(settlement), ...change },
  });
  return { id, url, body, dueAt, forged, repeats: 0 };
}

const contrary = (order: Order): Record<string, unknown> =>
  order.status === 'SUCCESS'
    ? { status: 'FAILED', code: 'CONTRADICTED', message: '交易失败', clearingDay: undefined }
    : { status: 'SUCCESS', clearingDay: '20000101', finishedAt: order.createdAt };

/** The callbacks of the state an order has just come to. Identity checks are told in their answers. */
export function callbacksOf(order: Order, at: number): readonly Callback[] {
  const { behaviour, notifyUrl: url } = order;
  if (url === undefined || order.status === 'PROCESSING' || order.status === 'WAITING') return [];
  const callbacks: Callback[] = [];
  if (behaviour.forge === true)
    callbacks.push(sayOf(order, url, { dueAt: at, forged: true }, { status: 'SUCCESS', clearingDay: '20000101' }));
  if (behaviour.noCallback !== true) {
    const change = {
      ...(behaviour.otherAmount === undefined ? {} : { amount: (behaviour.otherAmount satisfies Fen).toString() }),
      ...(behaviour.oddStatus === true ? { status: 'EXAMINED' } : {}),
    };
    const held = behaviour.reorder === true && order.status !== 'RETURNED';
    const dueAt = held && behaviour.returnAfterMs !== undefined ? at + behaviour.returnAfterMs + HELD_MS : at;
    callbacks.push(sayOf(order, url, { dueAt, repeats: behaviour.repeatCallbacks ?? 0 }, change));
    if (held) {
      const stale = { status: 'PROCESSING', clearingDay: undefined, finishedAt: undefined };
      callbacks.push(sayOf(order, url, { dueAt: dueAt + HELD_MS }, stale));
    }
  }
  if (behaviour.contradict === true)
    callbacks.push(sayOf(order, url, { dueAt: at + HELD_MS, forged: false }, contrary(order)));
  return callbacks;
}
