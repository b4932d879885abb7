/**
 * What all pre-transactions 预处理, on the bank's page, by authorisation and out of a general freeze, have in common: who may reserve how much
 * for which project, and the hold that comes of it. Buying a share reserves that too.
 */
import { isRejection, type Rejection, reasons, reject } from '../../contract/codes.ts';
import type { Authorisation, PreTransactionBizType, ProjectStatus, UserRole } from '../../contract/enumerations.ts';
import { type Fen, plus, ZERO } from '../../contract/money.ts';
import type { RequestOf } from '../../contract/services.ts';
import { accountOf } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Changes, Reads } from '../decision.ts';
import type { HoldRow, ProjectRow, SaleRow, UserRow } from '../rows.ts';
import { moved } from './bids.ts';
import { because, usableUser } from './checks.ts';
import { unsold } from './sales.ts';
import { compensator } from './trade/party.ts';

export type PreTransactionRequest = Omit<RequestOf<'USER_AUTO_PRE_TRANSACTION'>, 'originalRechargeNo'>;

/** Who reserves, in which state of the project, and what he authorises for it to be done without him. */
interface Kind {
  readonly roles: readonly UserRole[];
  readonly projectStatus: ProjectStatus;
  readonly authorisations: readonly Authorisation[];
  /** The reserver is the project's borrower. */
  readonly own?: true;
}

export const preTransactionKinds: { readonly [B in PreTransactionBizType]: Kind } = {
  TENDER: { roles: ['INVESTOR'], projectStatus: 'COLLECTING', authorisations: ['TENDER'] },
  REPAYMENT: { roles: ['BORROWERS'], projectStatus: 'REPAYING', authorisations: ['REPAYMENT'], own: true },
  CREDIT_ASSIGNMENT: { roles: ['INVESTOR'], projectStatus: 'REPAYING', authorisations: ['CREDIT_ASSIGNMENT'] },
  COMPENSATORY: { roles: compensator.roles, projectStatus: 'REPAYING', authorisations: ['COMPENSATORY'] },
  // There is no authorisation of this name: it is a repayment, and to a borrower, who compensates nobody, the other can mean nothing else.
  COMPENSATORY_REPAYMENT: {
    roles: ['BORROWERS'],
    projectStatus: 'REPAYING',
    authorisations: ['REPAYMENT', 'COMPENSATORY'],
    own: true,
  },
};

export const preTransactionReads = (request: PreTransactionRequest): Reads => ({
  users: [request.platformUserNo],
  accounts: [accountOf(request.platformUserNo)],
  projects: [request.projectNo],
  holds: [request.requestNo],
  sales: request.creditsaleRequestNo === undefined ? [] : [request.creditsaleRequestNo],
});

/** A pre-transaction that may be placed. */
export interface Checked {
  readonly user: UserRow;
  readonly project: ProjectRow;
  /** What it buys of. */
  readonly sale?: SaleRow;
}

/**
 * Checks in order of precedence; `permitted` is the authorisation's part of it. `covered` says whether the money is there, else the user's
 * available balance does.
 */
export function checkPreTransaction(
  request: PreTransactionRequest,
  book: Book,
  permitted: (user: UserRow) => Rejection | undefined = () => undefined,
  covered: () => boolean = () => book.available(accountOf(request.platformUserNo)) >= request.amount,
): Checked | Rejection {
  const kind = preTransactionKinds[request.bizType];
  const user = usableUser(book, request.platformUserNo);
  if (isRejection(user)) return user;
  if (!kind.roles.includes(user.userRole)) return reject('100011');
  const refused = permitted(user);
  if (refused !== undefined) return refused;
  const project = book.projects.get(request.projectNo);
  if (project !== undefined && project.status !== kind.projectStatus) return reject('100015');
  if (!covered()) return reject('100014');
  if (project === undefined) return reject('100008', because.projectUnknown);
  const coupon = request.preMarketingAmount ?? ZERO;
  if (request.bizType === 'TENDER')
    return request.amount + coupon > project.amount - project.tenderAmount
      ? reject('100008', because.projectFull)
      : { user, project };
  if (coupon > 0n) return reject('100008', because.couponOnlyInBids);
  if (kind.own && project.platformUserNo !== request.platformUserNo) return reject('100008', because.notBorrower);
  if (request.bizType !== 'CREDIT_ASSIGNMENT') return { user, project };
  const sale = checkPurchase(request, book);
  return isRejection(sale) ? sale : { user, project, sale };
}

/** Purchase share ≤ unsold share of the sale (protocol 7, rule 5). Whether the seller still holds it is asked when it is confirmed. */
function checkPurchase(request: PreTransactionRequest, book: Book): SaleRow | Rejection {
  if (request.creditsaleRequestNo === undefined) return reject('100008', because.saleMissing);
  if (request.share === undefined) return reject('100008', because.shareMissing);
  const sale = book.sales.get(request.creditsaleRequestNo);
  if (sale === undefined) return reject('100008', because.saleUnknown);
  if (sale.projectNo !== request.projectNo) return reject('100008', because.saleOfAnotherProject);
  if (sale.platformUserNo === request.platformUserNo) return reject('100008', because.selfDealing);
  if (sale.status !== 'ONSALE') return reject('100008', reasons.saleEnded);
  return request.share > unsold(sale) ? reject('100008', because.shareNotOnSale) : sale;
}

/** Reserves the amount; from now on a bid counts against its project, a purchase against its sale. */
export function placeHold(request: PreTransactionRequest, { project, sale }: Checked, at: number): Changes {
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
  if (request.bizType === 'TENDER') return { holds: [hold], projects: [moved(project, undefined, hold)] };
  if (sale === undefined) return { holds: [hold] };
  const share: Fen = request.share ?? ZERO;
  return {
    holds: [hold],
    purchases: [{ requestNo: request.requestNo, saleNo: sale.requestNo, share, confirmed: ZERO }],
    sales: [{ ...sale, preSalingShare: plus(sale.preSalingShare, share) }],
  };
}
