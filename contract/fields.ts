/**
 * The kinds of field that requests are made of, as zod schemas over losslessly parsed JSON. Each says what it expected, so that a
 * refusal reads `reqData.amount: at most 2 decimals`. Empty strings and nulls in optional fields mean absent.
 */
import { z } from 'zod';
import { numberText } from './lossless.ts';
import { type Fen, parseYuan, ZERO } from './money.ts';
import type { Clear } from './sealed.ts';
import { isDate, parseTimestamp } from './time.ts';

const refuse = (context: z.RefinementCtx, message: string): never => {
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
};

/** Control characters, NUL among them, lone surrogates, private and unassigned code points. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}\p{Co}\p{Cn}]/u;
const PICTURE = /\p{Extended_Pictographic}/u;

const characters = (text: string): number => [...text].length;

/** Free text of at most `longest` characters without control characters. */
export const text = (longest: number) =>
  z.unknown().transform((value, context): string => {
    if (value === undefined || value === null) return refuse(context, 'required');
    if (typeof value !== 'string') return refuse(context, 'a string');
    if (value === '') return refuse(context, 'not empty');
    if (characters(value) > longest) return refuse(context, `at most ${longest} characters`);
    if (UNPRINTABLE.test(value)) return refuse(context, 'no control characters');
    return value;
  });

/** Text that may hold line breaks and tabs, e.g. a project's description. */
export const longText = (longest: number) =>
  z.unknown().transform((value, context): string => {
    if (value === undefined || value === null) return refuse(context, 'required');
    if (typeof value !== 'string') return refuse(context, 'a string');
    if (characters(value) > longest) return refuse(context, `at most ${longest} characters`);
    if (UNPRINTABLE.test(value.replace(/[\t\r\n]/g, ''))) return refuse(context, 'no control characters');
    return value;
  });

/** A name: text without emoji and pictures. */
export const name = (longest: number) =>
  text(longest).transform((value, context) =>
    PICTURE.test(value) ? refuse(context, 'a name without emoji or pictures') : value,
  );

/** A number that names something: requestNo, platformUserNo, projectNo. No white space. */
export const identifier = (longest: number) =>
  text(longest).transform((value, context) => (/\s/.test(value) ? refuse(context, 'no white space') : value));

export const requestNo = identifier(50);
export const platformUserNo = identifier(50);
/** A bank's code; whether the bank is one that is supported is for the books to say (100012). */
export const bankcode = identifier(20);
export const projectNo = identifier(50);

/** An amount in yuan, more than zero, as JSON number or decimal string; becomes `Fen`. */
export const amount = z.unknown().transform((value, context): Fen => {
  const parsed = readAmount(value);
  if (typeof parsed === 'string') return refuse(context, parsed);
  return parsed > 0n ? parsed : refuse(context, 'at least 0.01');
});

/** An amount in yuan that may be zero, e.g. a commission or the interest in a repayment. */
export const amountOrZero = z.unknown().transform((value, context): Fen => {
  const parsed = readAmount(value);
  return typeof parsed === 'string' ? refuse(context, parsed) : parsed;
});

function readAmount(value: unknown): Fen | string {
  if (value === undefined || value === null) return 'required';
  const written = numberText(value) ?? (typeof value === 'string' ? value : undefined);
  if (written === undefined) return 'an amount as number or decimal string';
  if (written.startsWith('-')) return 'no negative amount';
  return parseYuan(written);
}

/** A whole number within bounds, as JSON number or digits. */
export const integer = (smallest: number, largest: number) =>
  z.unknown().transform((value, context): number => {
    const written = numberText(value) ?? (typeof value === 'string' ? value : undefined);
    if (written === undefined)
      return refuse(context, value === undefined || value === null ? 'required' : 'a whole number');
    if (!/^-?\d{1,12}$/.test(written)) return refuse(context, 'a whole number');
    const parsed = Number(written);
    return parsed >= smallest && parsed <= largest ? parsed : refuse(context, `from ${smallest} to ${largest}`);
  });

/** Digits up to here survive in a JavaScript number. */
const MOST_DIGITS_OF_A_NUMBER = 15;

