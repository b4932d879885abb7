/**
 * How rooms write what they tell each other: JSON in which an amount is `{"fen":"12345"}`, so that no amount ever passes through a
 * float. Every message carries `version`; a reader takes this version and, once there is a second, the one before it.
 */
import { fen } from '../money.ts';

export const VERSION = 1;

/** Writes a message as JSON text: as `JSON.stringify` does, with amounts as said above. By hand, since a replacer costs several times that. */
export const encode = (message: object): string => write(message) ?? 'null';

function write(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'number':
      return Number.isFinite(value) ? String(value) : 'null';
    case 'boolean':
      return value ? 'true' : 'false';
    case 'bigint':
      return `{"fen":"${value}"}`;
    case 'object':
      return value === null ? 'null' : writeObject(value);
    default:
      return undefined;
  }
}

function writeObject(value: object): string | undefined {
  if (Array.isArray(value)) return `[${value.map((item) => write(item) ?? 'null').join(',')}]`;
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON());
  let text = '';
  for (const key of Object.keys(value)) {
    const member = write((value as Record<string, unknown>)[key]);
    if (member !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${member}`;
  }
  return `{${text}}`;
}

/** Reads JSON text that `encode` wrote. Throws `SyntaxError` for anything else, or for a version that this build does not know. */
export function decode<T extends { readonly version: number }>(text: string): T {
  const message = revive(JSON.parse(text)) as T;
  if (typeof message !== 'object' || message === null || message.version !== VERSION)
    throw new SyntaxError('unknown message version');
  return message;
}

/** Turns `{"fen":"…"}` back into amounts, anywhere in a value; rows that keep JSON use it too. */
export function revive(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(revive);
  const record = value as Record<string, unknown>;
  const amount = record['fen'];
  if (typeof amount === 'string' && Object.keys(record).length === 1) return fen(BigInt(amount));
  for (const key of Object.keys(record)) {
    const inner = record[key];
    if (typeof inner === 'object' && inner !== null) record[key] = revive(inner);
  }
  return record;
}
