/**
 * One confirmed trade 交易, whoever brought it: SYNC_TRANSACTION is one, every item of a batch is one. Its details are checked in order of
 * precedence against the table of trades (rules.ts), become legs, and every leg one posting; what a trade records besides stands in the file
 * of its kind.
 */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import { type Fen, fen } from '../../../contract/money.ts';
import type { SyncTransaction } from '../../../contract/requests/sync-transaction.ts';
import { accountOf, isPlatformAccount } from '../../accounts.ts';
import type { Book } from '../../book.ts';
import type { Changes, Posting } from '../../decision.ts';
import type { ProjectRow } from '../../rows.ts';
import { because } from '../checks.ts';
import { repayingReceivable } from '../receivable.ts';
import { capturesOf } from './captures.ts';
import { checkParties, type Sided, sided } from './parties.ts';
import type { Party } from './party.ts';
import { rules, type TradeRule } from './rules.ts';
import { captured, type Leg } from './trade.ts';

/** What a trade books. */
export interface TradeEffect {
  readonly postings: readonly Posting[];
  readonly changes: Changes;
}

/**
 * Decides a trade on the in-memory book, which it leaves as it is. Its rows are those of `readsOfTrade` and `followTrade` (reads.ts).
 * @param about the instruction that brings it; `receivedAt` is the time of what it records.
 */
export function decideTrade(
  request: SyncTransaction,
  book: Book,
  about: { readonly origin: string; readonly number: string; readonly receivedAt: number },
): TradeEffect | Rejection {
  const rule = rules[request.tradeType];
  const details = inOrder(sided(request, rule, book), rule);
  const parties = checkParties(details, book);
  if (parties !== undefined) return parties;
  const project = request.projectNo === undefined ? undefined : book.projects.get(request.projectNo);
  const fit = project === undefined ? undefined : checkProject(request, rule, project);
  if (fit !== undefined) return fit;
  const balance = checkBalances(details, book);
  if (balance !== undefined) return balance;
  if (project === undefined && (rule.projectStatuses !== undefined || request.projectNo !== undefined))
    return reject('100008', because.projectUnknown);

  const legs = legsOf(details, rule, project, book);
  if (isRejection(legs)) return legs;
  const captures = capturesOf(legs, rule, project, book);
  if (isRejection(captures)) return captures;
  const at = about.receivedAt;
  const changes =
    rule.record === undefined || project === undefined
      ? { holds: [...captured({ book, captures, at }).values()] }
      : rule.record({ book, request, project, legs, at, captures });
  if (isRejection(changes)) return changes;
  const postings = repayingReceivable(book, about, changes, legs.map(postingOf));
  return isRejection(postings) ? postings : { changes, postings };
}

/** In the order of posting: as the rule lists the kinds, and what is brought before what takes from it. */
function inOrder(details: readonly Sided[], rule: TradeRule): readonly Sided[] {
  if (details.length === 1) return details;
  const kinds = Object.keys(rule.kinds);
  const rank = ({ detail, kind }: Sided) => kinds.indexOf(detail.bizType) * 2 + (kind?.cover === 'brought' ? 1 : 0);
  return [...details].sort((a, b) => rank(a) - rank(b));
}

function checkProject(request: SyncTransaction, rule: TradeRule, project: ProjectRow): Rejection | undefined {
  if (rule.projectStatuses?.includes(project.status) === false) return reject('100015');
  const entrusted = project.filed['projectType'] === 'FIDUCIARYPOWDER';
  const asked = request.details.some(({ bizType }) => bizType === 'FIDUCIARY_PAYMENT');
  return request.tradeType === 'TENDER' && asked && !entrusted ? reject('100019') : undefined;
}

/** What platform accounts pay of their own must be there, counting what this trade brings them before. */
function checkBalances(details: readonly Sided[], book: Book): Rejection | undefined {
  const left = new Map<string, Fen>();
  const move = (side: string | undefined, party: Party | undefined, amount: bigint): boolean => {
    if (side === undefined || party === undefined) return true;
    const account = accountOf(side);
    // Where only accounts may stand, one that may not is first of all one that cannot pay.
    if (!isPlatformAccount(side) || (party.roles.length > 0 && !party.accounts.includes(account))) return true;
    const after = fen((left.get(account) ?? book.available(account)) + amount);
    left.set(account, after);
    return after >= 0n;
  };
  for (const { detail, kind, source, target } of details) {
    if (source === target) continue;
    if (!move(source, kind?.from, -detail.amount)) return reject('100014');
    move(target, kind?.to, detail.amount);
  }
  return undefined;
}

/** Details as legs. */
function legsOf(
  details: readonly Sided[],
  rule: TradeRule,
  project: ProjectRow | undefined,
  book: Book,
): readonly Leg[] | Rejection {
  const legs: Leg[] = [];
  for (const { detail, kind, source, target } of details) {
    if (kind === undefined) return reject('100008', because.pairUnknown);
    if (source === undefined || target === undefined) return reject('100008', because.partyMissing);
    for (const [side, party] of [
      [source, kind.from],
      [target, kind.to],
    ] as const) {
      if (party.roles.length === 0 && !party.accounts.includes(accountOf(side)))
        return reject('100008', because.partyMismatch);
      const borrows = party.borrower === true && book.users.get(side)?.userRole === 'BORROWERS';
      if (borrows && side !== project?.platformUserNo) return reject('100008', because.notBorrower);
    }
    if (source === target) return reject('100008', because.selfDealing);
    legs.push({ kind: detail.bizType, rule: kind, source, target, detail });
  }
  for (const [kind, shapes] of Object.entries(rule.kinds)) {
    if (shapes[0].required && !legs.some((leg) => leg.kind === kind)) return reject('100008', because.detailMissing);
  }
  return legs;
}

const postingOf = (leg: Leg): Posting => ({
  debit: accountOf(leg.source),
  credit: accountOf(leg.target),
  amount: leg.detail.amount,
  take: 'float first',
});
