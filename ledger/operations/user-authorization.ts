/**
 * USER_AUTHORIZATION 用户授权: the user lets the platform act for him, up to a cap per transaction and until a day. What he approves replaces
 * what he had approved before.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import { formatDate } from '../../contract/time.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';
import type { UserRow } from '../rows.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { authorisationsAllowed, because, usableUser } from './checks.ts';
import { openPage, type PageOperation } from './pages.ts';

type Request = ActOf<'USER_AUTHORIZATION'>['request'];

const reads = (request: Request): Reads => ({ users: [request.platformUserNo] });

function check(request: Request, book: Book, at: number): UserRow | Rejection {
  const user = usableUser(book, request.platformUserNo);
  if (isRejection(user)) return user;
  if (!authorisationsAllowed(book.platform?.profile ?? 'strict', request.authList)) return reject('100011');
  const over = request.failTime !== undefined && formatDate(at) > request.failTime;
  return over ? reject('100008', because.authorisationOver) : user;
}

export const userAuthorization: PageOperation<'USER_AUTHORIZATION'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const user = check(request, book, instruction.receivedAt);
    if (isRejection(user)) return user;
    const lines = fieldsOf({
      authList: request.authList.join(','),
      amount: request.amount,
      failTime: request.failTime,
    });
    const answer = openPage('USER_AUTHORIZATION', instruction, request, 'PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: reads,

  approve({ request }, { receivedAt }, book) {
    const user = check(request, book, receivedAt);
    if (isRejection(user)) return user;
    const { authAmount: _, authFailTime: __, authUsed: ___, ...rest } = user;
    const authorised: UserRow = {
      ...rest,
      authList: request.authList,
      authSince: receivedAt,
      ...(request.amount === undefined ? {} : { authAmount: request.amount }),
      ...(request.failTime === undefined ? {} : { authFailTime: request.failTime }),
    };
    return { answer: success(), changes: { users: [authorised] } };
  },
};
