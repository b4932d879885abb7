/**
 * PLATFORM_ADDED: an operator opens a platform. Its own accounts are made, those of its profile among them; the gateway learns of it by the
 * result, and then tells the operator.
 */
import { reject } from '../../contract/codes.ts';
import { platformAccounts } from '../../contract/enumerations.ts';
import { formatDate } from '../../contract/time.ts';
import { CUSTODY, RECEIVABLE, REMIT, SUSPENSE } from '../accounts.ts';
import type { Operation } from '../operation.ts';
import { registered } from './registry.ts';

const codesOf = (profile: keyof typeof platformAccounts): readonly string[] => [
  CUSTODY,
  RECEIVABLE,
  REMIT,
  SUSPENSE,
  ...platformAccounts[profile].map((number) => `FN:${number}`),
];

export const platformAdded: Operation<'PLATFORM_ADDED'> = {
  reads: ({ act }) => ({ accounts: codesOf(act.platform.profile) }),

  decide(instruction, book) {
    const { platform } = instruction.act;
    if (book.platform !== undefined) return reject('100008', '平台已存在');
    const { platformNo, profile, limits, withdrawDelayMinutes } = platform;
    return registered(
      instruction,
      { change: 'PLATFORM', platform },
      {
        platform: {
          platformNo,
          profile,
          state: 'OPEN',
          currency: 'CNY',
          openDay: formatDate(instruction.receivedAt),
          ...(limits === undefined ? {} : { limits }),
          ...(withdrawDelayMinutes === undefined ? {} : { withdrawDelayMinutes }),
        },
        openAccounts: codesOf(profile),
      },
    );
  },
};
