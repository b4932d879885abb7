/** The kinds of account (protocol 7a): which are assets, which have float, and how users' numbers name them. */
import { PLATFORM_ACCOUNT_PREFIX } from '../contract/enumerations.ts';

export const CUSTODY = 'CUSTODY';
export const RECEIVABLE = 'RECEIVABLE';
export const REMIT = 'REMIT';
export const SUSPENSE = 'SUSPENSE';
/** A platform's own accounts that the books name: funds 总账户, compensation 代偿 (older profile), marketing 营销, income 收入, interest 派息, advance 垫资. */
export const FUNDS = 'FN:000';
export const COMPENSATION = 'FN:001';
export const MARKETING = 'FN:002';
export const INCOME = 'FN:004';
export const INTEREST = 'FN:005';
export const ADVANCE = 'FN:007';

export const lotOf = (channel: string, clearingDay: string): string => `${channel}-${clearingDay}`;
export const collect = (lot: string): string => `COLLECT:${lot}`;
export const paid = (lot: string): string => `PAID:${lot}`;

/** The account of a platformUserNo: `SYS_GENERATE_002` is the platform's `FN:002`, anything else a user's. */
export const accountOf = (platformUserNo: string): string =>
  isPlatformAccount(platformUserNo)
    ? `FN:${platformUserNo.slice(PLATFORM_ACCOUNT_PREFIX.length)}`
    : `USER:${platformUserNo}`;

/** The platformUserNo of a user's or a platform's account. */
export const numberOf = (account: string): string =>
  account.startsWith('FN:')
    ? `${PLATFORM_ACCOUNT_PREFIX}${account.slice('FN:'.length)}`
    : account.slice('USER:'.length);

export const isPlatformAccount = (platformUserNo: string): boolean =>
  platformUserNo.startsWith(PLATFORM_ACCOUNT_PREFIX);

/** Assets grow by debits: CUSTODY, COLLECT, RECEIVABLE. All others are liabilities. */
export const isAsset = (code: string): boolean =>
  code === CUSTODY || code === RECEIVABLE || code.startsWith('COLLECT:');

/** USER, FN and SUSPENSE balances say how much of them is still in transit. */
export const takesFloat = (code: string): boolean =>
  code.startsWith('USER:') || code.startsWith('FN:') || code === SUSPENSE;
