/** A repayment 还款 by the borrower. */
import { isRejection, reject } from '../../../contract/codes.ts';
import { because } from '../checks.ts';
import { principals, repaid } from './repaid.ts';
import { captured, type Recorder } from './trade.ts';

export const recordRepayment: Recorder = (trade) => {
  const { legs, project } = trade;
  const repayments = legs.filter(({ kind }) => kind === 'REPAYMENT');
  const principal = principals(repayments);
  if (isRejection(principal)) return principal;
  // A subsidy goes to those who are repaid, and an investor's commission comes from them.
  for (const { kind, source, target } of legs) {
    if (kind === 'INTEREST' && !principal.has(target)) return reject('100008', because.notCreditor);
    if (kind === 'COMMISSION' && source !== project.platformUserNo && !principal.has(source))
      return reject('100008', because.notCreditor);
  }
  const changes = repaid(trade, repayments, principal);
  return isRejection(changes) ? changes : { holds: [...captured(trade).values()], ...changes };
};
