/** Who may stand on a side of a detail (protocol 5, tradeType × detail bizType). */
import { PLATFORM_ACCOUNT_PREFIX, platformAccounts, type UserRole, userRoles } from '../../../contract/enumerations.ts';
import { COMPENSATION, FUNDS, INCOME, INTEREST, MARKETING } from '../../accounts.ts';

export interface Party {
  /** The roles of the users it may be. */
  readonly roles: readonly UserRole[];
  /** The platform accounts it may be, by their code. */
  readonly accounts: readonly string[];
  /** A borrower must be that of the project. */
  readonly borrower?: true;
  /** Whoever stands here may have a share in the project. */
  readonly shares?: true;
}

const user = (...roles: readonly UserRole[]): Party => ({ roles, accounts: [] });
const account = (...accounts: readonly string[]): Party => ({ roles: [], accounts });

export const investor: Party = { ...user('INVESTOR'), shares: true };
export const borrower: Party = { ...user('BORROWERS'), borrower: true };
export const collaborator = user('COLLABORATOR');
export const anyUser = user(...userRoles);
/**
 * Who compensates 代偿方 the protocol does not say: a guarantor 担保机构 or a partner institution 合作机构, and the compensation account of
 * those platforms that have one, which are those of the legacy profile.
 */
export const compensator: Party = { roles: ['GUARANTEECORP', 'COLLABORATOR'], accounts: [COMPENSATION] };
export const income = account(INCOME);
export const marketing = account(MARKETING);
export const interest = account(INTEREST);
export const funds = account(FUNDS);
export const anyAccount = account(...platformAccounts.legacy.map((number) => `FN:${number}`));

export const either = (one: Party, other: Party): Party => ({
  roles: [...one.roles, ...other.roles],
  accounts: [...one.accounts, ...other.accounts],
  ...(one.borrower === undefined && other.borrower === undefined ? {} : { borrower: true }),
  ...(one.shares === undefined && other.shares === undefined ? {} : { shares: true }),
});

/** The number of the one account that a side can only be. */
export function onlyAccount({ roles, accounts }: Party): string | undefined {
  const [only] = accounts;
  if (only === undefined || accounts.length > 1 || roles.length > 0) return undefined;
  return `${PLATFORM_ACCOUNT_PREFIX}${only.slice('FN:'.length)}`;
}
