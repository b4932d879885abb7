/** One trade while it is being decided: its legs in posting order, and the holds that they capture. */
import type { Rejection } from '../../../contract/codes.ts';
import type { DetailBizType } from '../../../contract/enumerations.ts';
import { type Fen, fen, ZERO } from '../../../contract/money.ts';
import type { TradeDetail } from '../../../contract/requests/sync-transaction.ts';
import type { Book } from '../../book.ts';
import type { Changes } from '../../decision.ts';
import type { HoldRow, ProjectRow } from '../../rows.ts';

/** A detail with both its parties known. */
export interface Leg {
  readonly kind: DetailBizType;
  readonly source: string;
  readonly target: string;
  readonly detail: TradeDetail;
}

export interface Trade {
  readonly book: Book;
  readonly project: ProjectRow;
  readonly legs: readonly Leg[];
  readonly at: number;
  /** What this trade captures of each hold, by requestNo. */
  readonly captures: ReadonlyMap<string, Fen>;
}

/** What a kind of trade records besides its postings; the captures are in its holds. */
export type Recorder = (trade: Trade) => Changes | Rejection;

/** The holds after their capture. */
export function captured(trade: Trade): Map<string, HoldRow> {
  const holds = new Map<string, HoldRow>();
  for (const [requestNo, amount] of trade.captures) {
    const hold = trade.book.holds.get(requestNo);
    if (hold !== undefined)
      holds.set(requestNo, { ...hold, captured: fen(hold.captured + amount), updatedAt: trade.at });
  }
  return holds;
}

/** Adds to a sum kept by key. */
export function add<K>(sums: Map<K, Fen>, key: K, amount: Fen): void {
  sums.set(key, fen((sums.get(key) ?? ZERO) + amount));
}
