/** VERIFY_DEDUCT 验密扣费: the user pays a platform account, by his password on the bank's page (protocol 7, rule 7). */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import { accountOf, isPlatformAccount } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Posting, Reads } from '../decision.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { usableParty } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';
import { receivableAccounts, repayingReceivable } from './receivable.ts';

type Request = ActOf<'VERIFY_DEDUCT'>['request'];

const reads = ({ platformUserNo, targetPlatformUserNo }: Request): Reads => ({
  users: [platformUserNo, targetPlatformUserNo].filter((number) => !isPlatformAccount(number)),
  accounts: [accountOf(platformUserNo), accountOf(targetPlatformUserNo), ...receivableAccounts],
});

/** Both known, before whether each may stand where it does. */
function check({ platformUserNo, targetPlatformUserNo, amount }: Request, book: Book): Rejection | undefined {
  const found = [platformUserNo, targetPlatformUserNo]
    .map((number) => usableParty(book, number))
    .filter(isRejection)
    .sort((a, b) => Number(a.errorCode) - Number(b.errorCode))[0];
  if (found !== undefined) return found;
  if (isPlatformAccount(platformUserNo) || !isPlatformAccount(targetPlatformUserNo)) return reject('100011');
  return book.available(accountOf(platformUserNo)) < amount ? reject('100014') : undefined;
}

export const verifyDeduct: PageOperation<'VERIFY_DEDUCT'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const refused = check(request, book);
    if (refused !== undefined) return refused;
    const { amount, targetPlatformUserNo } = request;
    const lines = fieldsOf({ amount, targetPlatformUserNo });
    const answer = openPage('VERIFY_DEDUCT', instruction, request, 'PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: reads,

  approve({ request }, instruction, book) {
    const refused = check(request, book);
    if (refused !== undefined) return refused;
    const posting: Posting = {
      debit: accountOf(request.platformUserNo),
      credit: accountOf(request.targetPlatformUserNo),
      amount: request.amount,
      take: 'float first',
    };
    const postings = repayingReceivable(book, instruction, {}, [posting]);
    return isRejection(postings) ? postings : { answer: success(), postings };
  },
};
