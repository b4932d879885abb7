/**
 * One confirmed trade 交易, whoever brought it: SYNC_TRANSACTION is one, every item of a batch is one. Its details are checked in order of
 * precedence against the table of trades (rules.ts), become legs, and every leg one posting; what a trade records besides stands in the file
 * of its kind.
 */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import { type Fen, fen } from '../../../contract/money.ts';
import type { SyncTransaction } from '../../../contract/requests/sync-transaction.ts';
import { accountOf, INCOME, isPlatformAccount } from '../../accounts.ts';
import type { Book } from '../../book.ts';
import type { Changes, Posting, Reads } from '../../decision.ts';
import type { ProjectRow } from '../../rows.ts';
import { because } from '../checks.ts';
import { receivableAccounts, repayingReceivable } from '../receivable.ts';
import { capturesOf } from './captures.ts';
import { checkParties, sidesOf } from './parties.ts';
import { rules, type TradeRule } from './rules.ts';
import { add, type Leg } from './trade.ts';

/** What a trade books. */
export interface TradeEffect {
  readonly postings: readonly Posting[];
  readonly changes: Changes;
}

/** Rows that a trade names itself. */
export function readsOfTrade(request: SyncTransaction): Reads {
  const rule = rules[request.tradeType];
  return rule === 'closed' ? {} : readsUnder(request, rule);
}

/** Rows found through those; called once they are in the book. */
export const followTrade = (_request: SyncTransaction, _book: Book): Reads => ({});

/**
 * Decides a trade on the in-memory book, which it leaves as it is.
 * @param about the instruction that brings it; `receivedAt` is the time of what it records.
 */
export function decideTrade(
  request: SyncTransaction,
  book: Book,
  about: { readonly origin: string; readonly number: string; readonly receivedAt: number },
): TradeEffect | Rejection {
  const rule = rules[request.tradeType];
  if (rule === 'closed') return reject('100006');
  const parties = checkParties(request, rule, book);
  if (parties !== undefined) return parties;
  const project = request.projectNo === undefined ? undefined : book.projects.get(request.projectNo);
  const fit = project === undefined ? undefined : checkProject(request, rule, project);
  if (fit !== undefined) return fit;
  const balance = checkBalances(request, rule, book);
  if (balance !== undefined) return balance;
  if (project === undefined) return reject('100008', because.projectUnknown);

  const legs = legsOf(request, rule, project);
  if (isRejection(legs)) return legs;
  const captures = capturesOf(legs, rule, project, book);
  if (isRejection(captures)) return captures;
  const changes = rule.record({ book, project, legs, at: about.receivedAt, captures });
  if (isRejection(changes)) return changes;
  const postings = repayingReceivable(book, about, changes, legs.map(postingOf));
  return isRejection(postings) ? postings : { changes, postings };
}

function readsUnder(request: SyncTransaction, rule: TradeRule): Reads {
  const users = new Set<string>();
  const investors = new Set<string>();
  const accounts = new Set<string>();
  const holds = new Set<string>();
  for (const detail of request.details) {
    if (detail.freezeRequestNo !== undefined) holds.add(detail.freezeRequestNo);
    const kind = rule.kinds[detail.bizType];
    const [source, target] = sidesOf(detail, kind);
    for (const [side, party] of [
      [source, kind?.from],
      [target, kind?.to],
    ] as const) {
      if (side === undefined) continue;
      accounts.add(accountOf(side));
      if (!isPlatformAccount(side)) users.add(side);
      if (party === 'INVESTOR') investors.add(side);
    }
  }
  // A credit to the income account may have to repay what the platform owes.
  if (accounts.has(INCOME)) for (const account of receivableAccounts) accounts.add(account);
  const { projectNo } = request;
  return {
    users: [...users],
    accounts: [...accounts],
    holds: [...holds],
    projects: projectNo === undefined ? [] : [projectNo],
    shares: projectNo === undefined ? [] : [...investors].map((investor) => [projectNo, investor] as const),
  };
}

function checkProject(request: SyncTransaction, rule: TradeRule, project: ProjectRow): Rejection | undefined {
  if (!rule.projectStatuses.includes(project.status)) return reject('100015');
  const entrusted = project.filed['projectType'] === 'FIDUCIARYPOWDER';
  const asked = request.details.some(({ bizType }) => bizType === 'FIDUCIARY_PAYMENT');
  if (request.tradeType !== 'TENDER') return undefined;
  // In an entrusted project 受托支付 a release is paid on to the entrusted party, which is not open yet.
  if (entrusted) return reject('100006');
  return asked ? reject('100019') : undefined;
}

/** What platform accounts pay of their own must be there, counting what this trade brings them before. */
function checkBalances(request: SyncTransaction, rule: TradeRule, book: Book): Rejection | undefined {
  const flows = new Map<string, Fen>();
  for (const detail of request.details) {
    const kind = rule.kinds[detail.bizType];
    const [source, target] = sidesOf(detail, kind);
    if (typeof kind?.to === 'object' && target !== undefined) add(flows, accountOf(target), detail.amount);
    if (typeof kind?.from === 'object' && source !== undefined) add(flows, accountOf(source), fen(-detail.amount));
  }
  for (const [account, flow] of flows) {
    if (flow < 0n && book.available(account) + flow < 0n) return reject('100014');
  }
  return undefined;
}

/** Details as legs, in the order of posting that the rule gives. */
function legsOf(request: SyncTransaction, rule: TradeRule, project: ProjectRow): readonly Leg[] | Rejection {
  const legs = new Map<string, Leg[]>(Object.keys(rule.kinds).map((kind) => [kind, []]));
  for (const detail of request.details) {
    const kind = rule.kinds[detail.bizType];
    if (kind === undefined) return reject('100008', because.pairUnknown);
    const [source, target] = sidesOf(detail, kind);
    if (source === undefined || target === undefined) return reject('100008', because.partyMissing);
    for (const [side, party] of [
      [source, kind.from],
      [target, kind.to],
    ] as const) {
      if (typeof party === 'object' && accountOf(side) !== party.account)
        return reject('100008', because.partyMismatch);
      if (party === 'BORROWER' && side !== project.platformUserNo) return reject('100008', because.notBorrower);
    }
    legs.get(detail.bizType)?.push({ kind: detail.bizType, source, target, detail });
  }
  for (const [kind, rows] of legs) {
    if (rows.length === 0 && rule.kinds[kind as Leg['kind']]?.required) return reject('100008', because.detailMissing);
  }
  return [...legs.values()].flat();
}

const postingOf = (leg: Leg): Posting => ({
  debit: accountOf(leg.source),
  credit: accountOf(leg.target),
  amount: leg.detail.amount,
  take: 'float first',
});
