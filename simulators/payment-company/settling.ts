/** What a clearing day comes to for each sub-merchant, from the orders alone. */
import { type Fen, fen, minus, plus, ZERO } from '../../contract/money.ts';
import type { Order, Settlement } from './state.ts';

interface Sums {
  gross: Fen;
  payouts: Fen;
  fee: Fen;
}

/** The settlements of a day; a sub-merchant for which nothing moved has none. */
export function settlementsOf(
  orders: ReadonlyMap<string, Order>,
  clearingDay: string,
  closedAt: number,
): readonly Settlement[] {
  const bySubMerchant = new Map<string, Sums>();
  for (const order of orders.values()) {
    const change = changeOf(order, clearingDay, orders);
    if (change === undefined) continue;
    const sums = bySubMerchant.get(order.subMerchantNo) ?? { gross: ZERO, payouts: ZERO, fee: ZERO };
    sums.gross = plus(sums.gross, change.gross);
    sums.payouts = plus(sums.payouts, change.payouts);
    sums.fee = plus(sums.fee, change.fee);
    bySubMerchant.set(order.subMerchantNo, sums);
  }
  return [...bySubMerchant].map(([subMerchantNo, { gross, payouts, fee }]) => ({
    subMerchantNo,
    clearingDay,
    gross,
    payouts,
    fee,
    net: minus(minus(gross, payouts), fee),
    closedAt,
  }));
}

/** What one order adds to a day, or undefined when it did not move then. */
function changeOf(order: Order, day: string, orders: ReadonlyMap<string, Order>): Sums | undefined {
  const cleared = order.clearingDay === day && (order.status === 'SUCCESS' || order.status === 'RETURNED');
  const returned = order.returnedDay === day;
  if (!cleared && !returned) return undefined;
  switch (order.kind) {
    case 'payment':
      return { gross: order.amount, payouts: ZERO, fee: order.fee };
    case 'payout':
      // Back on the day it left: it nets to nothing. Back later: the company owes it again.
      if (cleared && returned) return { gross: ZERO, payouts: ZERO, fee: ZERO };
      return cleared
        ? { gross: ZERO, payouts: order.amount, fee: order.fee }
        : { gross: order.amount, payouts: ZERO, fee: ZERO };
    case 'refund': {
      const original = order.refundOf === undefined ? undefined : orders.get(order.refundOf);
      return original?.clearingDay === day
        ? { gross: fen(-order.amount), payouts: ZERO, fee: ZERO }
        : { gross: ZERO, payouts: order.amount, fee: ZERO };
    }
    case 'identity':
      return undefined;
  }
}
