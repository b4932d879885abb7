/**
 * The company's books as a fold: what orders, rules, callbacks and closed days there are follows from the journal's events alone, so that
 * a company killed at any moment knows after a restart what it knew before.
 */
import type { Fen } from '../../contract/money.ts';
import type { Behaviour, Kind, Rule } from './rules.ts';

/** WAITING: for the payer. RETURNED: a pay-out that came back after it had succeeded 退汇. */
export type Status = 'WAITING' | 'PROCESSING' | 'SUCCESS' | 'FAILED' | 'CLOSED' | 'RETURNED';

export interface Order {
  /** The merchant's number. */
  readonly orderNo: string;
  /** Our own number. */
  readonly companyNo: string;
  readonly kind: Kind;
  readonly subMerchantNo: string;
  readonly amount: Fen;
  /** SHA-256 of what was asked: the same number with other content is another order, and refused. */
  readonly digest: string;
  readonly createdAt: number;
  readonly notifyUrl?: string;
  readonly returnUrl?: string;
  readonly expiresAt?: number;
  /** Names the cashier page; whoever has it may pay. */
  readonly token?: string;
  readonly refundOf?: string;
  readonly bankCode?: string;
  readonly behaviour: Behaviour;
  readonly status: Status;
  /** Our clearing day in which it succeeded, yyyyMMdd. */
  readonly clearingDay?: string;
  readonly finishedAt?: number;
  readonly fee: Fen;
  readonly code?: string;
  readonly message?: string;
  readonly returnedAt?: number;
  readonly returnedDay?: string;
}

export interface Settlement {
  readonly subMerchantNo: string;
  readonly clearingDay: string;
  /** Collected, less refunds of the same day, plus pay-outs of earlier days that came back. */
  readonly gross: Fen;
  /** Paid out, less what came back the same day, plus refunds of earlier days' payments. */
  readonly payouts: Fen;
  readonly fee: Fen;
  /** gross − payouts − fee: what the merchant's bank receives; may be negative. */
  readonly net: Fen;
  readonly closedAt: number;
}

/** A callback to be delivered; its bytes never change. */
export interface Callback {
  readonly id: string;
  readonly url: string;
  readonly body: string;
  /** Signed with a key that is not ours, as a forger would. */
  readonly forged: boolean;
  readonly dueAt: number;
  /** Delivered so many more times after the merchant took it. */
  readonly repeats: number;
}

export interface Due {
  readonly orderNo: string;
  readonly at: number;
  readonly act: 'succeed' | 'fail' | 'return';
}

export type Event =
  | { readonly event: 'opened'; readonly day: string }
  | { readonly event: 'order'; readonly order: Order }
  | { readonly event: 'moved'; readonly orderNo: string; readonly to: Partial<Order> & { readonly status: Status } }
  | { readonly event: 'due'; readonly due: Due }
  | { readonly event: 'callback'; readonly callback: Callback }
  | { readonly event: 'delivered'; readonly id: string }
  | { readonly event: 'rule'; readonly rule: Rule }
  | { readonly event: 'rule-used'; readonly id: string }
  | { readonly event: 'rules-cleared' }
  | {
      readonly event: 'day-closed';
      readonly day: string;
      readonly next: string;
      readonly settlements: readonly Settlement[];
    };

export interface State {
  day: string;
  readonly orders: Map<string, Order>;
  readonly byToken: Map<string, string>;
  /** Where a sub-merchant's settlement notices go: the last URL it gave. */
  readonly urls: Map<string, string>;
  readonly due: Map<string, Due>;
  readonly callbacks: Map<string, Callback>;
  readonly rules: Map<string, Rule>;
  readonly closedDays: string[];
  readonly settlements: Settlement[];
}

export const emptyState = (): State => ({
  day: '',
  orders: new Map(),
  byToken: new Map(),
  urls: new Map(),
  due: new Map(),
  callbacks: new Map(),
  rules: new Map(),
  closedDays: [],
  settlements: [],
});

/** Folds one event in. Throws nothing: what is in the journal was checked before it was written. */
export function apply(state: State, event: Event): void {
  switch (event.event) {
    case 'opened':
      state.day = event.day;
      return;
    case 'order':
      applyOrder(state, event.order);
      return;
    case 'moved': {
      const order = state.orders.get(event.orderNo);
      if (order !== undefined) state.orders.set(event.orderNo, { ...order, ...event.to });
      // What was due has been done; a return that follows is an event of its own, after this one.
      state.due.delete(event.orderNo);
      return;
    }
    case 'due':
      state.due.set(event.due.orderNo, event.due);
      return;
    case 'callback':
      state.callbacks.set(event.callback.id, event.callback);
      return;
    case 'delivered':
      applyDelivered(state, event.id);
      return;
    case 'rule':
      state.rules.set(event.rule.id, event.rule);
      return;
    case 'rule-used':
      applyRuleUsed(state, event.id);
      return;
    case 'rules-cleared':
      state.rules.clear();
      return;
    case 'day-closed':
      state.closedDays.push(event.day);
      state.settlements.push(...event.settlements);
      state.day = event.next;
  }
}

function applyOrder(state: State, order: Order): void {
  state.orders.set(order.orderNo, order);
  if (order.token !== undefined) state.byToken.set(order.token, order.orderNo);
  if (order.notifyUrl !== undefined) state.urls.set(order.subMerchantNo, order.notifyUrl);
}

function applyDelivered(state: State, id: string): void {
  const callback = state.callbacks.get(id);
  if (callback === undefined) return;
  if (callback.repeats === 0) state.callbacks.delete(id);
  else state.callbacks.set(id, { ...callback, repeats: callback.repeats - 1 });
}

function applyRuleUsed(state: State, id: string): void {
  const rule = state.rules.get(id);
  if (rule === undefined) return;
  if (rule.times <= 1) state.rules.delete(id);
  else state.rules.set(id, { ...rule, times: rule.times - 1 });
}
