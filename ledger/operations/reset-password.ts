/** RESET_PASSWORD 修改密码: the user sets a new trade password on the bank's page. The page keeps the password; the books record the act. */
import { isRejection } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import type { Answer } from '../../contract/internal/reply.ts';
import type { Reads } from '../decision.ts';
import type { UserRow } from '../rows.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { usableUser } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';

/** Who forgot the old password proves himself by his four elements 四要素, which the page compares sealed. */
function asking(answer: Answer, { name, idCardNo, bankcard, mobile }: UserRow): Answer {
  if (answer.page === undefined) return answer;
  const elements = { name, idCardNo, mobile, ...(bankcard === undefined ? {} : { bankcardNo: bankcard }) };
  return { ...answer, page: { ...answer.page, elements } };
}

const reads = (request: ActOf<'RESET_PASSWORD'>['request']): Reads => ({ users: [request.platformUserNo] });

export const resetPassword: PageOperation<'RESET_PASSWORD'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const user = usableUser(book, request.platformUserNo);
    if (isRejection(user)) return user;
    const lines = fieldsOf({ isSkip: request.isSkip });
    const answer = openPage('RESET_PASSWORD', instruction, request, 'NEW_PASSWORD', lines);
    if (isRejection(answer)) return answer;
    return decided({ answer: request.isSkip === 'Forget' ? asking(answer, user) : answer });
  },

  approvalReads: reads,

  approve({ request }, _instruction, book) {
    const user = usableUser(book, request.platformUserNo);
    return isRejection(user) ? user : { answer: success() };
  },
};
