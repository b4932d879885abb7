/**
 * The table of trades: which kinds of detail a tradeType has, between whom, and what each takes its money from (protocol 5, tradeType × detail
 * bizType). A pair that is not here is refused with 100008.
 */
import type { DetailBizType, PreTransactionBizType, ProjectStatus, TradeType } from '../../../contract/enumerations.ts';
import { recordAssignment } from './assignment.ts';
import { recordCompensation, recordCompensationRepaid, recordIndirectCompensation } from './compensation.ts';
import * as party from './party.ts';
import { recordRelease } from './release.ts';
import { recordRepayment } from './repayment.ts';
import type { KindRule, Recorder } from './trade.ts';

export interface TradeRule {
  /**
   * Kinds in the order in which they are posted: what is brought comes before what takes from it. Where a kind has several shapes, the payer
   * chooses.
   */
  readonly kinds: { readonly [K in DetailBizType]?: readonly [KindRule, ...KindRule[]] };
  /** The states in which a project must be; without it the trade needs no project, and one that it names must only be known. */
  readonly projectStatuses?: readonly ProjectStatus[];
  /** The bizType of the holds that it captures; GENERAL is the general freeze 通用冻结. */
  readonly holds?: PreTransactionBizType | 'GENERAL';
  /** The side whose claims besides shares (ClaimRow) it looks at. */
  readonly claims?: 'from' | 'to';
  /** Checks what only this trade knows, and says what becomes of project, shares and holds. */
  readonly record?: Recorder;
}

const profit: KindRule = { from: party.income, to: party.collaborator, cover: 'balance' };
const commission = (from: party.Party): KindRule => ({ from, to: party.income, cover: 'brought' });

export const rules: { readonly [T in TradeType]: TradeRule } = {
  // Loan release 放款.
  TENDER: {
    kinds: {
      TENDER: [{ from: party.investor, to: party.borrower, cover: 'hold', required: true }],
      MARKETING: [{ from: party.marketing, to: party.borrower, cover: 'balance' }],
      COMMISSION: [commission(party.borrower)],
      FIDUCIARY_PAYMENT: [{ from: party.borrower, to: party.anyUser, cover: 'brought' }],
      PROFIT: [profit],
    },
    projectStatuses: ['COLLECTING', 'REPAYING'],
    holds: 'TENDER',
    record: recordRelease,
  },
  REPAYMENT: {
    kinds: {
      REPAYMENT: [{ from: party.borrower, to: party.investor, cover: 'hold', required: true }],
      INTEREST_REPAYMENT: [{ from: party.borrower, to: party.interest, cover: 'hold' }],
      INTEREST: [{ from: party.interest, to: party.investor, cover: 'balance' }],
      COMMISSION: [commission(party.either(party.investor, party.borrower))],
      PROFIT: [profit],
    },
    projectStatuses: ['REPAYING'],
    holds: 'REPAYMENT',
    record: recordRepayment,
  },
  // A creditor's share changes hands 债权转让. The commission is the seller's, of what he gets, or the buyer's, from his own hold.
  CREDIT_ASSIGNMENT: {
    kinds: {
      CREDIT_ASSIGNMENT: [{ from: party.investor, to: party.investor, cover: 'hold', required: true }],
      MARKETING: [{ from: party.marketing, to: party.investor, cover: 'balance' }],
      COMMISSION: [commission(party.investor)],
    },
    projectStatuses: ['REPAYING'],
    holds: 'CREDIT_ASSIGNMENT',
    claims: 'to',
    record: recordAssignment,
  },
  // 直接代偿: the compensator pays the creditor. The commission is the creditor's, of what he gets, or the compensator's, from his own hold.
  COMPENSATORY: {
    kinds: {
      COMPENSATORY: [{ from: party.compensator, to: party.investor, cover: 'hold', required: true }],
      COMMISSION: [commission(party.either(party.investor, party.compensator))],
    },
    projectStatuses: ['REPAYING'],
    holds: 'COMPENSATORY',
    claims: 'from',
    record: recordCompensation,
  },
  // 间接代偿: through the borrower's account, to the fen.
  INDIRECT_COMPENSATORY: {
    kinds: {
      COMPENSATORY: [
        { from: party.compensator, to: party.borrower, cover: 'hold', required: true },
        { from: party.borrower, to: party.investor, cover: 'brought', required: true },
      ],
      COMMISSION: [commission(party.either(party.investor, party.compensator))],
    },
    projectStatuses: ['REPAYING'],
    holds: 'COMPENSATORY',
    claims: 'from',
    record: recordIndirectCompensation,
  },
  COMPENSATORY_REPAYMENT: {
    kinds: {
      COMPENSATORY_REPAYMENT: [{ from: party.borrower, to: party.compensator, cover: 'hold', required: true }],
    },
    projectStatuses: ['REPAYING'],
    holds: 'COMPENSATORY_REPAYMENT',
    claims: 'to',
    record: recordCompensationRepaid,
  },
  // What platform accounts pay, and what a user pays the platform by a general freeze.
  PLATFORM_INDEPENDENT_PROFIT: { kinds: { PROFIT: [{ ...profit, required: true }] } },
  MARKETING: {
    kinds: { MARKETING: [{ from: party.marketing, to: party.anyUser, cover: 'balance', required: true }] },
  },
  PLATFORM_SERVICE_DEDUCT: {
    kinds: { DEDUCT: [{ from: party.anyUser, to: party.income, cover: 'hold', required: true }] },
    holds: 'GENERAL',
  },
  FUNDS_TRANSFER: {
    kinds: {
      FUNDS_TRANSFER: [
        { from: party.funds, to: party.anyAccount, cover: 'balance', required: true },
        { from: party.anyAccount, to: party.funds, cover: 'balance' },
      ],
    },
  },
};

/** The shape that a detail has, of those that its kind has in this trade. */
export function shapeOf(
  rule: TradeRule,
  detail: { readonly bizType: DetailBizType; readonly sourcePlatformUserNo?: string | undefined },
  isPayer: (party: party.Party, platformUserNo: string) => boolean,
): KindRule | undefined {
  const shapes = rule.kinds[detail.bizType];
  const source = detail.sourcePlatformUserNo;
  if (shapes === undefined || shapes.length === 1 || source === undefined) return shapes?.[0];
  return shapes.find(({ from }) => isPayer(from, source)) ?? shapes[0];
}
