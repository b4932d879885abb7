/**
 * What scenarios run on: anything that takes instructions and can show the books of a platform. The in-memory model is one, the ledger's
 * shell on PostgreSQL another; the same scenario must go the same way on both.
 */
import type { InstructionMessage } from '../../../contract/internal/instruction.ts';
import type { OrderMessage } from '../../../contract/internal/order.ts';
import type { Answer, QueryMessage, ResultMessage } from '../../../contract/internal/reply.ts';
import type { Fen } from '../../../contract/money.ts';
import type { Due } from '../../../ledger/decision.ts';
import type { Composition } from '../../../ledger/lots.ts';
import type {
  AccountRow,
  ClaimRow,
  EntrustmentRow,
  FeeRow,
  HoldRow,
  LotRow,
  ProjectRow,
  PurchaseRow,
  RechargeRow,
  RefundRow,
  SaleRow,
  ShareRow,
  SuspenseRow,
  UserRow,
  WithdrawalRow,
} from '../../../ledger/rows.ts';

/** What came of one instruction. */
export interface Effect {
  readonly answer: Answer;
  readonly results: readonly ResultMessage[];
  readonly orders: readonly OrderMessage[];
}

export interface BookedEntry {
  readonly account: string;
  readonly version: bigint;
  readonly side: 'D' | 'C';
  readonly amount: Fen;
  readonly balanceAfter: Fen;
  readonly floats: Composition;
  readonly contra: string;
}

export interface BookedJournal {
  readonly origin: string;
  readonly number: string;
  readonly entries: readonly BookedEntry[];
}

/** All books of one platform. */
export interface Books {
  readonly accounts: readonly AccountRow[];
  readonly holds: readonly HoldRow[];
  readonly lots: readonly LotRow[];
  readonly projects: readonly ProjectRow[];
  readonly shares: readonly ShareRow[];
  readonly recharges: readonly RechargeRow[];
  readonly withdrawals: readonly WithdrawalRow[];
  readonly sales: readonly SaleRow[];
  readonly purchases: readonly PurchaseRow[];
  readonly claims: readonly ClaimRow[];
  readonly entrustments: readonly EntrustmentRow[];
  readonly suspenses: readonly SuspenseRow[];
  readonly refunds: readonly RefundRow[];
  readonly fees: readonly FeeRow[];
  readonly users: readonly UserRow[];
  readonly journals: readonly BookedJournal[];
}

export interface House {
  /** Takes instructions as one batch; what came of each, in order. */
  submit(batch: readonly InstructionMessage[]): Promise<readonly Effect[]>;
  /** Takes out the acts that are due. @param now epoch milliseconds. */
  takeDue(platformNo: string, now: number): Promise<readonly Due[]>;
  ask(question: QueryMessage): Promise<Answer>;
  books(platformNo: string): Promise<Books>;
}
