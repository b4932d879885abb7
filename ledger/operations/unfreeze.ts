/** UNFREEZE 资金解冻: a part of a general freeze, or all that is left of it, becomes available again. */
import { reasons, reject } from '../../contract/codes.ts';
import { plus } from '../../contract/money.ts';
import { accountOf } from '../accounts.ts';
import type { Operation } from '../operation.ts';
import { remainder } from '../rows.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';

export const unfreeze: Operation<'UNFREEZE'> = {
  kept: (act) => act,
  reads: ({ act }) => ({ holds: [act.request.originalFreezeRequestNo] }),

  follow({ act }, book) {
    const hold = book.holds.get(act.request.originalFreezeRequestNo);
    return hold === undefined ? {} : { accounts: [hold.account] };
  },

  decide({ act: { request }, receivedAt }, book) {
    const hold = book.holds.get(request.originalFreezeRequestNo);
    if (hold?.kind !== 'GENERAL') return reject('100008', because.freezeUnknown);
    const { platformUserNo } = request;
    if (platformUserNo !== undefined && accountOf(platformUserNo) !== hold.account)
      return reject('100008', because.freezeOfAnother);
    if (request.amount > remainder(hold)) return reject('100008', reasons.frozenAmountShort);
    const released = plus(hold.released, request.amount);
    return decided({ answer: success(), changes: { holds: [{ ...hold, released, updatedAt: receivedAt }] } });
  },
};
