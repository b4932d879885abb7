/** Journals and their entries: inserted, never touched again. */
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { Entry } from '../book.ts';
import { fromFloats, numbers, texts } from './columns.ts';

export interface JournalToInsert {
  readonly id: bigint;
  readonly platformNo: string;
  /** yyyyMMdd. */
  readonly day: string;
  readonly receivedAt: number;
}

export const insertJournals = (journals: readonly JournalToInsert[]): Statement => sql`
  insert into ledger.journal (id, platform_no, day, received_at)
  select id, platform_no, day, to_timestamp(received_at / 1000)
  from unnest(
    ${numbers(journals.map(({ id }) => id))}::int8[],
    ${texts(journals.map(({ platformNo }) => platformNo))}::text[],
    ${texts(journals.map(({ day }) => day))}::date[],
    ${numbers(journals.map(({ receivedAt }) => receivedAt))}::float8[]
  ) as made (id, platform_no, day, received_at)`;

export interface EntryToInsert {
  readonly journalId: bigint;
  readonly accountId: bigint;
  readonly contraId: bigint;
  readonly entry: Entry;
}

export const insertEntries = (entries: readonly EntryToInsert[]): Statement => sql`
  insert into ledger.entry (account_id, version, journal_id, contra_id, amount, balance_after, side, floats)
  select account_id, version, journal_id, contra_id, amount, balance_after, side::"char", floats
  from unnest(
    ${numbers(entries.map(({ accountId }) => accountId))}::int8[],
    ${numbers(entries.map(({ entry }) => entry.version))}::int8[],
    ${numbers(entries.map(({ journalId }) => journalId))}::int8[],
    ${numbers(entries.map(({ contraId }) => contraId))}::int8[],
    ${numbers(entries.map(({ entry }) => entry.amount))}::int8[],
    ${numbers(entries.map(({ entry }) => entry.balanceAfter))}::int8[],
    ${texts(entries.map(({ entry }) => entry.side))}::text[],
    ${texts(entries.map(({ entry }) => fromFloats(entry.floats)))}::jsonb[]
  ) as made (account_id, version, journal_id, contra_id, amount, balance_after, side, floats)`;