/** A decimal that is recorded and never computed with (a rate), to be answered as it was filed: a JSON number as number, a string as string. */
export const decimal = z.unknown().transform((value, context): string | number => {
  const number = numberText(value);
  const written = number ?? (typeof value === 'string' ? value : undefined);
  if (written === undefined)
    return refuse(context, value === undefined || value === null ? 'required' : 'a decimal number');
  if (!/^\d{1,9}(\.\d{1,8})?$/.test(written)) return refuse(context, 'a decimal number without sign or exponent');
  return number !== undefined && number.length <= MOST_DIGITS_OF_A_NUMBER ? Number(number) : written;
});

/** One of a closed list. */
export const oneOf = <const V extends string>(values: readonly V[]) =>
  z.unknown().transform((value, context): V => {
    if (value === undefined || value === null) return refuse(context, 'required');
    const found = values.find((candidate) => candidate === value);
    return found ?? refuse(context, `one of ${values.join(', ')}`);
  });

/** A comma separated list from a closed list, without repeats, e.g. `TENDER,REPAYMENT`; a comma at its end says nothing. */
export const listOf = <const V extends string>(values: readonly V[]) =>
  z.unknown().transform((value, context): readonly V[] => {
    if (value === undefined || value === null) return refuse(context, 'required');
    if (typeof value !== 'string') return refuse(context, 'a comma separated list');
    const members = value
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '');
    if (members.length === 0) return refuse(context, `at least one of ${values.join(', ')}`);
    const known = members.flatMap((member) => values.filter((candidate) => candidate === member));
    if (known.length !== members.length) return refuse(context, `a comma separated list of ${values.join(', ')}`);
    return [...new Set(known)];
  });

/** A moment `yyyyMMddHHmmss` in GMT+8; becomes epoch milliseconds. */
export const moment = z.unknown().transform((value, context): number => {
  const written = typeof value === 'string' ? value : numberText(value);
  if (written === undefined)
    return refuse(context, value === undefined || value === null ? 'required' : 'yyyyMMddHHmmss');
  return parseTimestamp(written) ?? refuse(context, 'a moment written yyyyMMddHHmmss');
});

/** A day `yyyyMMdd`, or a moment of which the day is taken; kept as `yyyyMMdd`. */
export const day = z.unknown().transform((value, context): string => {
  const written = typeof value === 'string' ? value : numberText(value);
  if (written === undefined) return refuse(context, value === undefined || value === null ? 'required' : 'yyyyMMdd');
  const date = written.slice(0, 8);
  if (isDate(date) && (written.length === 8 || parseTimestamp(written) !== undefined)) return date;
  return refuse(context, 'a day written yyyyMMdd');
});

/** The browser's way back to the platform. */
export const url = text(500).transform((value, context) => {
  if (!URL.canParse(value)) return refuse(context, 'an http or https URL');
  const protocol = new URL(value).protocol;
  return protocol === 'https:' || protocol === 'http:' ? value : refuse(context, 'an http or https URL');
});

/** Personal data: it leaves the gateway sealed. */
const personal = <T extends z.ZodType<string>>(schema: T) => schema.transform((value) => value as string as Clear);
export const realName = personal(name(50));
export const idCardNo = personal(
  text(30).transform((value, context) =>
    /^[0-9A-Za-z()-]{5,30}$/.test(value) ? value.toUpperCase() : refuse(context, '5 to 30 letters and digits'),
  ),
);
export const bankcardNo = personal(
  text(30).transform((value, context) => (/^\d{8,30}$/.test(value) ? value : refuse(context, '8 to 30 digits'))),
);
export const mobile = personal(
  text(20).transform((value, context) =>
    /^1\d{10}$/.test(value) ? value : refuse(context, '11 digits starting with 1'),
  ),
);

/** Makes a field optional: null and the empty string mean absent, as old clients send them. */
export const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional());

/** An optional amount of which zero means none, e.g. the share in a trade that moves no share: old clients write what they have no use for. */
export const amountOrNone = optional(amountOrZero.transform((value) => (value === ZERO ? undefined : value)));
