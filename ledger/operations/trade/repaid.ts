/** What creditors are repaid, whoever pays: principal lowers their shares; the interest in it is recorded and never posted apart. */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import { type Fen, fen, ZERO } from '../../../contract/money.ts';
import { shareKey } from '../../book.ts';
import type { Changes } from '../../decision.ts';
import type { ShareRow } from '../../rows.ts';
import { because } from '../checks.ts';
import { add, type Leg, type Trade } from './trade.ts';

/** What is principal of a leg: its amount less the income in it. */
export function principalOf({ detail }: Leg): Fen | Rejection {
  const income = detail.income ?? ZERO;
  return income > detail.amount ? reject('100008', because.incomeTooLarge) : fen(detail.amount - income);
}

/** The creditors that are repaid, by what of it is principal. */
export function principals(legs: readonly Leg[]): ReadonlyMap<string, Fen> | Rejection {
  const sums = new Map<string, Fen>();
  for (const leg of legs) {
    const principal = principalOf(leg);
    if (isRejection(principal)) return principal;
    add(sums, leg.target, principal);
  }
  return sums;
}

/**
 * Shares and project once these legs have repaid creditors. Nobody is repaid more principal than his share. A share may fall below what of
 * it is on sale: a borrower repays whatever his creditors are selling, and the sale is then confirmed for no more than what is held.
 */
export function repaid(
  { book, project }: Pick<Trade, 'book' | 'project'>,
  legs: readonly Leg[],
  principal: ReadonlyMap<string, Fen>,
): Pick<Changes, 'projects' | 'shares'> | Rejection {
  const shares: ShareRow[] = [];
  for (const [platformUserNo, amount] of principal) {
    const share = book.shares.get(shareKey(project.projectNo, platformUserNo));
    if (share === undefined) return reject('100008', because.notCreditor);
    if (amount > share.amount) return reject('100008', because.principalTooLarge);
    shares.push({ ...share, amount: fen(share.amount - amount) });
  }
  let { repaymentAmount, income } = project;
  for (const { detail } of legs) {
    repaymentAmount = fen(repaymentAmount + detail.amount);
    income = fen(income + (detail.income ?? ZERO));
  }
  return { projects: [{ ...project, repaymentAmount, income }], shares };
}
