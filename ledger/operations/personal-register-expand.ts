/**
 * PERSONAL_REGISTER_EXPAND 个人绑卡注册: a person opens a sub-account on the bank's page. His password made there approves it; a channel
 * then verifies the four elements, and only its yes opens the account. A user whose elements were refused may try again with a new number.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf, Outcome } from '../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../contract/internal/order.ts';
import type { Fields } from '../../contract/internal/reply.ts';
import { ZERO } from '../../contract/money.ts';
import { accountOf, isPlatformAccount } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';
import type { Facts } from '../operation.ts';
import type { UserRow } from '../rows.ts';
import { decided, failure, fieldsOf, inProgress, type Step, success } from './answers.ts';
import { authorisationsAllowed, bankSupported, because, roleAllowed } from './checks.ts';
import { type Opening, openPage, type PageOperation } from './pages.ts';

type Request = ActOf<'PERSONAL_REGISTER_EXPAND'>['request'];

const reads = (request: Request): Reads => ({ users: [request.platformUserNo], idCards: [request.idCardNo.keyedHash] });

function check(request: Request, book: Book): Rejection | undefined {
  const profile = book.platform?.profile ?? 'strict';
  if (!roleAllowed(profile, request.userRole)) return reject('100011');
  if (!authorisationsAllowed(profile, request.authList ?? [])) return reject('100011');
  if (!bankSupported(request.bankcode)) return reject('100012');
  if (isPlatformAccount(request.platformUserNo)) return reject('100008', because.userNumberReserved);
  const user = book.users.get(request.platformUserNo);
  if (user?.state === 'VERIFYING') return reject('100020');
  if (user?.state === 'ACTIVE') return reject('100008', because.userNumberTaken);
  const holders = book.idCards.get(request.idCardNo.keyedHash) ?? [];
  if (request.userLimitType === 'ID_CARD_NO_UNIQUE' && holders.length > 0) return reject('100008', because.idCardTaken);
  return undefined;
}

export const personalRegisterExpand: PageOperation<'PERSONAL_REGISTER_EXPAND'> = {
  kept: (act) => act,
  reads: ({ act }) => reads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const refused = check(request, book);
    if (refused !== undefined) return refused;
    const lines = fieldsOf({
      realName: request.realName,
      idCardType: request.idCardType,
      idCardNo: request.idCardNo,
      bankcardNo: request.bankcardNo,
      mobile: request.mobile,
      userRole: request.userRole,
      authList: request.authList?.join(','),
      amount: request.amount,
      failTime: request.failTime,
    });
    const answer = openPage('PERSONAL_REGISTER_EXPAND', instruction, request, 'NEW_PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: reads,

  approve({ request }, instruction, book, facts) {
    const refused = check(request, book);
    if (refused !== undefined) return refused;
    const { platformNo, receivedAt } = instruction;
    return {
      answer: inProgress(),
      changes: { users: [verifying(request, receivedAt)] },
      orders: [verifyOrder(request, platformNo, receivedAt, facts)],
    };
  },
};

function verifying(request: Request, at: number): UserRow {
  return {
    platformUserNo: request.platformUserNo,
    userType: 'PERSONAL',
    userRole: request.userRole,
    state: 'VERIFYING',
    accessType: 'NOT_AUTH',
    auditStatus: 'AUDIT',
    name: request.realName,
    idCardType: request.idCardType,
    idCardNo: request.idCardNo,
    mobile: request.mobile,
    bankcard: request.bankcardNo,
    ...(request.bankcode === undefined ? {} : { bankcode: request.bankcode }),
    authList: request.authList ?? [],
    ...(request.amount === undefined ? {} : { authAmount: request.amount }),
    ...(request.failTime === undefined ? {} : { authFailTime: request.failTime }),
    ...(request.authList === undefined ? {} : { authSince: at }),
    registeredAt: at,
  };
}

const verifyOrder = (request: Request, platformNo: string, at: number, facts: Facts): OrderMessage => ({
  version: 1,
  orderId: facts.newOrderId(),
  kind: 'verify',
  platformNo,
  requestNo: request.requestNo,
  platformUserNo: request.platformUserNo,
  amount: ZERO,
  party: {
    name: request.realName,
    bankcard: request.bankcardNo,
    ...(request.bankcode === undefined ? {} : { bankcode: request.bankcode }),
    idCardNo: request.idCardNo,
    mobile: request.mobile,
  },
  createdAt: at,
});

const told = (user: UserRow): Fields =>
  fieldsOf({ accessType: user.accessType, auditStatus: user.auditStatus, bankcode: user.bankcode });

/** What a verification's outcome reads once its opening is known. */
export const verifiedReads = (request: Request): Reads => ({
  users: [request.platformUserNo],
  accounts: [accountOf(request.platformUserNo)],
  idCards: [request.idCardNo.keyedHash],
});

/** The channel verified the four elements, or did not. */
export function verified(
  { request }: Opening<'PERSONAL_REGISTER_EXPAND'>,
  outcome: Exclude<Outcome, { state: 'returned' }>,
  book: Book,
): Step | Rejection {
  const user = book.users.get(request.platformUserNo);
  // Only the first word counts: the account is open, or the user was refused and told so.
  if (user === undefined || user.state !== 'VERIFYING') return reject('100008', because.outcomeLate);
  if (outcome.state === 'declined') {
    const refused: UserRow = { ...user, state: 'REFUSED', auditStatus: 'REFUSED' };
    const why = reject('100008', `${because.verifyDeclined}: ${outcome.channelErrorCode}`);
    return { answer: failure(why, told(refused)), changes: { users: [refused] } };
  }
  const bankcode = outcome.bankcode ?? user.bankcode;
  const active: UserRow = {
    ...user,
    state: 'ACTIVE',
    accessType: 'FULL_CHECKED',
    auditStatus: 'PASSED',
    ...(bankcode === undefined ? {} : { bankcode }),
  };
  return {
    answer: success(told(active)),
    changes: { users: [active], openAccounts: [accountOf(user.platformUserNo)] },
  };
}
