/** The parties of a trade's details: their numbers, and whether each is known, usable and in the right role. */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import type { SyncTransaction, TradeDetail } from '../../../contract/requests/sync-transaction.ts';
import { accountOf, isPlatformAccount } from '../../accounts.ts';
import type { Book } from '../../book.ts';
import { usableParty } from '../checks.ts';
import { onlyAccount, type Party } from './party.ts';
import { shapeOf, type TradeRule } from './rules.ts';
import type { KindRule } from './trade.ts';

/** A detail with what it is in its trade; `kind` is absent where it has no place there. */
export interface Sided {
  readonly detail: TradeDetail;
  readonly kind: KindRule | undefined;
  readonly source: string | undefined;
  readonly target: string | undefined;
}

/** Details with their sides: what each says, else the one account that the side can only be. */
export function sided(request: SyncTransaction, rule: TradeRule, book: Book): readonly Sided[] {
  const isPayer = (party: Party, platformUserNo: string) => fits(party, platformUserNo, book);
  return request.details.map((detail) => {
    const kind = shapeOf(rule, detail, isPayer);
    const { sourcePlatformUserNo, targetPlatformUserNo } = detail;
    return {
      detail,
      kind,
      source: sourcePlatformUserNo ?? (kind === undefined ? undefined : onlyAccount(kind.from)),
      target: targetPlatformUserNo ?? (kind === undefined ? undefined : onlyAccount(kind.to)),
    };
  });
}

/** Whether a number is that of an account, or of a user in a role, that the party may be. */
export function fits({ roles, accounts }: Party, platformUserNo: string, book: Book): boolean {
  if (isPlatformAccount(platformUserNo)) return accounts.includes(accountOf(platformUserNo));
  const role = book.users.get(platformUserNo)?.userRole;
  return role !== undefined && roles.includes(role);
}

/** Everybody known (100009), then usable (100010), then in the right role (100011). */
export function checkParties(details: readonly Sided[], book: Book): Rejection | undefined {
  let first: Rejection | undefined;
  // Codes of these three stand in order of precedence as numbers do.
  const found = (rejection: Rejection): void => {
    if (first === undefined || rejection.errorCode < first.errorCode) first = rejection;
  };
  for (const { kind, source, target } of details) {
    for (const [side, party] of [
      [source, kind?.from],
      [target, kind?.to],
    ] as const) {
      if (side === undefined) continue;
      const known = usableParty(book, side);
      if (isRejection(known)) found(known);
      // Where only accounts may stand, another one is no question of roles.
      else if (party !== undefined && party.roles.length > 0 && !fits(party, side, book)) found(reject('100011'));
    }
  }
  return first;
}
