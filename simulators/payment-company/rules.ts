/**
 * How a director of demos and tests makes the company misbehave: rules that match the next orders or calls by what they are, each used so
 * many times. What a rule makes of an order stays with the order; what it makes of a call is over with the call.
 */
import type { Fen } from '../../contract/money.ts';

/** What an order is for. */
export type Kind = 'payment' | 'payout' | 'refund' | 'identity';
/** What a merchant calls. */
export type Operation = 'create' | 'query' | 'close';

/** What goes otherwise than usual. All parts may be combined. */
export interface Behaviour {
  /** The final state comes so much later than the answer (which then says PROCESSING); 0: with the answer. */
  readonly settleAfterMs?: number;
  /** A payment is paid by its payer so long after it was made, without anybody at the cashier. */
  readonly payAfterMs?: number;
  /** It fails, with this code. */
  readonly decline?: { readonly code: string; readonly message: string };
  /** A pay-out comes back so long after it succeeded 退汇. */
  readonly returnAfterMs?: number;
  /** The true callback is not sent. */
  readonly noCallback?: boolean;
  /** Each callback is delivered so many more times. */
  readonly repeatCallbacks?: number;
  /** A later callback comes before an earlier one, and a stale PROCESSING after the final one. */
  readonly reorder?: boolean;
  /** After the true callback comes one, rightly signed, that says the contrary. */
  readonly contradict?: boolean;
  /** Before the true callback comes one that says SUCCESS and is signed with another key. */
  readonly forge?: boolean;
  /** The callback names this amount instead. */
  readonly otherAmount?: Fen;
  /** The callback has a status that no document knows. */
  readonly oddStatus?: boolean;
  /** The call is never answered, and nothing is done. */
  readonly hang?: boolean;
  /** The call is done, and its answer lost. */
  readonly loseAnswer?: boolean;
  /** The answer, not what is done, is so much later. */
  readonly delayAnswerMs?: number;
  /** The call is refused with a code that no document knows; nothing is done. */
  readonly oddCode?: boolean;
}

export interface Match {
  readonly on: Operation;
  readonly kind?: Kind;
  readonly orderNo?: string;
  readonly subMerchantNo?: string;
  readonly amount?: Fen;
}

export interface Rule {
  readonly id: string;
  readonly match: Match;
  /** How many more orders or calls it is for. */
  readonly times: number;
  readonly behaviour: Behaviour;
}

export interface Subject {
  readonly kind: Kind;
  readonly orderNo: string;
  readonly subMerchantNo: string;
  readonly amount: Fen;
}

/** The first rule, in the order of their making, that is for this call. */
export function ruleFor(rules: Iterable<Rule>, on: Operation, subject: Subject): Rule | undefined {
  for (const rule of rules) {
    const { match } = rule;
    if (
      match.on === on &&
      (match.kind === undefined || match.kind === subject.kind) &&
      (match.orderNo === undefined || match.orderNo === subject.orderNo) &&
      (match.subMerchantNo === undefined || match.subMerchantNo === subject.subMerchantNo) &&
      (match.amount === undefined || match.amount === subject.amount)
    )
      return rule;
  }
  return undefined;
}
