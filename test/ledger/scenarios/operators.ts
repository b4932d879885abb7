/**
 * The lines in which an operator acts: `RF1: refund R1 [amount 5.00] [commission 1.00]`, `O1: credit K1 10.00`, `O2: claim R1`,
 * `O3: claim K1 for I`, `O4: returns K1`, `O5: return K1 PAID`, `O6: invoice V1 PAYOUT 5.00 [of D1]`, `O7: collects V1`, `O8: debited V1`,
 * `O9: delay 60`.
 */
import type { Act } from '../../../contract/internal/instruction.ts';
import { CHANNEL, dayOf, numberOf, type Words, yuan } from './words.ts';

/** The operator's act that a line says, if it says one. */
export function operatorAct(words: Words): Act | undefined {
  if (words.skip('refund')) {
    const requestNo = words.next('recharge');
    const amount = words.option('amount');
    const commission = words.option('commission');
    return {
      service: 'REFUND_ORDERED',
      requestNo,
      ...(amount === undefined ? {} : { amount: yuan(amount) }),
      ...(commission === undefined ? {} : { commission: yuan(commission) }),
    };
  }
  if (words.skip('credit'))
    return { service: 'SUSPENSE_CREDITED', creditNo: words.next('credit'), amount: yuan(words.next('amount')) };
  if (words.skip('claim')) {
    const number = words.next('suspense');
    const owner = words.option('for');
    return owner === undefined
      ? { service: 'SUSPENSE_CLAIMED', source: number.startsWith('K') ? 'CREDIT' : 'RECHARGE', number }
      : { service: 'SUSPENSE_CLAIMED', source: 'CREDIT', number, platformUserNo: numberOf(owner) };
  }
  if (words.skip('returns')) return { service: 'SUSPENSE_RETURNED', creditNo: words.next('credit') };
  if (words.skip('return')) {
    const creditNo = words.next('credit');
    return { service: 'SUSPENSE_RETURN_ENDED', creditNo, outcome: words.next('outcome') as 'PAID' };
  }
  if (words.skip('invoice')) {
    const day = words.option('of');
    return {
      service: 'FEE_INVOICED',
      invoiceNo: words.next('invoice'),
      kind: words.next('kind') as 'PAYOUT',
      amount: yuan(words.next('amount')),
      ...(day === undefined ? {} : { channel: CHANNEL, clearingDay: dayOf(day) }),
    };
  }
  if (words.skip('collects')) return { service: 'FEE_COLLECTED', invoiceNo: words.next('invoice') };
  if (words.skip('debited')) return { service: 'FEE_DEBITED', invoiceNo: words.next('invoice') };
  if (words.skip('delay'))
    return { service: 'PLATFORM_TERMS_SET', withdrawDelayMinutes: Number(words.next('minutes')) };
  return undefined;
}
