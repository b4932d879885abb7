/** What an operation decides: a value, complete, before anything is written. */
import type { Act, InternalAct, Origin } from '../contract/internal/instruction.ts';
import type { OrderMessage } from '../contract/internal/order.ts';
import type { Answer, ResultMessage } from '../contract/internal/reply.ts';
import type { Fen } from '../contract/money.ts';
import type {
  ClaimRow,
  EntrustmentRow,
  FeeRow,
  HoldRow,
  InstructionRow,
  LotRow,
  PlatformRow,
  ProjectRow,
  PurchaseRow,
  RechargeRow,
  RefundRow,
  SaleRow,
  ShareRow,
  SuspenseRow,
  UserRow,
  WithdrawalRow,
} from './rows.ts';

/**
 * Which rows a decision needs, by their keys within the platform. The platform's row and its lots that have not arrived are always in
 * the book, and so is the instruction's own claim.
 */
export interface Reads {
  readonly accounts?: readonly string[];
  readonly users?: readonly string[];
  readonly holds?: readonly string[];
  readonly projects?: readonly string[];
  /** Pairs of projectNo and platformUserNo. */
  readonly shares?: readonly (readonly [projectNo: string, platformUserNo: string])[];
  /** requestNos of the platform's own instructions (origin PLATFORM). */
  readonly instructions?: readonly string[];
  readonly recharges?: readonly string[];
  readonly withdrawals?: readonly string[];
  readonly sales?: readonly string[];
  /** requestNos of the holds that buy. */
  readonly purchases?: readonly string[];
  /** Pairs of projectNo and platformUserNo. */
  readonly claims?: readonly (readonly [projectNo: string, platformUserNo: string])[];
  /** projectNos. */
  readonly entrustments?: readonly string[];
  /** platformUserNos of borrowers: brings in their open projects. */
  readonly borrowings?: readonly string[];
  /** projectNos: brings in some of the holds that still reserve something for them, at most `MOST_STANDING` each. */
  readonly standing?: readonly string[];
  /** Pairs of source and number. */
  readonly suspenses?: readonly (readonly [source: SuspenseRow['source'], number: string])[];
  readonly refunds?: readonly string[];
  /** Invoice numbers. */
  readonly fees?: readonly string[];
  /** Lots that may have arrived already. */
  readonly lots?: readonly string[];
  /** keyedHash of an ID number: brings in the users of the platform that hold it, those in state REFUSED left out. */
  readonly idCards?: readonly string[];
}

/** Of a project's holds that still reserve something, so many are read at a time: what one internal instruction releases. */
export const MOST_STANDING = 500;

/**
 * One amount from a debited account to a credited one. `take` says which money leaves a USER, FN or SUSPENSE account: `float first` (trades;
 * oldest lot first), `arrived`, or one lot's float. Money that comes from COLLECT is float of `lot`.
 */
export interface Posting {
  readonly debit: string;
  readonly credit: string;
  readonly amount: Fen;
  readonly take: 'float first' | 'arrived' | { readonly lot: string };
}

/** Row changes; each row replaces the one with its key. */
export interface Changes {
  readonly platform?: PlatformRow;
  /** Accounts to open, by code; lots' COLLECT and PAID accounts open by themselves. */
  readonly openAccounts?: readonly string[];
  readonly users?: readonly UserRow[];
  readonly holds?: readonly HoldRow[];
  readonly projects?: readonly ProjectRow[];
  readonly shares?: readonly ShareRow[];
  readonly recharges?: readonly RechargeRow[];
  readonly withdrawals?: readonly WithdrawalRow[];
  readonly sales?: readonly SaleRow[];
  readonly purchases?: readonly PurchaseRow[];
  readonly claims?: readonly ClaimRow[];
  readonly entrustments?: readonly EntrustmentRow[];
  readonly suspenses?: readonly SuspenseRow[];
  readonly refunds?: readonly RefundRow[];
  readonly fees?: readonly FeeRow[];
  readonly lots?: readonly LotRow[];
  /** Other instructions that this one moves on: a page's opening, once approved or ended. */
  readonly instructions?: readonly InstructionRow[];
}

/** An act that the books give themselves at a time to come: an instruction of origin DUE, by then. */
export interface Due {
  /** Unique within the platform. */
  readonly number: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly act: InternalAct;
}

/**
 * A piece of work for later: an instruction that the books give themselves. It is written in the same commit as what made it, and decided
 * between lone instructions, in the order of making. A number with origin WORK is claimed when it is decided and must be unique; with origin
 * PLATFORM it is one that this decision claims OPEN, and the operation must be one that is `accepted` before.
 */
export interface Work {
  readonly origin: Extract<Origin, 'WORK' | 'PLATFORM'>;
  readonly number: string;
  readonly act: Act;
}

export interface Decision {
  readonly answer: Answer;
  /** OPEN while something is still to come on this number. */
  readonly state: 'OPEN' | 'DONE';
  readonly postings: readonly Posting[];
  readonly changes: Changes;
  readonly orders: readonly OrderMessage[];
  /** Written in the same commit, and given to the books when due. */
  readonly due?: readonly Due[];
  readonly results: readonly ResultMessage[];
  readonly work: readonly Work[];
}
