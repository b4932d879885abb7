/**
 * The rows of the books as values. Every row belongs to one platform, so keys here are without platformNo.
 * Times are epoch milliseconds, money is Fen, personal data sealed.
 */
import type { ErrorCode } from '../contract/codes.ts';
import type {
  Authorisation,
  BorrowerLimits,
  EntrustedType,
  PreTransactionBizType,
  Profile,
  ProjectStatus,
  UserRole,
} from '../contract/enumerations.ts';
import type { LedgerService, Origin, PlatformAct } from '../contract/internal/instruction.ts';
import type { Answer } from '../contract/internal/reply.ts';
import type { Fen } from '../contract/money.ts';
import type { Sealed } from '../contract/sealed.ts';

export interface PlatformRow {
  readonly platformNo: string;
  readonly profile: Profile;
  readonly state: 'OPEN' | 'CLOSED';
  readonly currency: Currency;
  /** The accounting day that is open, yyyyMMdd. */
  readonly openDay: string;
  /** What each of its borrowers may owe; absent: as much as they file. */
  readonly limits?: BorrowerLimits;
  /** How long a NORMAL withdrawal waits in ACCEPT before it is sent, and can be intercepted; absent: it is sent at once. */
  readonly withdrawDelayMinutes?: number;
}

export type Currency = 'CNY';

/**
 * A lot 清算批次: one channel's clearing day, named `<CHANNEL>-<yyyyMMdd>`. What comes for a lot that has arrived already goes to its
 * `<CHANNEL>-<yyyyMMdd>-LATE`, which stays float.
 */
export interface LotRow {
  readonly lot: string;
  readonly channel: string;
  readonly clearingDay: string;
  /** OPEN: still float. DIFFERENCE: its settlement did not match the books. ARRIVED: the bank holds the money. */
  readonly state: 'OPEN' | 'DIFFERENCE' | 'ARRIVED';
  /** The settlement as the channel told it, once it did. */
  readonly gross?: Fen;
  readonly payouts?: Fen;
  readonly fee?: Fen;
  readonly net?: Fen;
  /** Refunds that wait until it has arrived, by their numbers; absent for none. */
  readonly refunds?: readonly string[];
}

/**
 * One line of the books. `code` names it within the platform: CUSTODY, RECEIVABLE, `COLLECT:<lot>` (assets); `USER:<platformUserNo>`,
 * `FN:<nnn>`, REMIT, `PAID:<lot>`, SUSPENSE (liabilities).
 */
export interface AccountRow {
  /** Its key in the database; absent until it is first written. Only the shell gives and uses it. */
  readonly id?: bigint;
  readonly code: string;
  /** A posting never mixes two. */
  readonly currency: Currency;
  /** Positive on the account's normal side; its floor is 0. */
  readonly balance: Fen;
  /** Σ of what open holds reserve. */
  readonly held: Fen;
  /** What of the balance is still in transit, by lot; arrived = balance − Σ floats. Only USER, FN and SUSPENSE have floats. */
  readonly floats: Readonly<Record<string, Fen>>;
  /** What of it withdrawals and refunds pin (pins.ts), as part of what is held; absent for nothing. */
  readonly pins?: Pins;
  /** Number of the last entry, 0 for none. */
  readonly version: bigint;
}

export interface UserRow {
  readonly platformUserNo: string;
  readonly userType: 'PERSONAL' | 'ORGANIZATION';
  readonly userRole: UserRole;
  /** VERIFYING: its elements are being checked by a channel. */
  readonly state: 'VERIFYING' | 'ACTIVE' | 'REFUSED';
  readonly accessType: 'FULL_CHECKED' | 'PART_CHECKED' | 'AUDIT_AUTH' | 'NOT_AUTH';
  readonly auditStatus: 'AUDIT' | 'PASSED' | 'BACK' | 'REFUSED';
  readonly name: Sealed;
  readonly idCardType: string;
  readonly idCardNo: Sealed;
  readonly mobile: Sealed;
  /** The bound card 绑定卡; a withdrawal goes nowhere else. */
  readonly bankcard?: Sealed;
  readonly bankcode?: string;
  readonly authList: readonly Authorisation[];
  /** The authorisation's cap per transaction, and its last day, yyyyMMdd. */
  readonly authAmount?: Fen;
  readonly authFailTime?: string;
  /** When it was given, and what was reserved on it without him since, where his platform's profile counts that. */
  readonly authSince?: number;
  readonly authUsed?: Fen;
  readonly registeredAt: number;
}

