/** QUERY_USER_INFORMATION 用户信息查询: a user's facts and balances, or those of a platform's own account. */
import { type Rejection, reject } from '../../contract/codes.ts';
import type { Answer, Fields } from '../../contract/internal/reply.ts';
import { minus, ZERO } from '../../contract/money.ts';
import { accountOf, isPlatformAccount } from '../accounts.ts';
import type { Book } from '../book.ts';
import { fieldsOf, success } from '../operations/answers.ts';
import type { UserRow } from '../rows.ts';
import type { Query } from './query.ts';

export const queryUserInformation: Query<'QUERY_USER_INFORMATION'> = {
  reads: ({ platformUserNo }) => ({
    users: isPlatformAccount(platformUserNo) ? [] : [platformUserNo],
    accounts: [accountOf(platformUserNo)],
  }),

  answer({ platformUserNo }, book): Answer | Rejection {
    const account = accountOf(platformUserNo);
    if (isPlatformAccount(platformUserNo)) {
      if (book.accounts.get(account) === undefined) return reject('100009');
      const facts = { userType: 'ORGANIZATION', auditStatus: 'PASSED', activeStatus: 'ACTIVATED' };
      return success({ ...facts, ...balances(book, account) });
    }
    const user = book.users.get(platformUserNo);
    if (user === undefined || user.state === 'REFUSED') return reject('100009');
    return success(
      fieldsOf({
        userType: user.userType,
        userRole: user.userRole,
        auditStatus: user.auditStatus,
        activeStatus: user.state === 'ACTIVE' ? 'ACTIVATED' : 'DEACTIVATED',
        ...balances(book, account),
        ...facts(user),
      }),
    );
  },
};

/** Money as it stands: what is held is not available, what is in transit is float. An account not open yet has nothing. */
function balances(book: Book, account: string): Fields {
  const open = book.accounts.get(account) !== undefined;
  const balance = open ? book.account(account).balance : ZERO;
  const arrived = open ? book.arrived(account) : ZERO;
  return {
    balance,
    availableAmount: open ? book.available(account) : ZERO,
    freezeAmount: open ? book.account(account).held : ZERO,
    arriveBalance: arrived,
    floatBalance: minus(balance, arrived),
  };
}

const facts = (user: UserRow): Fields =>
  fieldsOf({
    bankcardNo: user.bankcard,
    bankcode: user.bankcode,
    mobile: user.mobile,
    authlist: user.authList.length === 0 ? undefined : user.authList.join(','),
    amount: user.authAmount,
    failTime: user.authFailTime,
    // Only imported users have something to activate.
    isImportUserActivate: true,
    accessType: user.accessType,
    idCardType: user.idCardType,
    idCardNo: user.idCardNo,
    name: user.name,
  });
