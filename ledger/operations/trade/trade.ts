/** One trade while it is being decided: its legs in posting order, and the holds that they capture. */
import type { Rejection } from '../../../contract/codes.ts';
import type { DetailBizType } from '../../../contract/enumerations.ts';
import { type Fen, fen, ZERO } from '../../../contract/money.ts';
import type { SyncTransaction, TradeDetail } from '../../../contract/requests/sync-transaction.ts';
import type { Book } from '../../book.ts';
import type { Changes } from '../../decision.ts';
import type { HoldRow, ProjectRow } from '../../rows.ts';
import type { Party } from './party.ts';

/**
 * What a detail takes: `hold` captures the hold that it cites, or is a platform account's own money where one pays; `brought` takes what this
 * trade brought the payer, else from the payer's own cited hold; `balance` is a platform account's own money.
 */
export type Cover = 'hold' | 'brought' | 'balance';

export interface KindRule {
  readonly from: Party;
  readonly to: Party;
  readonly cover: Cover;
  readonly required?: true;
}

/** A detail with its place in the trade and both its parties known. */
export interface Leg {
  readonly kind: DetailBizType;
  readonly rule: KindRule;
  readonly source: string;
  readonly target: string;
  readonly detail: TradeDetail;
}

/** A trade that is of a project. */
export interface Trade {
  readonly book: Book;
  readonly request: SyncTransaction;
  readonly project: ProjectRow;
  readonly legs: readonly Leg[];
  readonly at: number;
  /** What this trade captures of each hold, by requestNo. */
  readonly captures: ReadonlyMap<string, Fen>;
}

/** What a kind of trade records besides its postings; the captures are in its holds. */
export type Recorder = (trade: Trade) => Changes | Rejection;

/** The holds after their capture. */
export function captured({ book, captures, at }: Pick<Trade, 'book' | 'captures' | 'at'>): Map<string, HoldRow> {
  const holds = new Map<string, HoldRow>();
  for (const [requestNo, amount] of captures) {
    const hold = book.holds.get(requestNo);
    if (hold !== undefined) holds.set(requestNo, { ...hold, captured: fen(hold.captured + amount), updatedAt: at });
  }
  return holds;
}

/** Adds to a sum kept by key. */
export function add<K>(sums: Map<K, Fen>, key: K, amount: Fen): void {
  sums.set(key, fen((sums.get(key) ?? ZERO) + amount));
}