export interface ProjectRow {
  readonly projectNo: string;
  readonly platformUserNo: string;
  readonly status: ProjectStatus;
  readonly amount: Fen;
  /** What was filed, as it is answered: name, description, type, period, rate, way, product, extend. */
  readonly filed: Readonly<Record<string, string | number>>;
  /** STOCK 存量: it came with a migration. */
  readonly properties: 'NEW' | 'STOCK';
  /** Bids that stand (freezes and coupons), not cancelled: what the remainder is counted from. */
  readonly tenderAmount: Fen;
  readonly loanAmount: Fen;
  readonly repaymentAmount: Fen;
  readonly income: Fen;
  readonly createdAt: number;
}

/** What is pinned of money, by lot; what is arrived stands under ARRIVED (pins.ts), which is no lot's name. */
export type Pins = Readonly<Record<string, Fen>>;

/** A hold 冻结: part of a balance reserved. A pre-transaction is one. */
export interface HoldRow {
  /** The requestNo that made it. */
  readonly requestNo: string;
  readonly kind: 'PRETRANSACTION' | 'GENERAL' | 'WITHDRAWAL' | 'REFUND';
  /** Account code whose balance it reserves. */
  readonly account: string;
  readonly bizType?: PreTransactionBizType;
  readonly projectNo?: string;
  readonly amount: Fen;
  /** The coupon that the platform said it would add; recorded, reserves nothing. */
  readonly marketingAmount: Fen;
  /** The coupon that trades citing this hold have really added. */
  readonly marketingCaptured: Fen;
  readonly captured: Fen;
  readonly released: Fen;
  /** What a withdrawal's or a refund's hold takes and nothing else may take: it is captured or released as a whole. */
  readonly pins?: Pins;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** What of a hold is still reserved. */
export const remainder = (hold: HoldRow): Fen => (hold.amount - hold.captured - hold.released) as Fen;

/** A creditor's share 债权 in a project, in fen of principal. */
export interface ShareRow {
  readonly projectNo: string;
  readonly platformUserNo: string;
  readonly amount: Fen;
}

/** What a user has in a project besides his share. */
export interface ClaimRow {
  readonly projectNo: string;
  readonly platformUserNo: string;
  /** What of his share is on sale: Σ over his open sales of what was not confirmed. */
  readonly onSale: Fen;
  /** What a compensator 代偿方 has paid for the borrower and not got back. */
  readonly compensated: Fen;
}

/** A sale of a creditor's share 债权出让, in fen of principal. */
export interface SaleRow {
  /** The requestNo that made it. */
  readonly requestNo: string;
  readonly projectNo: string;
  readonly platformUserNo: string;
  readonly saleShare: Fen;
  /** What buyers have reserved and not paid. */
  readonly preSalingShare: Fen;
  readonly confirmedShare: Fen;
  /** COMPLETED: sold out or cancelled. */
  readonly status: 'ONSALE' | 'COMPLETED';
  readonly createdAt: number;
  readonly endedAt?: number;
}

/** What a hold of kind CREDIT_ASSIGNMENT buys. */
export interface PurchaseRow {
  /** The hold's requestNo. */
  readonly requestNo: string;
  readonly saleNo: string;
  readonly share: Fen;
  readonly confirmed: Fen;
}

/** Whom a borrower has paid the loan of an entrusted project 受托支付; the last one named counts. */
export interface EntrustmentRow {
  readonly projectNo: string;
  readonly requestNo: string;
  readonly entrustedType: EntrustedType;
  readonly entrustedPlatformUserNo: string;
  readonly createdAt: number;
}

export interface RechargeRow {
  readonly requestNo: string;
  readonly platformUserNo: string;
  readonly amount: Fen;
  readonly commission: Fen;
  readonly rechargeWay: string;
  /** FAIL → SUCCESS only by a payment that came after the end; it is credited, never lost. */
  readonly status: 'INIT' | 'PENDDING' | 'SUCCESS' | 'FAIL' | 'ERROR';
  readonly orderId?: string;
  readonly payCompany?: string;
  readonly payCompanyRequestNo?: string;
  readonly lot?: string;
  /** The one bid approved in advance with it. */
  readonly advance?: { readonly tradeType: 'TENDER'; readonly amount: Fen; readonly projectNo: string };
  /** What of it refunds gave back or are about to, and what of that is commission; absent for nothing. */
  readonly refunded?: Fen;
  readonly refundedCommission?: Fen;
  /** The pre-transaction that used the one bid approved in advance with this recharge. */
  readonly advanceUsedBy?: string;
  readonly errorCode?: ErrorCode;
  readonly errorMessage?: string;
  readonly channelErrorCode?: string;
  readonly channelErrorMessage?: string;
  readonly createdAt: number;
  readonly transactionTime?: number;
}

export interface WithdrawalRow {
  readonly requestNo: string;
  readonly platformUserNo: string;
  readonly amount: Fen;
  readonly commission: Fen;
  readonly withdrawForm: 'IMMEDIATE' | 'CONFIRMED';
  /** What was asked for. */
  readonly withdrawType: 'NORMAL' | 'URGENT' | 'NORMAL_URGENT';
  /** What it became: NORMAL (T+1) or URGENT (D0). */
  readonly remitType: 'NORMAL' | 'URGENT';
  readonly floatAmount: Fen;
  /** SUCCESS → FAIL only by a return 退汇. */
  readonly status: 'INIT' | 'CONFIRMING' | 'ACCEPT' | 'REMITING' | 'SUCCESS' | 'FAIL' | 'ACCEPT_FAIL';
  readonly backRollStatus?: 'INIT' | 'PENDDING' | 'SUCCESS';
  readonly bankcard: Sealed;
  readonly orderId?: string;
  readonly payCompany?: string;
  readonly payCompanyRequestNo?: string;
  readonly lot?: string;
  readonly failReason?: string;
  readonly createdAt: number;
  readonly transactionTime?: number;
  readonly remitTime?: number;
  readonly completedTime?: number;
}

/** What is in suspense 挂账 until somebody is known to whom it belongs, or it is given back. */
export interface SuspenseRow {
  /** RECHARGE: a channel was paid for an account that could not take it. CREDIT: the bank was, by nobody known. */
  readonly source: 'RECHARGE' | 'CREDIT';
  /** The recharge's requestNo, or the bank's reference. */
  readonly number: string;
  readonly amount: Fen;
  /** The lot that it came in with; absent for a bank's credit. */
  readonly lot?: string;
  readonly status: 'OPEN' | 'CLAIMED' | 'RETURNING' | 'RETURNED' | 'REFUNDING' | 'REFUNDED';
  /** Who got it. */
  readonly platformUserNo?: string;
  readonly createdAt: number;
  readonly endedAt?: number;
}

/** A refund 退款: a recharge given back through the channel that collected it. */
export interface RefundRow {
  readonly refundNo: string;
  /** The recharge. */
  readonly requestNo: string;
  /** The account that the recharge went to, or SUSPENSE. */
  readonly account: string;
  /** All that is given back; what of it is the commission comes from the income account. */
  readonly amount: Fen;
  readonly commission: Fen;
  /** The lot of the recharge. */
  readonly lot: string;
  /** WAITING: until its lot has arrived. CLEARING: the channel's yes came, in another lot, and its own has not arrived yet. */
  readonly status: 'WAITING' | 'REFUNDING' | 'CLEARING' | 'SUCCESS' | 'FAIL';
  readonly orderId?: string;
  readonly channelOrderNo?: string;
  /** The day it clears in, yyyyMMdd. */
  readonly clearingDay?: string;
  readonly failReason?: string;
  readonly createdAt: number;
  readonly endedAt?: number;
}

/** A fee 手续费 as it was invoiced. */
export interface FeeRow {
  readonly invoiceNo: string;
  /** PAYOUT: of a channel (then it has a lot) or of the bank, for pay-outs. CUSTODY: of the bank. */
  readonly kind: 'PAYOUT' | 'CUSTODY';
  readonly amount: Fen;
  readonly lot?: string;
  /** OPEN: the income account is short. CHARGED: taken, and not yet debited by the bank. */
  readonly status: 'OPEN' | 'CHARGED' | 'PAID';
  readonly createdAt: number;
  readonly endedAt?: number;
}

/** The claim of a number, what was asked and what was answered. */
export interface InstructionRow {
  /** Its key in the database, and its journal's; absent until it is first written. Only the shell gives and uses it. */
  readonly id?: bigint;
  readonly origin: Origin;
  readonly number: string;
  readonly service: LedgerService;
  /** Hex SHA-256. */
  readonly digest: string;
  /** The evidence's id. */
  readonly messageId: string;
  /** OPEN: not yet ended (a page waits, an order is out). REFUSED: by rule, for ever. */
  readonly state: 'OPEN' | 'DONE' | 'REFUSED';
  readonly answer: Answer;
  /** What the operation keeps of it (`Operation.kept`) for pages and queries; else absent, the evidence has it. */
  readonly act?: PlatformAct;
  readonly receivedAt: number;
  readonly endedAt?: number;
}
