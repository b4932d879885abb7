/**
 * JSON without loss: numbers keep the digits they were written with, a duplicate key is refused, and answers write money as `500.00`
 * (by the `lossless-json` library). Also the canonical text (RFC 8785 order, numbers as written) that a message's digest is taken over.
 */
import { isLosslessNumber, LosslessNumber, stringify } from 'lossless-json';
import { readJsonText, WrittenNumber } from './json-reader.ts';
import { type Fen, formatYuan } from './money.ts';

/** Parses JSON text; see `readJsonText`. Throws `DuplicateKey`, or `SyntaxError`. */
export const parseLossless = readJsonText;

/** A number as it was written, or undefined when the value is none. */
export const numberText = (value: unknown): string | undefined =>
  value instanceof WrittenNumber ? value.text : undefined;

/** Prints a value as JSON: bigint (always `Fen`) as yuan with 2 decimals, undefined fields left out. */
export function printAnswer(value: unknown): string {
  return stringify(withYuan(value)) ?? 'null';
}

function withYuan(value: unknown): unknown {
  if (typeof value === 'bigint') return new LosslessNumber(formatYuan(value as Fen));
  if (Array.isArray(value)) return value.map(withYuan);
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withYuan(inner)]));
}

/** RFC 8785 text of a parsed value, with numbers as written: keys sorted by UTF-16 code units, no white space. */
export function canonical(value: unknown): string {
  const number = numberText(value);
  if (number !== undefined) return number;
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

/** What the digest of an instruction is taken over: the service's name and reqData without its top-level timestamp. */
export function contentToDigest(serviceName: string, reqData: Readonly<Record<string, unknown>>): string {
  const { timestamp: _, ...content } = reqData;
  return `${serviceName}\n${canonical(content)}`;
}
