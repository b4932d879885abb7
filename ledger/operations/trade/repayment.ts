/** A repayment 还款: principal lowers the investors' shares; the interest in it is recorded and never posted apart. */
import { reject } from '../../../contract/codes.ts';
import { type Fen, fen, ZERO } from '../../../contract/money.ts';
import { shareKey } from '../../book.ts';
import type { ShareRow } from '../../rows.ts';
import { because } from '../checks.ts';
import { add, captured, type Recorder } from './trade.ts';

export const recordRepayment: Recorder = (trade) => {
  const { book, legs, project } = trade;
  const principal = new Map<string, Fen>();
  let repaid = ZERO;
  let income = ZERO;
  for (const { kind, target, detail } of legs) {
    if (kind !== 'REPAYMENT') continue;
    const interest = detail.income ?? ZERO;
    if (interest > detail.amount) return reject('100008', because.incomeTooLarge);
    add(principal, target, fen(detail.amount - interest));
    repaid = fen(repaid + detail.amount);
    income = fen(income + interest);
  }
  // A subsidy goes to those who are repaid, and an investor's commission comes from them.
  for (const { kind, source, target } of legs) {
    if (kind === 'INTEREST' && !principal.has(target)) return reject('100008', because.notCreditor);
    if (kind === 'COMMISSION' && source !== project.platformUserNo && !principal.has(source))
      return reject('100008', because.notCreditor);
  }

  const shares: ShareRow[] = [];
  for (const [platformUserNo, amount] of principal) {
    const share = book.shares.get(shareKey(project.projectNo, platformUserNo));
    if (share === undefined) return reject('100008', because.notCreditor);
    if (amount > share.amount) return reject('100008', because.principalTooLarge);
    shares.push({ ...share, amount: fen(share.amount - amount) });
  }
  const after = {
    ...project,
    repaymentAmount: fen(project.repaymentAmount + repaid),
    income: fen(project.income + income),
  };
  return { holds: [...captured(trade).values()], projects: [after], shares };
};
