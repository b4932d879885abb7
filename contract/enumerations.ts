/** The protocol's enumerations, each a closed list and the type of its members. */
import { type Fen, fen } from './money.ts';

export const projectStatuses = ['COLLECTING', 'REPAYING', 'FINISH', 'MISCARRY'] as const;
export type ProjectStatus = (typeof projectStatuses)[number];

export const projectTypes = ['STANDARDPOWDER', 'FIDUCIARYPOWDER'] as const;
export const entrustedTypes = ['PERSONAL', 'ENTERPRISE'] as const;
export type EntrustedType = (typeof entrustedTypes)[number];
export const productTypes = ['COMMONPRODUCT', 'AUTOMATICPRODUCT'] as const;
export const repaymentWays = [
  'ONE_TIME_SERVICING',
  'FIRSEINTREST_LASTPRICIPAL',
  'FIXED_PAYMENT_MORTGAGE',
  'FIXED_BASIS_MORTGAGE',
  'EQUAL_PRINCIPAL_INTEREST',
] as const;

export const preTransactionBizTypes = [
  'TENDER',
  'REPAYMENT',
  'CREDIT_ASSIGNMENT',
  'COMPENSATORY',
  'COMPENSATORY_REPAYMENT',
] as const;
export type PreTransactionBizType = (typeof preTransactionBizTypes)[number];

export const tradeTypes = [
  'TENDER',
  'REPAYMENT',
  'CREDIT_ASSIGNMENT',
  'COMPENSATORY',
  'INDIRECT_COMPENSATORY',
  'COMPENSATORY_REPAYMENT',
  'PLATFORM_INDEPENDENT_PROFIT',
  'MARKETING',
  'PLATFORM_SERVICE_DEDUCT',
  'FUNDS_TRANSFER',
] as const;
export type TradeType = (typeof tradeTypes)[number];

export const detailBizTypes = [
  'TENDER',
  'REPAYMENT',
  'CREDIT_ASSIGNMENT',
  'COMPENSATORY',
  'COMPENSATORY_REPAYMENT',
  'MARKETING',
  'INTEREST',
  'INTEREST_REPAYMENT',
  'COMMISSION',
  'PROFIT',
  'DEDUCT',
  'FUNDS_TRANSFER',
  'FIDUCIARY_PAYMENT',
] as const;
export type DetailBizType = (typeof detailBizTypes)[number];

export const userRoles = [
  'INVESTOR',
  'BORROWERS',
  'GUARANTEECORP',
  'COLLABORATOR',
  'SUPPLIER',
  'INTERMEDIATOR',
] as const;
export type UserRole = (typeof userRoles)[number];

export const authorisations = [
  'TENDER',
  'REPAYMENT',
  'CREDIT_ASSIGNMENT',
  'COMPENSATORY',
  'WITHDRAW',
  'RECHARGE',
] as const;
export type Authorisation = (typeof authorisations)[number];

export const idCardTypes = ['PRC_ID', 'PASSPORT', 'COMPATRIOTS_CARD', 'PERMANENT_RESIDENCE'] as const;
export const rechargeWays = ['WEB', 'SWIFT', 'BANK', 'BACKROLL'] as const;
export const withdrawTypes = ['NORMAL', 'URGENT', 'NORMAL_URGENT'] as const;
export const withdrawForms = ['IMMEDIATE', 'CONFIRMED'] as const;
export const bankCodes = [
  'ABOC',
  'BKCH',
  'CIBK',
  'EVER',
  'FJIB',
  'GDBK',
  'HXBK',
  'ICBK',
  'MSBC',
  'PCBC',
  'PSBC',
  'SZDB',
  'SPDB',
  'BJCN',
  'CMBC',
  'COMM',
  'HKBC',
] as const;

export const transactionTypes = [
  'RECHARGE',
  'WITHDRAW',
  'PRETRANSACTION',
  'TRANSACTION',
  'FREEZE',
  'UNFREEZE',
  'DEBENTURE_SALE',
  'CANCEL_PRETRANSACTION',
  'INTERCEPT_WITHDRAW',
  'ADJUST_URGENT_BALANCE',
  'UPDATE_BANKCARD_AUDIT',
] as const;
export type TransactionType = (typeof transactionTypes)[number];

export const profiles = ['strict', 'legacy'] as const;
export type Profile = (typeof profiles)[number];

/** Platform accounts by profile: funds, marketing, income, interest, advance; older: compensatory, profit, proxy recharge. */
export const platformAccounts: { readonly [P in Profile]: readonly string[] } = {
  strict: ['000', '002', '004', '005', '007'],
  legacy: ['000', '001', '002', '003', '004', '005', '006', '007'],
};

/** What one borrower may owe on one platform 标的限额监控, in fen, by the kind of user he is; absent: no cap. */
export interface BorrowerLimits {
  readonly personal?: Fen;
  readonly organization?: Fen;
}

/**
 * What a profile configures. `authorisationCap`: whether an authorisation's amount caps each transaction, or also the sum of all that is
 * reserved on it (protocol 7, rule 11). `borrowerLimits`: what an operator who opens a platform with its profile's limits gives it; the
 * protocol names no figures, those of the strict one are 《网络借贷信息中介机构业务活动管理暂行办法》 article 17:
 * 200,000 yuan for a person, 1,000,000 for an organisation.
 */
export const profileRules: {
  readonly [P in Profile]: {
    readonly authorisationCap: 'PER_TRANSACTION' | 'CUMULATIVE';
    readonly borrowerLimits: BorrowerLimits;
  };
} = {
  strict: {
    authorisationCap: 'PER_TRANSACTION',
    borrowerLimits: { personal: fen(20_000_000n), organization: fen(100_000_000n) },
  },
  legacy: { authorisationCap: 'CUMULATIVE', borrowerLimits: {} },
};
export const PLATFORM_ACCOUNT_PREFIX = 'SYS_GENERATE_';
