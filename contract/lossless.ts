/**
 * JSON without loss, by the `lossless-json` library: numbers keep the digits they were written with, a duplicate key is refused, and
 * answers write money as `500.00`. Also the canonical text (RFC 8785 order, numbers as written) that a message's digest is taken over.
 */
import { isLosslessNumber, LosslessNumber, parse, stringify } from 'lossless-json';
import { type Fen, formatYuan } from './money.ts';

export class DuplicateKey extends Error {
  override readonly name = 'DuplicateKey';
  readonly key: string;
  constructor(key: string) {
    super(`duplicate key "${key}"`);
    this.key = key;
  }
}

/** Objects nested deeper than this are refused: the protocol's own depth is 4. */
const DEEPEST = 16;

/**
 * Parses JSON text; numbers become `LosslessNumber`. Throws `DuplicateKey`, or `SyntaxError` for anything that is no JSON or is
 * nested deeper than the protocol ever is.
 */
export function parseLossless(text: string): unknown {
  const written = scan(text);
  const value = parse(text, null, {
    onDuplicateKey: ({ key }) => {
      throw new DuplicateKey(key);
    },
  });
  // The library lets a key pass that is repeated with an equal value; then more keys were written than there are.
  if (countKeys(value) !== written) throw new DuplicateKey('repeated with the same value');
  return value;
}

/** Counts the keys as written, and refuses depth before a recursive parser meets it. */
function scan(text: string): number {
  let keys = 0;
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[{[\]}]/g)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    else if (token.endsWith(':')) keys += 1;
    if (depth > DEEPEST) throw new SyntaxError(`nested deeper than ${DEEPEST}`);
  }
  return keys;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null || isLosslessNumber(value)) return 0;
  let keys = Array.isArray(value) ? 0 : Object.keys(value).length;
  for (const inner of Object.values(value)) keys += countKeys(inner);
  return keys;
}

/** A number as it was written, or undefined when the value is none. */
export const numberText = (value: unknown): string | undefined => (isLosslessNumber(value) ? value.value : undefined);

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
