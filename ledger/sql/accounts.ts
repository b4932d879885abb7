/** Accounts. Updates name the version they start from, so that a balance is never written over one that we did not read. */
import type { Fen } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { AccountRow } from '../rows.ts';
import { fromFloats, numbers, texts, toFloats } from './columns.ts';

export interface AccountRecord {
  readonly id: bigint;
  readonly platform_no: string;
  readonly code: string;
  readonly balance: Fen;
  readonly held: Fen;
  readonly version: bigint;
  readonly floats: unknown;
  readonly pins: unknown;
  readonly currency: AccountRow['currency'];
}

export const selectAccounts = (platformNos: readonly string[], codes: readonly string[]): Statement => sql`
  select id, platform_no, code, currency, balance, held, version, floats, pins
  from unnest(${texts(platformNos)}::text[], ${texts(codes)}::text[]) as wanted (platform_no, code)
  join ledger.account using (platform_no, code)`;

export const toAccount = (row: AccountRecord): AccountRow => ({
  id: row.id,
  code: row.code,
  currency: row.currency,
  balance: row.balance,
  held: row.held,
  floats: toFloats(row.floats),
  ...(row.pins === null ? {} : { pins: toFloats(row.pins) }),
  version: row.version,
});

export interface AccountToInsert {
  readonly id: bigint;
  readonly platformNo: string;
  readonly row: AccountRow;
}

export const insertAccounts = (accounts: readonly AccountToInsert[]): Statement => sql`
  insert into ledger.account (id, platform_no, currency, code, balance, held, version, floats, pins)
  select * from unnest(
    ${numbers(accounts.map(({ id }) => id))}::int8[],
    ${texts(accounts.map(({ platformNo }) => platformNo))}::text[],
    ${texts(accounts.map(({ row }) => row.currency))}::text[],
    ${texts(accounts.map(({ row }) => row.code))}::text[],
    ${numbers(accounts.map(({ row }) => row.balance))}::int8[],
    ${numbers(accounts.map(({ row }) => row.held))}::int8[],
    ${numbers(accounts.map(({ row }) => row.version))}::int8[],
    ${texts(accounts.map(({ row }) => fromFloats(row.floats)))}::jsonb[],
    ${texts(accounts.map(({ row }) => (row.pins === undefined ? null : fromFloats(row.pins))))}::jsonb[])`;

export interface AccountToUpdate {
  readonly id: bigint;
  /** The version it had before this batch. */
  readonly before: bigint;
  readonly row: AccountRow;
}

/** Answers by its count whether every account was still at the version we started from. */
export const updateAccounts = (accounts: readonly AccountToUpdate[]): Statement => sql`
  update ledger.account as account
  set balance = next.balance, held = next.held, version = next.version, floats = next.floats, pins = next.pins
  from unnest(
    ${numbers(accounts.map(({ id }) => id))}::int8[],
    ${numbers(accounts.map(({ before }) => before))}::int8[],
    ${numbers(accounts.map(({ row }) => row.balance))}::int8[],
    ${numbers(accounts.map(({ row }) => row.held))}::int8[],
    ${numbers(accounts.map(({ row }) => row.version))}::int8[],
    ${texts(accounts.map(({ row }) => fromFloats(row.floats)))}::jsonb[],
    ${texts(accounts.map(({ row }) => (row.pins === undefined ? null : fromFloats(row.pins))))}::jsonb[]
  ) as next (id, before, balance, held, version, floats, pins)
  where account.id = next.id and account.version = next.before`;
