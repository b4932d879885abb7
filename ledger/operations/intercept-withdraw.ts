/** INTERCEPT_WITHDRAW 提现拦截: a withdrawal that was accepted and not sent yet comes back. A D0 one is sent at once, so it never does. */
import { reasons, reject } from '../../contract/codes.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, REMIT } from '../accounts.ts';
import { instructionKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import { decided, movedOn, success, together, told } from './answers.ts';
import { because } from './checks.ts';
import { sentBack, unpaid } from './pay-out.ts';

export const interceptWithdraw: Operation<'INTERCEPT_WITHDRAW'> = {
  kept: (act) => act,
  reads: ({ act: { request } }) => ({
    withdrawals: [request.withdrawRequestNo],
    instructions: [request.withdrawRequestNo],
  }),

  follow({ act: { request } }, book) {
    const row = book.withdrawals.get(request.withdrawRequestNo);
    return row === undefined ? {} : { accounts: [accountOf(row.platformUserNo), REMIT] };
  },

  decide({ act: { request }, receivedAt, platformNo }, book, facts) {
    const row = book.withdrawals.get(request.withdrawRequestNo);
    if (row?.remitType === 'URGENT') return reject('100022');
    if (row === undefined) return reject('100008', because.withdrawUnknown);
    if (row.status !== 'ACCEPT') return reject('100008', reasons.withdrawNotAccepted);
    const opening = book.instructions.get(instructionKey('PLATFORM', row.requestNo));
    if (opening === undefined) throw new Defect(`withdrawal ${row.requestNo} was never asked for`);
    const back = { platformNo, at: receivedAt, number: facts.newOrderId(), type: 'INTERCEPT' as const };
    const step = unpaid(row, back, because.withdrawIntercepted, [sentBack(row)]);
    const about = { platformNo, requestNo: row.requestNo, serviceName: 'WITHDRAW' as const };
    return decided({
      ...step,
      answer: success(),
      changes: together(step.changes ?? {}, { instructions: [movedOn(opening, receivedAt, step.answer)] }),
      results: [told(about, 'FAIL', receivedAt, step.answer), ...(step.results ?? [])],
    });
  },
};
