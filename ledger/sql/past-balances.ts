/**
 * A balance at a past time. Entries of an account are numbered without gaps in the order of booking, so the last one up to a time is found by
 * halving, over the key of entries: some twenty look-ups among a million, and no index of its own.
 */
import type { Fen } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';

export interface PastBalanceRecord {
  readonly account: string;
  readonly currency: string;
  readonly balance: Fen;
  /** The last entry up to then; 0 for none, and then no time. */
  readonly entry: bigint;
  readonly booked_at: Date | null;
}

/** @param asOf epoch milliseconds: what instructions taken in up to then, and booked before any later one, came to. */
export const selectPastBalance = (platformNo: string, code: string, asOf: number): Statement => sql`
  with recursive which as (
    select id, code, currency, version from ledger.account where platform_no = ${platformNo} and code = ${code}
  ),
  search (low, high) as (
    select 0::bigint, version from which
    union all
    select case when received_at <= to_timestamp(${asOf}::float8 / 1000) then middle else low end,
      case when received_at <= to_timestamp(${asOf}::float8 / 1000) then high else middle - 1 end
    from search
    cross join lateral (select (low + high + 1) / 2 as middle) as half
    join ledger.entry on entry.account_id = (select id from which) and entry.version = middle
    join ledger.journal on journal.id = entry.journal_id
    where low < high
  )
  select which.code as account, which.currency, coalesce(entry.balance_after, 0) as balance, search.low as entry,
    journal.received_at as booked_at
  from which cross join search
  left join ledger.entry on entry.account_id = which.id and entry.version = search.low
  left join ledger.journal on journal.id = entry.journal_id
  where search.low >= search.high`;
