/** Acts that fall due: written with the decision that wants them, taken out when their time has come. */
import { encode } from '../../contract/internal/codec.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { Due } from '../decision.ts';
import { numbers, texts } from './columns.ts';

export interface DueToInsert extends Due {
  readonly platformNo: string;
}

export const insertDue = (made: readonly DueToInsert[]): Statement => sql`
  insert into ledger.due (platform_no, number, due_at, act)
  select platform_no, number, to_timestamp(due_at / 1000), act
  from unnest(
    ${texts(made.map(({ platformNo }) => platformNo))}::text[],
    ${texts(made.map(({ number }) => number))}::text[],
    ${numbers(made.map(({ at }) => at))}::float8[],
    ${texts(made.map(({ act }) => encode(act)))}::json[]
  ) as made (platform_no, number, due_at, act)`;

export interface DueRecord {
  readonly platform_no: string;
  readonly number: string;
  readonly act: unknown;
}

/** Takes out what is due, the oldest first; two processes take different ones. @param now epoch milliseconds. */
export const takeDue = (now: number, most: number): Statement => sql`
  delete from ledger.due where (platform_no, number) in (
    select platform_no, number from ledger.due where due_at <= to_timestamp(${now}::float8 / 1000)
    order by due_at limit ${most} for update skip locked
  )
  returning platform_no, number, act`;
