/** States only move forward (protocol section 6): what a later record of a number may say after an earlier one. */
import { fenOf } from '../load/content.ts';

export interface Observed {
  /** When the answer came, epoch milliseconds. */
  readonly at: number;
  /** A record of QUERY_TRANSACTION. */
  readonly record: Readonly<Record<string, unknown>>;
}

const ranks: Readonly<Record<string, number>> = {
  INIT: 0,
  CONFIRMING: 1,
  PENDDING: 1,
  FREEZED: 1,
  ACCEPT: 2,
  REMITING: 3,
  UNFREEZED: 4,
  SUCCESS: 4,
  ERROR: 4,
  ACCEPT_FAIL: 4,
  FAIL: 4,
};

/** The moves between final states that the protocol knows: a late payment is credited; a pay-out comes back. */
const late = new Set(['FAIL SUCCESS', 'SUCCESS FAIL']);
const isPayment = (record: Observed['record']): boolean => 'rechargeWay' in record || 'withdrawForm' in record;

/** Sums of a pre-transaction that only grow. */
const growing = ['unfreezeAmount', 'cancelAmount'];

/** Why the later record cannot follow the earlier one; undefined when it can. */
export function backward(before: Observed['record'], after: Observed['record']): string | undefined {
  const [from, to] = [String(before['status']), String(after['status'])];
  const [low, high] = [ranks[from] ?? -1, ranks[to] ?? -1];
  const back = high < low || (from !== to && high === low && !(isPayment(before) && late.has(`${from} ${to}`)));
  if (back) return `its state went from ${from} to ${to}`;
  for (const name of growing) {
    if (fenOf(after[name] ?? '0.00') < fenOf(before[name] ?? '0.00'))
      return `its ${name} went from ${String(before[name])} to ${String(after[name])}`;
  }
  return undefined;
}
