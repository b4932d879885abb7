/**
 * The table of trades: which kinds of detail a tradeType has, between whom, and what each takes its money from. A pair that is not here is
 * refused with 100008; a tradeType that is `closed` comes later, as one more row with a file of its own for what it records.
 */
import type { DetailBizType, PreTransactionBizType, ProjectStatus, TradeType } from '../../../contract/enumerations.ts';
import { INCOME, INTEREST, MARKETING } from '../../accounts.ts';
import { recordRelease } from './release.ts';
import { recordRepayment } from './repayment.ts';
import type { Recorder } from './trade.ts';

/** Who stands on a side of a detail: a role, the project's own borrower, or an account of the platform. */
export type Party = 'INVESTOR' | 'BORROWER' | 'COLLABORATOR' | 'INVESTOR OR BORROWER' | { readonly account: string };

/**
 * What a detail takes: `hold` captures the hold that it cites; `brought` takes what this trade brought the payer, else from the payer's own
 * cited hold; `balance` is a platform account's own money.
 */
export type Cover = 'hold' | 'brought' | 'balance';

export interface KindRule {
  readonly from: Party;
  readonly to: Party;
  readonly cover: Cover;
  readonly required?: true;
}

export interface TradeRule {
  /** Kinds in the order in which they are posted: what is brought comes before what takes from it. */
  readonly kinds: { readonly [K in DetailBizType]?: KindRule };
  readonly projectStatuses: readonly ProjectStatus[];
  /** The bizType of the holds that it captures. */
  readonly holds: PreTransactionBizType;
  /** Checks what only this trade knows, and says what becomes of project, shares and holds. */
  readonly record: Recorder;
}

const income: Party = { account: INCOME };
const profit: KindRule = { from: income, to: 'COLLABORATOR', cover: 'balance' };

export const rules: { readonly [T in TradeType]: TradeRule | 'closed' } = {
  // Loan release 放款.
  TENDER: {
    kinds: {
      TENDER: { from: 'INVESTOR', to: 'BORROWER', cover: 'hold', required: true },
      MARKETING: { from: { account: MARKETING }, to: 'BORROWER', cover: 'balance' },
      COMMISSION: { from: 'BORROWER', to: income, cover: 'brought' },
      PROFIT: profit,
    },
    projectStatuses: ['COLLECTING', 'REPAYING'],
    holds: 'TENDER',
    record: recordRelease,
  },
  REPAYMENT: {
    kinds: {
      REPAYMENT: { from: 'BORROWER', to: 'INVESTOR', cover: 'hold', required: true },
      INTEREST_REPAYMENT: { from: 'BORROWER', to: { account: INTEREST }, cover: 'hold' },
      INTEREST: { from: { account: INTEREST }, to: 'INVESTOR', cover: 'balance' },
      COMMISSION: { from: 'INVESTOR OR BORROWER', to: income, cover: 'brought' },
      PROFIT: profit,
    },
    projectStatuses: ['REPAYING'],
    holds: 'REPAYMENT',
    record: recordRepayment,
  },
  CREDIT_ASSIGNMENT: 'closed',
  COMPENSATORY: 'closed',
  INDIRECT_COMPENSATORY: 'closed',
  COMPENSATORY_REPAYMENT: 'closed',
  PLATFORM_INDEPENDENT_PROFIT: 'closed',
  MARKETING: 'closed',
  PLATFORM_SERVICE_DEDUCT: 'closed',
  FUNDS_TRANSFER: 'closed',
};
