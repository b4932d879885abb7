/** CHECK_PASSWORD 验证密码: the user proves his trade password on the bank's page, for an act that the platform names. */
import { isRejection } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import type { Reads } from '../decision.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { usableUser } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';

const reads = (request: ActOf<'CHECK_PASSWORD'>['request']): Reads => ({ users: [request.platformUserNo] });

export const checkPassword: PageOperation<'CHECK_PASSWORD'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const user = usableUser(book, request.platformUserNo);
    if (isRejection(user)) return user;
    const lines = fieldsOf({ bizTypeDescription: request.bizTypeDescription });
    const answer = openPage('CHECK_PASSWORD', instruction, request, 'PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: reads,

  approve({ request }, _instruction, book) {
    const user = usableUser(book, request.platformUserNo);
    return isRejection(user) ? user : { answer: success() };
  },
};
