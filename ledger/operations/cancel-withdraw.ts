/** CANCEL_WITHDRAW 提现取消: a withdrawal of form CONFIRMED is given up, and its hold released. */
import { isRejection, reject } from '../../contract/codes.ts';
import type { Operation } from '../operation.ts';
import type { WithdrawalRow } from '../rows.ts';
import { decided, failure, movedOn, success, told } from './answers.ts';
import { because } from './checks.ts';
import { confirmingFollow, confirmingReads, theConfirming } from './confirming.ts';
import { withdrawalFields } from './sending.ts';

export const cancelWithdraw: Operation<'CANCEL_WITHDRAW'> = {
  kept: (act) => act,
  reads: ({ act }) => confirmingReads(act.request.preTransactionNo),
  follow: ({ act }, book) => confirmingFollow(act.request.preTransactionNo, book),

  decide({ act: { request }, receivedAt, platformNo }, book) {
    const found = theConfirming(request.preTransactionNo, book);
    if (isRejection(found)) return found;
    const { row, hold, opening } = found;
    const why = reject('100008', because.withdrawCancelled);
    const after: WithdrawalRow = {
      ...row,
      status: 'FAIL',
      failReason: because.withdrawCancelled,
      completedTime: receivedAt,
    };
    const end = failure(why, withdrawalFields(after));
    return decided({
      answer: success(withdrawalFields(after)),
      changes: {
        withdrawals: [after],
        holds: [{ ...hold, released: hold.amount, updatedAt: receivedAt }],
        instructions: [movedOn(opening, receivedAt, end)],
      },
      results: [told({ platformNo, requestNo: row.requestNo, serviceName: 'WITHDRAW' }, 'FAIL', receivedAt, end)],
    });
  },
};
