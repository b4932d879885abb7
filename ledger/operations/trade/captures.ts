/**
 * Where a trade's users take their money from: the holds that its details cite, or what the trade itself has brought them
 * (protocol 4, details[]; 7, rule 6).
 */
import { type Rejection, reasons, reject } from '../../../contract/codes.ts';
import { type Fen, fen, ZERO } from '../../../contract/money.ts';
import { accountOf, isPlatformAccount } from '../../accounts.ts';
import type { Book } from '../../book.ts';
import { type ProjectRow, remainder } from '../../rows.ts';
import { because } from '../checks.ts';
import type { TradeRule } from './rules.ts';
import { add, type Leg } from './trade.ts';

/** What each cited hold gives up, checked against its owner, project, bizType and remainder (protocol 7, rule 6). */
export function capturesOf(
  legs: readonly Leg[],
  rule: TradeRule,
  project: ProjectRow | undefined,
  book: Book,
): ReadonlyMap<string, Fen> | Rejection {
  const captures = new Map<string, Fen>();
  const brought = new Map<string, Fen>();
  for (const leg of legs) {
    const refused = take(leg);
    if (refused !== undefined) return refused;
    add(brought, leg.target, leg.detail.amount);
  }
  return captures;

  function take(leg: Leg): Rejection | undefined {
    const { cover } = leg.rule;
    // A platform account pays of its own, and cites nothing.
    if (cover === 'balance' || isPlatformAccount(leg.source)) return undefined;
    return cover === 'hold' ? capture(leg) : takeBrought(leg);
  }

  function capture(leg: Leg): Rejection | undefined {
    const { freezeRequestNo, amount } = leg.detail;
    if (freezeRequestNo === undefined) return reject('100008', because.holdMissing);
    const hold = book.holds.get(freezeRequestNo);
    if (hold === undefined) return reject('100008', because.holdUnknown);
    if (hold.account !== accountOf(leg.source)) return reject('100008', because.holdOfAnother);
    // A general freeze is for no project.
    if (rule.holds !== 'GENERAL' && hold.projectNo !== project?.projectNo)
      return reject('100008', because.holdOfAnotherProject);
    const type = hold.kind === 'PRETRANSACTION' ? hold.bizType : hold.kind;
    if (type !== rule.holds) return reject('100008', because.holdOfAnotherType);
    add(captures, freezeRequestNo, amount);
    return (captures.get(freezeRequestNo) ?? ZERO) > remainder(hold)
      ? reject('100008', reasons.freezeRemainderShort)
      : undefined;
  }

  function takeBrought(leg: Leg): Rejection | undefined {
    const { freezeRequestNo, amount } = leg.detail;
    const mine = brought.get(leg.source) ?? ZERO;
    const cited = freezeRequestNo === undefined ? undefined : book.holds.get(freezeRequestNo);
    const own = cited?.account === accountOf(leg.source);
    // A number cited from the trade's other legs is accepted; a foreign one is not.
    if (freezeRequestNo !== undefined && !own && !captures.has(freezeRequestNo))
      return reject('100008', cited === undefined ? because.holdUnknown : because.holdOfAnother);
    if (mine >= amount) {
      add(brought, leg.source, fen(-amount));
      return undefined;
    }
    return own ? capture(leg) : reject('100008', because.commissionUncovered);
  }
}
