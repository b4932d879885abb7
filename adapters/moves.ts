/**
 * What an answer makes of an order: pure, so that every pair of state and answer can be looked at. States only move forward; the first
 * final word wins; whatever contradicts it is a difference for a person and moves no money; a yes to another amount is no yes. One exception:
 * a collection that was declined and that the channel, asked by us, says to be paid is somebody's money, and the books credit it late.
 */
import { exhausted } from '../contract/codes.ts';
import type { Outcome } from '../contract/internal/instruction.ts';
import type { Answer, Presented, Returned, Settled } from './channel.ts';
import type { OrderRow, OrderState } from './rows.ts';
import { isOpen } from './rows.ts';

export interface Difference {
  /** CONTRADICTED: another final word. AMOUNT: another amount. STRANGE: what cannot be said of such an order. */
  readonly kind: 'CONTRADICTED' | 'AMOUNT' | 'STRANGE';
  readonly detail: string;
}

export interface Move {
  readonly state: OrderState;
  readonly settled?: Settled;
  readonly declined?: { readonly code: string; readonly message: string };
  readonly returned?: Returned;
  /** To be told to the user's page, once. */
  readonly presentation?: Presented['presentation'];
  /** To be told to the books, in this order. */
  readonly outcomes: readonly Outcome[];
  readonly difference?: Difference;
  /** What was told is to be confirmed by asking the channel. */
  readonly confirm?: true;
}

const stay = (order: OrderRow, difference?: Difference): Move => ({
  state: order.state,
  outcomes: [],
  ...(difference === undefined ? {} : { difference }),
});

/**
 * Decides what an answer makes of an order. `windowMs` is the channel's acceptance window: "no such order" is a no only when the last send
 * that may have reached the channel is longer ago than that. `asked`: it answers our question, instead of being told of the channel's own accord.
 */
export function decide(order: OrderRow, answer: Answer, now: number, windowMs: number, asked = false): Move {
  switch (answer.state) {
    case 'presented':
      return presented(order, answer);
    case 'pending':
      return isOpen(order.state) ? { state: 'pending', outcomes: [] } : stay(order);
    case 'unknown':
      return order.state === 'opened' ? { state: 'unknown', outcomes: [] } : stay(order);
    case 'unsent':
      return stay(order);
    case 'absent':
      return absent(order, now, windowMs);
    case 'settled':
      return settled(order, answer, asked);
    case 'declined':
      return declined(order, answer.channelErrorCode, answer.channelErrorMessage);
    case 'returned':
      return returned(order, answer);
    default:
      return exhausted(answer);
  }
}

function presented(order: OrderRow, { presentation }: Presented): Move {
  if (!isOpen(order.state)) return stay(order);
  if (order.kind !== 'collect')
    return stay(order, { kind: 'STRANGE', detail: `${order.kind} answered with something to show` });
  const told = order.presentation?.url === presentation.url;
  return { state: 'pending', outcomes: [], ...(told ? {} : { presentation }) };
}

function absent(order: OrderRow, now: number, windowMs: number): Move {
  if (order.state === 'settled' || order.state === 'returned')
    return stay(order, { kind: 'CONTRADICTED', detail: `no such order after ${order.state}` });
  if (order.state === 'declined') return stay(order);
  const over = order.sentAt === undefined || now - order.sentAt > windowMs;
  if (!over) return { state: order.state === 'opened' ? 'unknown' : order.state, outcomes: [] };
  return declined(order, 'NO_SUCH_ORDER', '渠道无此订单');
}

const describe = ({ amount, channelOrderNo, clearingDay }: Settled): string =>
  `settled ${amount} as ${channelOrderNo}, clearing day ${clearingDay ?? 'none'}`;

/** Why a yes is none, or undefined. */
function amiss(order: OrderRow, yes: Settled): Difference | undefined {
  if (yes.amount !== order.amount) return { kind: 'AMOUNT', detail: `${describe(yes)}; the order is ${order.amount}` };
  if ((order.kind === 'verify') !== (yes.clearingDay === undefined))
    return { kind: 'STRANGE', detail: `${order.kind} ${describe(yes)}` };
  return undefined;
}

const outcomeOf = (yes: Settled): Outcome => ({
  state: 'settled',
  channelOrderNo: yes.channelOrderNo,
  settledAt: yes.settledAt,
  ...(yes.clearingDay === undefined ? {} : { clearingDay: yes.clearingDay }),
  ...(yes.bankcode === undefined ? {} : { bankcode: yes.bankcode }),
});

function settled(order: OrderRow, yes: Settled, asked = false): Move {
  const difference = amiss(order, yes);
  if (difference !== undefined) return stay(order, difference);
  if (isOpen(order.state)) return { state: 'settled', settled: yes, outcomes: [outcomeOf(yes)] };
  const same = order.channelOrderNo === yes.channelOrderNo && order.clearingDay === yes.clearingDay;
  if (order.state !== 'declined' && same) return stay(order);
  if (order.state === 'declined' && order.kind === 'collect') {
    if (asked) return { state: 'settled', settled: yes, outcomes: [outcomeOf(yes)] };
    return { ...stay(order, { kind: 'CONTRADICTED', detail: `${describe(yes)} after declined` }), confirm: true };
  }
  return stay(order, { kind: 'CONTRADICTED', detail: `${describe(yes)} after ${order.state}` });
}

function declined(order: OrderRow, code: string, message: string): Move {
  if (order.state === 'declined') return stay(order);
  if (!isOpen(order.state))
    return stay(order, { kind: 'CONTRADICTED', detail: `declined ${code} after ${order.state}` });
  const outcome: Outcome = { state: 'declined', channelErrorCode: code, channelErrorMessage: message };
  return { state: 'declined', declined: { code, message }, outcomes: [outcome] };
}

/** A return says also that it had succeeded: should that be news, both are told, in their order. */
function returned(order: OrderRow, answer: Returned): Move {
  if (order.kind !== 'payout') return stay(order, { kind: 'STRANGE', detail: `${order.kind} said to be returned` });
  const before = settled(order, answer.settled);
  if (before.difference !== undefined) return before;
  if (order.state === 'returned') return stay(order);
  const outcome: Outcome = {
    state: 'returned',
    channelOrderNo: answer.settled.channelOrderNo,
    reason: answer.reason,
    returnedAt: answer.returnedAt,
    clearingDay: answer.clearingDay,
  };
  return { ...before, state: 'returned', returned: answer, outcomes: [...before.outcomes, outcome] };
}
