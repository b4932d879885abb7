/**
 * SUSPENSE_CLAIMED: what is in suspense 挂账 turns out to be a user's. A recharge goes to its own user, less its commission, with the float of
 * its lot; a bank's credit to the user that the operator names.
 */
import { isRejection, reject } from '../../contract/codes.ts';
import { fen } from '../../contract/money.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, INCOME, isPlatformAccount, SUSPENSE } from '../accounts.ts';
import { suspenseKey } from '../book.ts';
import type { Posting } from '../decision.ts';
import type { Operation } from '../operation.ts';
import type { RechargeRow } from '../rows.ts';
import { decided, success, told } from './answers.ts';
import { because, usableParty } from './checks.ts';
import { receivableAccounts, repayingReceivable } from './receivable.ts';
import { rechargeFields } from './recharge.ts';

export const suspenseClaimed: Operation<'SUSPENSE_CLAIMED'> = {
  reads: ({ act }) => ({
    suspenses: [[act.source, act.number]],
    accounts: [SUSPENSE, ...receivableAccounts],
    ...(act.source === 'RECHARGE' ? { recharges: [act.number] } : {}),
    ...owner(act.platformUserNo),
  }),

  follow({ act }, book) {
    const row = act.source === 'RECHARGE' ? book.recharges.get(act.number) : undefined;
    return owner(row?.platformUserNo);
  },

  decide(instruction, book) {
    const { act, receivedAt, platformNo } = instruction;
    const suspended = book.suspenses.get(suspenseKey(act.source, act.number));
    if (suspended === undefined) return reject('100007');
    const recharge = act.source === 'RECHARGE' ? book.recharges.get(act.number) : undefined;
    if (act.source === 'RECHARGE' && recharge === undefined)
      throw new Defect(`suspense of ${act.number} is of no recharge`);
    const platformUserNo = recharge?.platformUserNo ?? act.platformUserNo;
    if (platformUserNo === undefined) return reject('100009');
    const party = usableParty(book, platformUserNo);
    if (isRejection(party)) return party;
    if (suspended.status !== 'OPEN') return reject('100008', because.suspenseOver);
    const take = suspended.lot === undefined ? 'arrived' : { lot: suspended.lot };
    const commission = recharge?.commission ?? fen(0n);
    const asked: readonly Posting[] = [
      { debit: SUSPENSE, credit: accountOf(platformUserNo), amount: fen(suspended.amount - commission), take },
      { debit: SUSPENSE, credit: INCOME, amount: commission, take },
    ];
    const postings = repayingReceivable(
      book,
      instruction,
      {},
      asked.filter(({ amount }) => amount > 0n),
    );
    if (isRejection(postings)) return postings;
    const claimed = { ...suspended, status: 'CLAIMED' as const, platformUserNo, endedAt: receivedAt };
    if (recharge === undefined) return decided({ answer: success(), changes: { suspenses: [claimed] }, postings });
    const { errorCode: _, errorMessage: __, ...clean } = recharge;
    const credited: RechargeRow = { ...clean, status: 'SUCCESS' };
    const about = { platformNo, requestNo: recharge.requestNo, serviceName: 'RECHARGE' as const };
    return decided({
      answer: success(),
      changes: { suspenses: [claimed], recharges: [credited] },
      postings,
      results: [told(about, 'SUCCESS', receivedAt, success(rechargeFields(credited)))],
    });
  },
};

const owner = (platformUserNo: string | undefined) =>
  platformUserNo === undefined
    ? {}
    : {
        users: isPlatformAccount(platformUserNo) ? [] : [platformUserNo],
        accounts: [accountOf(platformUserNo), SUSPENSE, ...receivableAccounts],
      };
