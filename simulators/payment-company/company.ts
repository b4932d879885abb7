/**
 * What the company does: takes orders, is paid, pays out, gives back, fails, and closes its clearing day. Every change is a commit to the
 * journal before anybody hears of it; each order number is one order, however often it is asked for.
 */
import { createHash, randomBytes } from 'node:crypto';
import { type Fen, fen, ZERO } from '../../contract/money.ts';
import { callbacksOf, noticeOf } from './callback.ts';
import { nextDay } from './days.ts';
import { type Behaviour, type Kind, type Match, type Rule, ruleFor } from './rules.ts';
import { settlementsOf } from './settling.ts';
import type { Event, Order, Settlement, State, Status } from './state.ts';

/** A request to make an order, parsed. */
export interface Asked {
  readonly kind: Kind;
  readonly orderNo: string;
  readonly subMerchantNo: string;
  readonly amount: Fen;
  /** All that was asked, in a fixed order: what the digest is taken over. */
  readonly content: string;
  readonly notifyUrl?: string;
  readonly returnUrl?: string;
  readonly expiresAt?: number;
  readonly refundOf?: string;
  readonly bankCode?: string;
  /** Set when it cannot but fail, e.g. the card's bank refuses it. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

export interface CompanySettings {
  readonly state: State;
  /** Writes the events to the journal and folds them into the state. */
  readonly record: (events: readonly Event[]) => void;
  readonly now: () => number;
  /** How long a pay-out or refund takes when no rule says otherwise. */
  readonly settleMs: number;
  /** Fee of a payment in 1/10,000 of its amount. */
  readonly feeBp: bigint;
}

export type Company = ReturnType<typeof companyOf>;

const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex');

