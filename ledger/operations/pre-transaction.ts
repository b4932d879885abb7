/**
 * What both pre-transactions 预处理, on the bank's page and by authorisation, have in common: who may reserve how much for which project,
 * and the hold that comes of it. Bids and repayments are open; the other kinds come with their trades.
 */
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { PreTransactionBizType, ProjectStatus, UserRole } from '../../contract/enumerations.ts';
import { ZERO } from '../../contract/money.ts';
import type { RequestOf } from '../../contract/services.ts';
import { accountOf } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Changes, Reads } from '../decision.ts';
import type { HoldRow, ProjectRow, UserRow } from '../rows.ts';
import { moved } from './bids.ts';
import { because, usableUser } from './checks.ts';

export type PreTransactionRequest = Omit<RequestOf<'USER_AUTO_PRE_TRANSACTION'>, 'originalRechargeNo'>;

/** Who reserves, and in which state of the project. */
interface Kind {
  readonly role: UserRole;
  readonly projectStatus: ProjectStatus;
}

const kinds: { readonly [B in PreTransactionBizType]: Kind | 'closed' } = {
  TENDER: { role: 'INVESTOR', projectStatus: 'COLLECTING' },
  REPAYMENT: { role: 'BORROWERS', projectStatus: 'REPAYING' },
  CREDIT_ASSIGNMENT: 'closed',
  COMPENSATORY: 'closed',
  COMPENSATORY_REPAYMENT: 'closed',
};

export const preTransactionReads = (request: PreTransactionRequest): Reads => ({
  users: [request.platformUserNo],
  accounts: [accountOf(request.platformUserNo)],
  projects: [request.projectNo],
  holds: [request.requestNo],
});

/** Checks in order of precedence; `permitted` is the authorisation's part of it. */
export function checkPreTransaction(
  request: PreTransactionRequest,
  book: Book,
  permitted: (user: UserRow) => Rejection | undefined = () => undefined,
): ProjectRow | Rejection {
  const kind = kinds[request.bizType];
  if (kind === 'closed') return reject('100006');
  const user = usableUser(book, request.platformUserNo);
  if (isRejection(user)) return user;
  if (user.userRole !== kind.role) return reject('100011');
  const refused = permitted(user);
  if (refused !== undefined) return refused;
  const project = book.projects.get(request.projectNo);
  if (project !== undefined && project.status !== kind.projectStatus) return reject('100015');
  if (book.available(accountOf(request.platformUserNo)) < request.amount) return reject('100014');
  if (project === undefined) return reject('100008', because.projectUnknown);
  const coupon = request.preMarketingAmount ?? ZERO;
  if (request.bizType === 'TENDER')
    return request.amount + coupon > project.amount - project.tenderAmount
      ? reject('100008', because.projectFull)
      : project;
  if (coupon > 0n) return reject('100008', because.couponOnlyInBids);
  return project.platformUserNo === request.platformUserNo ? project : reject('100008', because.notBorrower);
}

/** Reserves the amount; a bid counts against its project from now on. */
export function placeHold(request: PreTransactionRequest, project: ProjectRow, at: number): Changes {
  const hold: HoldRow = {
    requestNo: request.requestNo,
    kind: 'PRETRANSACTION',
    account: accountOf(request.platformUserNo),
    bizType: request.bizType,
    projectNo: request.projectNo,
    amount: request.amount,
    marketingAmount: request.preMarketingAmount ?? ZERO,
    marketingCaptured: ZERO,
    captured: ZERO,
    released: ZERO,
    createdAt: at,
    updatedAt: at,
  };
  return request.bizType === 'TENDER'
    ? { holds: [hold], projects: [moved(project, undefined, hold)] }
    : { holds: [hold] };
}
