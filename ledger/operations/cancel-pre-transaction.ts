/** CANCEL_PRE_TRANSACTION 预处理取消: gives back the whole or a part of what a pre-transaction still reserves. */
import { reasons, reject } from '../../contract/codes.ts';
import { plus } from '../../contract/money.ts';
import type { Operation } from '../operation.ts';
import { type HoldRow, remainder } from '../rows.ts';
import { decided, success } from './answers.ts';
import { moved } from './bids.ts';
import { because } from './checks.ts';

export const cancelPreTransaction: Operation<'CANCEL_PRE_TRANSACTION'> = {
  kept: (act) => act,
  reads: ({ act }) => ({ holds: [act.request.preTransactionNo] }),

  follow({ act }, book) {
    const hold = book.holds.get(act.request.preTransactionNo);
    if (hold === undefined) return {};
    return { accounts: [hold.account], projects: hold.projectNo === undefined ? [] : [hold.projectNo] };
  },

  decide({ act: { request }, receivedAt }, book) {
    // What is given back is whole: a commission taken from a cancelled bid is not open.
    if (request.commission !== undefined && request.commission > 0n) return reject('100006');
    const hold = book.holds.get(request.preTransactionNo);
    if (hold === undefined || hold.kind !== 'PRETRANSACTION') return reject('100008', because.holdUnknown);
    if (request.amount > remainder(hold)) return reject('100008', reasons.frozenAmountShort);
    const after: HoldRow = { ...hold, released: plus(hold.released, request.amount), updatedAt: receivedAt };
    book.account(hold.account);
    const project =
      hold.bizType === 'TENDER' && hold.projectNo !== undefined ? book.projects.get(hold.projectNo) : undefined;
    return decided({
      answer: success(),
      changes: { holds: [after], projects: project === undefined ? [] : [moved(project, hold, after)] },
    });
  },
};