export function companyOf({ state, record, now, settleMs, feeBp }: CompanySettings) {
  /** Uses up one turn of the rule for this call. */
  const takeRule = (on: Match['on'], subject: Pick<Asked, 'kind' | 'orderNo' | 'subMerchantNo' | 'amount'>) => {
    const rule = ruleFor(state.rules.values(), on, subject);
    if (rule !== undefined) record([{ event: 'rule-used', id: rule.id }]);
    return rule?.behaviour;
  };

  /** The events by which an order comes to a state, with the callbacks that tell of it. */
  const moves = (order: Order, to: Partial<Order> & { readonly status: Status }): Event[] => {
    const moved = { ...order, ...to };
    const events: Event[] = [{ event: 'moved', orderNo: order.orderNo, to }];
    for (const callback of callbacksOf(moved, now())) events.push({ event: 'callback', callback });
    if (to.status === 'SUCCESS' && order.kind === 'payout' && order.behaviour.returnAfterMs !== undefined) {
      const at = now() + order.behaviour.returnAfterMs;
      events.push({ event: 'due', due: { orderNo: order.orderNo, at, act: 'return' } });
    }
    return events;
  };

  const succeeded = (order: Order): Partial<Order> & { readonly status: Status } => ({
    status: 'SUCCESS',
    finishedAt: now(),
    ...(order.kind === 'identity' ? {} : { clearingDay: state.day }),
    ...(order.kind === 'payment' ? { fee: fen((order.amount * feeBp) / 10_000n) } : {}),
  });

  const failed = (status: 'FAILED' | 'CLOSED', why: { readonly code: string; readonly message: string }) =>
    ({ status, finishedAt: now(), code: why.code, message: why.message }) as const;

  /** What happens once an order has been taken up: at once, later, or not at all. */
  const begin = (order: Order, refusal: Asked['refusal']): Event[] => {
    const { behaviour } = order;
    const no = refusal ?? (order.kind === 'payment' ? undefined : behaviour.decline);
    const finish = no === undefined ? succeeded(order) : failed('FAILED', no);
    const afterMs = behaviour.settleAfterMs ?? (order.kind === 'identity' || no !== undefined ? 0 : settleMs);
    if (order.kind === 'payment') {
      const at = now() + (behaviour.payAfterMs ?? 0);
      return behaviour.payAfterMs === undefined
        ? []
        : [{ event: 'due', due: { orderNo: order.orderNo, at, act: 'succeed' } }];
    }
    if (afterMs === 0) return moves(order, finish);
    const { code, message } = no ?? {};
    const reason = { ...(code === undefined ? {} : { code }), ...(message === undefined ? {} : { message }) };
    return [
      { event: 'moved', orderNo: order.orderNo, to: { status: 'PROCESSING', ...reason } },
      {
        event: 'due',
        due: { orderNo: order.orderNo, at: now() + afterMs, act: no === undefined ? 'succeed' : 'fail' },
      },
    ];
  };

  const orderOf = (orderNo: string): Order | undefined => {
    const order = state.orders.get(orderNo);
    const over = order?.status === 'WAITING' && order.expiresAt !== undefined && order.expiresAt < now();
    if (order !== undefined && over) record(moves(order, failed('CLOSED', { code: 'EXPIRED', message: '订单已过期' })));
    return state.orders.get(orderNo);
  };

  return {
    state,
    takeRule,
    orderOf,

    /** Takes an order up; the same again answers what it has become, another with its number is a conflict. */
    create(asked: Asked, behaviour: Behaviour): Order | 'CONFLICT' {
      const known = orderOf(asked.orderNo);
      const digest = digestOf(asked.content);
      if (known !== undefined) return known.digest === digest ? known : 'CONFLICT';
      const { content: _, refusal, ...fields } = asked;
      const order: Order = {
        ...fields,
        companyNo: `PC${state.day}${String(state.orders.size + 1).padStart(8, '0')}`,
        digest,
        createdAt: now(),
        behaviour,
        status: asked.kind === 'payment' ? 'WAITING' : 'PROCESSING',
        fee: ZERO,
        ...(asked.kind === 'payment' ? { token: randomBytes(18).toString('base64url') } : {}),
      };
      record([{ event: 'order', order }, ...begin(order, refusal)]);
      return orderOf(order.orderNo) ?? order;
    },

    /** The payer pays, or his bank refuses. What is no longer waiting stays as it is. */
    payer(orderNo: string, act: 'pay' | 'fail'): Order | undefined {
      const order = orderOf(orderNo);
      if (order?.status !== 'WAITING') return order;
      const no = act === 'fail' ? { code: 'PAYER_BANK_REFUSED', message: '付款银行拒绝交易' } : order.behaviour.decline;
      const afterMs = order.behaviour.settleAfterMs ?? 0;
      if (afterMs === 0) record(moves(order, no === undefined ? succeeded(order) : failed('FAILED', no)));
      else
        record([
          { event: 'moved', orderNo, to: { status: 'PROCESSING', ...no } },
          { event: 'due', due: { orderNo, at: now() + afterMs, act: no === undefined ? 'succeed' : 'fail' } },
        ]);
      return state.orders.get(orderNo);
    },

    /** A payment that was said to have failed, or was closed, is paid all the same: the payer's bank changed its mind. */
    payLate(orderNo: string): Order | undefined {
      const order = orderOf(orderNo);
      if (order?.kind === 'payment' && (order.status === 'FAILED' || order.status === 'CLOSED'))
        record(moves(order, succeeded(order)));
      return state.orders.get(orderNo);
    },

    /** Closes a payment that nobody has paid; answers what the order is afterwards. */
    close(orderNo: string): Order | undefined {
      const order = orderOf(orderNo);
      if (order?.status === 'WAITING')
        record(moves(order, failed('CLOSED', { code: 'CLOSED_BY_MERCHANT', message: '订单已关闭' })));
      return state.orders.get(orderNo);
    },

    /** A pay-out that had succeeded comes back. */
    giveBack(orderNo: string): Order | undefined {
      const order = state.orders.get(orderNo);
      if (order?.kind === 'payout' && order.status === 'SUCCESS')
        record(
          moves(order, {
            status: 'RETURNED',
            returnedAt: now(),
            returnedDay: state.day,
            code: 'RETURNED_BY_BANK',
            message: '收款行退汇',
          }),
        );
      return state.orders.get(orderNo);
    },

    /** Does what has become due. */
    tick(): void {
      for (const due of [...state.due.values()]) {
        const order = state.orders.get(due.orderNo);
        if (due.at > now() || order === undefined) continue;
        if (due.act === 'return') this.giveBack(order.orderNo);
        else if (order.kind === 'payment' && order.status === 'WAITING') this.payer(order.orderNo, 'pay');
        else if (due.act === 'succeed') record(moves(order, succeeded(order)));
        else
          record(
            moves(order, failed('FAILED', { code: order.code ?? 'FAILED', message: order.message ?? '交易失败' })),
          );
      }
    },

    /** Closes the clearing day, settles it with every sub-merchant, and opens the next. */
    closeDay(next = nextDay(state.day)): readonly Settlement[] {
      if (next <= state.day) throw new RangeError(`the next day must be after ${state.day}`);
      const settlements = settlementsOf(state.orders, state.day, now());
      const notices = settlements.flatMap((settlement): Event[] => {
        const url = state.urls.get(settlement.subMerchantNo);
        return url === undefined ? [] : [{ event: 'callback', callback: noticeOf(settlement, url, now()) }];
      });
      record([{ event: 'day-closed', day: state.day, next, settlements }, ...notices]);
      return settlements;
    },

    addRule(rule: Omit<Rule, 'id'>): Rule {
      const whole = { ...rule, id: randomBytes(6).toString('hex') };
      record([{ event: 'rule', rule: whole }]);
      return whole;
    },
    clearRules: () => record([{ event: 'rules-cleared' }]),
    say: (callback: Extract<Event, { event: 'callback' }>['callback']) => record([{ event: 'callback', callback }]),
  };
}
