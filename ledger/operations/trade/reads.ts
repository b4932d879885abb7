/** The rows that a trade is decided on, named by it or found through those. */
import type { SyncTransaction } from '../../../contract/requests/sync-transaction.ts';
import { accountOf, FUNDS, INCOME, isPlatformAccount } from '../../accounts.ts';
import type { Book } from '../../book.ts';
import type { Reads } from '../../decision.ts';
import { receivableAccounts } from '../receivable.ts';
import { onlyAccount } from './party.ts';
import { rules } from './rules.ts';

/** Rows that a trade names itself. */
export function readsOfTrade(request: SyncTransaction): Reads {
  const rule = rules[request.tradeType];
  const { projectNo, saleRequestNo } = request;
  const users = new Set<string>();
  const investors = new Set<string>();
  const claimants = new Set<string>();
  const accounts = new Set<string>();
  const holds = new Set<string>();
  for (const { bizType, freezeRequestNo, sourcePlatformUserNo, targetPlatformUserNo } of request.details) {
    if (freezeRequestNo !== undefined) holds.add(freezeRequestNo);
    const shapes = rule.kinds[bizType] ?? [];
    for (const [given, at] of [
      [sourcePlatformUserNo, 'from'],
      [targetPlatformUserNo, 'to'],
    ] as const) {
      const side = given ?? (shapes[0] === undefined ? undefined : onlyAccount(shapes[0][at]));
      if (side === undefined) continue;
      accounts.add(accountOf(side));
      if (!isPlatformAccount(side)) users.add(side);
      if (shapes.some((shape) => shape[at].shares === true)) investors.add(side);
      if (rule.claims === at) claimants.add(side);
    }
  }
  // A credit to the income or the funds account may have to repay what the platform owes.
  if (accounts.has(INCOME) || accounts.has(FUNDS)) for (const account of receivableAccounts) accounts.add(account);
  const inProject = (numbers: ReadonlySet<string>) =>
    projectNo === undefined ? [] : [...numbers].map((number) => [projectNo, number] as const);
  const buying = request.tradeType === 'CREDIT_ASSIGNMENT';
  const entrusted = request.details.some(({ bizType }) => bizType === 'FIDUCIARY_PAYMENT');
  return {
    users: [...users],
    accounts: [...accounts],
    holds: [...holds],
    projects: projectNo === undefined ? [] : [projectNo],
    shares: inProject(investors),
    claims: inProject(claimants),
    purchases: buying ? [...holds] : [],
    sales: buying && saleRequestNo !== undefined ? [saleRequestNo] : [],
    entrustments: entrusted && projectNo !== undefined ? [projectNo] : [],
  };
}

/** Rows found through those; called once they are in the book. */
export function followTrade(request: SyncTransaction, book: Book): Reads {
  if (request.tradeType !== 'CREDIT_ASSIGNMENT' || request.saleRequestNo !== undefined) return {};
  return {
    sales: request.details.flatMap(({ freezeRequestNo }) => {
      const saleNo = freezeRequestNo === undefined ? undefined : book.purchases.get(freezeRequestNo)?.saleNo;
      return saleNo === undefined ? [] : [saleNo];
    }),
  };
}
