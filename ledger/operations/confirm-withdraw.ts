/** CONFIRM_WITHDRAW 提现确认: the money that a withdrawal of form CONFIRMED reserved goes out. */
import { isRejection } from '../../contract/codes.ts';
import { Defect } from '../../runtime/failure.ts';
import type { Operation } from '../operation.ts';
import { decided, movedOn, success, together } from './answers.ts';
import { confirmingFollow, confirmingReads, theConfirming } from './confirming.ts';
import { accepted, withdrawalFields, withdrawalOf } from './sending.ts';

export const confirmWithdraw: Operation<'CONFIRM_WITHDRAW'> = {
  kept: (act) => act,
  reads: ({ act }) => confirmingReads(act.request.preTransactionNo),
  follow: ({ act }, book) => confirmingFollow(act.request.preTransactionNo, book),

  decide({ act: { request }, receivedAt }, book, facts) {
    const found = theConfirming(request.preTransactionNo, book);
    if (isRejection(found)) return found;
    const { row, hold, opening } = found;
    const user = book.users.get(row.platformUserNo);
    if (user === undefined) throw new Defect(`withdrawal ${row.requestNo} has nobody to pay`);
    const step = accepted(row, user, receivedAt, book, facts);
    const changes = together(step.changes ?? {}, {
      holds: [{ ...hold, captured: hold.amount, updatedAt: receivedAt }],
      instructions: [movedOn(opening, receivedAt, step.answer)],
    });
    const after = step.changes?.withdrawals?.at(-1) ?? withdrawalOf(book, row.requestNo);
    return decided({ ...step, answer: success(withdrawalFields(after)), changes });
  },
};
