/**
 * The checks that many operations make, in the order of precedence that the protocol gives codes: the user is known (100009), usable
 * (100010), allowed (100011), his bank supported (100012); the project's state fits (100015) and its type (100019); the balance suffices (100014); all else is 100008
 * with its reason. Keeping to it gives one instruction always the same code.
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import { type Authorisation, bankCodes, type Profile, type UserRole } from '../../contract/enumerations.ts';
import { accountOf, isPlatformAccount } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { UserRow } from '../rows.ts';

/** Reasons under 100008 of our own, in the words of the protocol's. */
export const because = {
  pageOver: '页面已失效',
  pageExpired: '页面已过期',
  pageCancelled: '用户已取消',
  userNumberTaken: '用户编号已存在',
  userNumberReserved: '用户编号不可用',
  idCardTaken: '证件号已开户',
  commissionTooLarge: '佣金不得大于交易金额',
  nothingToPayOut: '提现金额须大于佣金',
  noBankcard: '未绑定银行卡',
  projectTaken: '标的编号已存在',
  projectUnknown: '标的不存在',
  projectFull: '投标金额超过标的可投金额',
  releaseTooLarge: '放款金额超过标的可投金额',
  notBorrower: '交易方非标的借款人',
  notCreditor: '收款方非标的债权人',
  couponOnlyInBids: '红包仅用于投标',
  holdUnknown: '预处理订单不存在',
  holdMissing: '缺少预处理订单号',
  holdOfAnother: '预处理订单与出款方不匹配',
  holdOfAnotherProject: '预处理订单与标的不匹配',
  holdOfAnotherType: '预处理订单与业务类型不匹配',
  rechargeUnfit: '充值订单不可用于授权投标',
  pairUnknown: '交易类型与业务类型不匹配',
  detailMissing: '缺少必要的交易明细',
  partyMissing: '缺少交易方',
  partyMismatch: '交易方不匹配',
  manyInvestors: '一笔放款仅限一个投资人',
  incomeTooLarge: '利息不得大于还款金额',
  principalTooLarge: '还款本金超过持有份额',
  selfDealing: '付款方与收款方不得相同',
  notEntrusted: '标的未授权受托支付',
  entrustedTypeWrong: '受托方类型不匹配',
  sumsDiffer: '代偿金额不一致',
  manyFreezes: '一笔间接代偿限用一个预处理订单',
  compensationTooLarge: '还款本金超过代偿金额',
  shareMissing: '缺少债权份额',
  shareTooLarge: '债权份额超过认购份额',
  shareNotHeld: '债权份额超过持有份额',
  shareNotFree: '出让份额超过可出让份额',
  shareNotOnSale: '认购份额超过可认购份额',
  saleMissing: '缺少债权出让订单号',
  saleUnknown: '债权出让订单不存在',
  saleOfAnotherProject: '债权出让订单与标的不匹配',
  holdOfAnotherSale: '预处理订单与债权出让订单不匹配',
  notSeller: '收款方非债权出让方',
  freezeUnknown: '冻结订单不存在',
  freezeOfAnother: '冻结订单与用户不匹配',
  authorisationOver: '授权已过期',
  limitExceeded: '借款人借款余额超过限额',
  commissionUncovered: '佣金超过本次交易所得',
  verifyDeclined: '实名认证未通过',
  lotSettledBefore: '该批次已结算',
  outcomeLate: '订单已有结果',
  withdrawUnknown: '提现订单不存在',
  withdrawCancelled: '提现已取消',
  withdrawIntercepted: '提现已拦截',
  advanceIncomplete: '缺少授权投标金额或标的编号',
  wrongPayer: '付款人与用户不一致',
  rechargeNotPaid: '充值订单不可退款',
  refundTooLarge: '退款金额超过可退金额',
  suspenseOver: '该笔挂账已处理',
  creditTaken: '该笔入账已登记',
  invoiceTaken: '该账单已登记',
  invoiceNotOpen: '该账单已扣收',
  invoiceNotCharged: '该账单状态不为已扣收',
  rechargeFailed: '充值失败',
  withdrawFailed: '提现失败',
} as const;

/** A user who can act: 100009 when there is none, 100010 while his elements are still being checked. */
export function usableUser(book: Book, platformUserNo: string): UserRow | Rejection {
  const user = book.users.get(platformUserNo);
  if (user === undefined || user.state === 'REFUSED') return reject('100009');
  return user.state === 'ACTIVE' ? user : reject('100010');
}

/** Whether a number names a platform account that this platform has, or a usable user. */
export function usableParty(book: Book, platformUserNo: string): UserRow | undefined | Rejection {
  if (!isPlatformAccount(platformUserNo)) return usableUser(book, platformUserNo);
  return book.accounts.get(accountOf(platformUserNo)) === undefined ? reject('100009') : undefined;
}

/** Whether a bank's code, where one was given, is of a bank that is supported. */
export const bankSupported = (bankcode: string | undefined): boolean =>
  bankcode === undefined || bankCodes.some((code) => code === bankcode);

const legacyRoles: readonly UserRole[] = ['INTERMEDIATOR'];
const legacyAuthorisations: readonly Authorisation[] = ['WITHDRAW', 'RECHARGE'];

/** The set left after the 2017 rules, unless the platform keeps the legacy profile. */
export const roleAllowed = (profile: Profile, role: UserRole): boolean =>
  profile === 'legacy' || !legacyRoles.includes(role);

export const authorisationsAllowed = (profile: Profile, list: readonly Authorisation[]): boolean =>
  profile === 'legacy' || !list.some((authorisation) => legacyAuthorisations.includes(authorisation));
