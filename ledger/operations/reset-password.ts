/** RESET_PASSWORD 修改密码: the user sets a new trade password on the bank's page. The page keeps the password; the books record the act. */
import { isRejection } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import type { Reads } from '../decision.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { usableUser } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';

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
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: reads,

  approve({ request }, _instruction, book) {
    const user = usableUser(book, request.platformUserNo);
    return isRejection(user) ? user : { answer: success() };
  },
};
