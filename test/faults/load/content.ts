/**
 * Content as the protocol defines it (section 1): SHA-256 over the service's name and the RFC 8785 form of reqData without its timestamp.
 * Written anew from the protocol's words, for the assertions hold it against what the product claims.
 */
import { createHash } from 'node:crypto';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as { readonly [key: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join(',')}}`;
}

/** Hex digest of a message's content. The load writes no number that JSON.parse would change: amounts are strings. */
export function digestOf(serviceName: string, reqData: Readonly<Record<string, unknown>>): string {
  const { timestamp: _, ...content } = reqData;
  return createHash('sha256')
    .update(`${serviceName}\n${canonical(content as Json)}`)
    .digest('hex');
}

/** Fen of yuan written with at most 2 decimals. */
export function fenOf(yuan: unknown): bigint {
  const written = /^(\d+)(?:\.(\d{1,2}))?$/.exec(String(yuan));
  if (written === null) throw new RangeError(`no amount: ${String(yuan)}`);
  return BigInt(written[1] ?? '') * 100n + BigInt((written[2] ?? '').padEnd(2, '0'));
}

/** Yuan with 2 decimals. */
export const yuanOf = (fen: bigint | number): string => {
  const digits = String(fen).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
