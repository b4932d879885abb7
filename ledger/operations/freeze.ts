/** FREEZE 资金冻结: a general freeze of part of an account, given back in parts by UNFREEZE, or turned into something by a trade. */
import { isRejection, reject } from '../../contract/codes.ts';
import { ZERO } from '../../contract/money.ts';
import { accountOf, isPlatformAccount } from '../accounts.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { usableParty } from './checks.ts';

export const freeze: Operation<'FREEZE'> = {
  kept: (act) => act,
  reads: ({ act: { request } }) => ({
    users: isPlatformAccount(request.platformUserNo) ? [] : [request.platformUserNo],
    accounts: [accountOf(request.platformUserNo)],
    holds: [request.requestNo],
  }),

  decide({ act: { request }, receivedAt }, book) {
    const party = usableParty(book, request.platformUserNo);
    if (isRejection(party)) return party;
    const account = accountOf(request.platformUserNo);
    if (book.available(account) < request.amount) return reject('100014');
    return decided({
      answer: success(),
      changes: {
        holds: [
          {
            requestNo: request.requestNo,
            kind: 'GENERAL',
            account,
            amount: request.amount,
            marketingAmount: ZERO,
            marketingCaptured: ZERO,
            captured: ZERO,
            released: ZERO,
            createdAt: receivedAt,
            updatedAt: receivedAt,
          },
        ],
      },
    });
  },
};
