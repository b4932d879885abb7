/**
 * How values become columns and back: whole columns as array texts; rows for cold tables as one JSON text; and absent fields, which are null
 * in a row.
 */
import { revive } from '../../contract/internal/codec.ts';
import type { Fen } from '../../contract/money.ts';
import { numberArray, textArray } from '../../runtime/postgres/arrays.ts';

/** A column of int8 (or of epoch milliseconds, for `to_timestamp`). */
export const numbers = numberArray;

/** A column of text, or of what text casts to. */
export const texts = textArray;

/** Rows for `json_populate_recordset`: amounts as whole numbers in text, times as ISO text. */
export const records = (rows: readonly object[]): string =>
  JSON.stringify(rows, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value));

/** Epoch milliseconds as PostgreSQL reads a timestamptz from JSON. */
export const isoTime = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString();

/** `yyyy-MM-dd`, as a date column arrives, to the books' `yyyyMMdd`. */
export const plainDay = (date: string): string => date.replaceAll('-', '');

/** Leaves out what is null: an absent field of a row is absent, never undefined. */
export function present<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const given: Partial<Record<keyof T, unknown>> = {};
  for (const key of Object.keys(fields) as (keyof T)[]) {
    const value = fields[key];
    if (value !== null && value !== undefined) given[key] = value;
  }
  return given as { [K in keyof T]?: NonNullable<T[K]> };
}

/** What of a balance is in transit: `{lot: "fen"}` in the database, null for nothing. */
export function toFloats(value: unknown): Readonly<Record<string, Fen>> {
  if (value === null) return NOTHING;
  const floats: Record<string, Fen> = {};
  for (const [lot, amount] of Object.entries(value as Record<string, string>)) floats[lot] = BigInt(amount) as Fen;
  return floats;
}
const NOTHING: Readonly<Record<string, Fen>> = Object.freeze({});

export function fromFloats(floats: Readonly<Record<string, Fen>>): string | null {
  let text = '';
  for (const lot in floats) text += `${text === '' ? '{' : ','}${JSON.stringify(lot)}:"${floats[lot]}"`;
  return text === '' ? null : `${text}}`;
}

/** JSON with amounts in it, as `encode` wrote it. */
export const revived = <T>(value: unknown): T => revive(value) as T;
