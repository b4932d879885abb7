/** Who stands on the sides of a trade's details: their numbers, and whether each is known, usable and in the right role. */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import { PLATFORM_ACCOUNT_PREFIX } from '../../../contract/enumerations.ts';
import type { SyncTransaction, TradeDetail } from '../../../contract/requests/sync-transaction.ts';
import type { Book } from '../../book.ts';
import { usableParty } from '../checks.ts';
import type { KindRule, Party, TradeRule } from './rules.ts';

const roles = {
  INVESTOR: ['INVESTOR'],
  BORROWER: ['BORROWERS'],
  COLLABORATOR: ['COLLABORATOR'],
  'INVESTOR OR BORROWER': ['INVESTOR', 'BORROWERS'],
} as const;

/** A side's number: what the detail says, else the one account that the side can only be. */
function sideOf(given: string | undefined, party: Party | undefined): string | undefined {
  if (given !== undefined) return given;
  return typeof party === 'object' ? `${PLATFORM_ACCOUNT_PREFIX}${party.account.slice('FN:'.length)}` : undefined;
}

/** Source and target of a detail. */
export function sidesOf(detail: TradeDetail, kind: KindRule | undefined): (string | undefined)[] {
  return [sideOf(detail.sourcePlatformUserNo, kind?.from), sideOf(detail.targetPlatformUserNo, kind?.to)];
}

/** Everybody known (100009), then usable (100010), then in the right role (100011). */
export function checkParties(request: SyncTransaction, rule: TradeRule, book: Book): Rejection | undefined {
  const found: Rejection[] = [];
  for (const detail of request.details) {
    const kind = rule.kinds[detail.bizType];
    const parties = [kind?.from, kind?.to];
    for (const [index, side] of sidesOf(detail, kind).entries()) {
      if (side === undefined) continue;
      const user = usableParty(book, side);
      if (isRejection(user)) found.push(user);
      const party = parties[index];
      if (typeof party !== 'string' || isRejection(user)) continue;
      if (user === undefined || !roles[party].some((role) => role === user.userRole)) found.push(reject('100011'));
    }
  }
  // Codes of these three stand in order of precedence as numbers do.
  return found.sort((a, b) => Number(a.errorCode) - Number(b.errorCode))[0];
}
