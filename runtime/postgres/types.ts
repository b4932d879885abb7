/**
 * How PostgreSQL's types arrive: int8 as bigint, numeric and date as text (neither fits JavaScript's own), the rest as the driver does it
 * (timestamptz a Date, json parsed).
 */
import pg from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;
const DATE = 1082;
const TIMESTAMP = 1114;

const arrayOfText = pg.types.getTypeParser(1009 as never) as (text: string) => (string | null)[];
const asText = (text: string): string => text;

const parsers = new Map<number, (text: string) => unknown>([
  [INT8, BigInt],
  [INT8_ARRAY, (text) => arrayOfText(text).map((element) => (element === null ? null : BigInt(element)))],
  [DATE, asText],
  [TIMESTAMP, asText],
]);

/** The driver's table of parsers, with ours in front. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    const own = format === 'binary' ? undefined : parsers.get(oid);
    return own ?? pg.types.getTypeParser(oid as never, (format ?? 'text') as never);
  }) as never,
};
