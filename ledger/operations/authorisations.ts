/**
 * What a user has authorised 授权, against what the platform does in his name (protocol 7, rule 11): the kind, from when, until when, and how
 * much; each transaction, and where the profile says so, the sum of all since it was given. What was reserved and given back again counts in
 * that sum: the cap bounds what is done without him, and he can give a new authorisation.
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import { type Authorisation, type Profile, profileRules } from '../../contract/enumerations.ts';
import { type Fen, plus, ZERO } from '../../contract/money.ts';
import { formatDate } from '../../contract/time.ts';
import type { Book } from '../book.ts';
import type { Changes } from '../decision.ts';
import type { UserRow } from '../rows.ts';

/** Whether an amount may be reserved now, under any of these authorisations: 100011 when not. @param at epoch milliseconds. */
export function checkAuthorised(
  book: Book,
  user: UserRow,
  kinds: readonly Authorisation[],
  amount: Fen,
  at: number,
): Rejection | undefined {
  const named = user.authList.some((authorisation) => kinds.includes(authorisation));
  // An instruction that was taken in before he gave it, and arrives after that, was not authorised.
  const begun = user.authSince === undefined || at >= user.authSince;
  const over = user.authFailTime !== undefined && formatDate(at) > user.authFailTime;
  const sum = isCumulative(book) ? plus(user.authUsed ?? ZERO, amount) : amount;
  const withinCap = user.authAmount === undefined || sum <= user.authAmount;
  return named && begun && !over && withinCap ? undefined : reject('100011');
}

/** What is used up of an authorisation by what was reserved on it. */
export const authorisationUsed = (book: Book, user: UserRow, amount: Fen): Changes =>
  isCumulative(book) && user.authAmount !== undefined
    ? { users: [{ ...user, authUsed: plus(user.authUsed ?? ZERO, amount) }] }
    : {};

const profileOf = (book: Book): Profile => book.platform?.profile ?? 'strict';
const isCumulative = (book: Book): boolean => profileRules[profileOf(book)].authorisationCap === 'CUMULATIVE';
