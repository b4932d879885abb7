/** WITHDRAW_DUE: a NORMAL withdrawal that waited in ACCEPT is sent now, unless it was intercepted. */
import { Defect } from '../../runtime/failure.ts';
import { instructionKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import { decided, movedOn, success, together } from './answers.ts';
import { sent, withdrawalOf } from './sending.ts';

export const withdrawDue: Operation<'WITHDRAW_DUE'> = {
  reads: ({ act: { requestNo } }) => ({ withdrawals: [requestNo], instructions: [requestNo] }),

  follow({ act: { requestNo } }, book) {
    const row = book.withdrawals.get(requestNo);
    return row === undefined ? {} : { users: [row.platformUserNo] };
  },

  decide({ act: { requestNo }, receivedAt }, book, facts) {
    const row = withdrawalOf(book, requestNo);
    if (row.status !== 'ACCEPT') return decided({ answer: success() });
    const user = book.users.get(row.platformUserNo);
    const opening = book.instructions.get(instructionKey('PLATFORM', requestNo));
    if (user === undefined || opening === undefined) throw new Defect(`withdrawal ${requestNo} has nobody to pay`);
    const step = sent(row, user, receivedAt, book, facts);
    const instructions = [movedOn(opening, receivedAt, step.answer)];
    return decided({ ...step, answer: success(), changes: together(step.changes ?? {}, { instructions }) });
  },
};
