/** Work that waits for the partition's writer. */
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import { numbers, texts } from './columns.ts';

export interface WorkRecord {
  readonly id: bigint;
  readonly platform_no: string;
  readonly body: string;
  readonly trace: string | null;
}

/** The first that wait behind `floor`, below which nothing is left: the index's dead rows are not walked again. */
export const selectWork = (partition: number, floor: bigint, most: number): Statement => sql`
  select id, platform_no, body, trace from ledger.work
  where partition = ${partition} and id > ${floor} order by id limit ${most}`;

export interface WorkToInsert {
  readonly id: bigint;
  readonly partition: number;
  readonly platformNo: string;
  readonly body: string;
  readonly trace: string | undefined;
}

export const insertWork = (work: readonly WorkToInsert[]): Statement => sql`
  insert into ledger.work (partition, id, platform_no, body, trace)
  select * from unnest(
    ${numbers(work.map(({ partition }) => partition))}::int4[],
    ${numbers(work.map(({ id }) => id))}::int8[],
    ${texts(work.map(({ platformNo }) => platformNo))}::text[],
    ${texts(work.map(({ body }) => body))}::text[],
    ${texts(work.map(({ trace }) => trace))}::text[])`;

export const deleteWork = (partition: number, ids: readonly bigint[]): Statement => sql`
  delete from ledger.work where partition = ${partition} and id = any (${numbers(ids)}::int8[])`;

export interface StandingWork {
  readonly partition: number;
  readonly id: bigint;
  readonly platform_no: string;
  readonly body: string;
  readonly trace: string | null;
}

/** The first piece of each partition's work. */
export const selectFirstWork = (partitions: readonly number[]): Statement => sql`
  select partition, id, platform_no, body, trace
  from unnest(${numbers(partitions)}::int4[]) as own (own)
  cross join lateral (select * from ledger.work where partition = own order by id limit 1) as first`;
