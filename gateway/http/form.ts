/**
 * Reads the two texts an envelope comes in, a form or a JSON object, exactly: the bytes must be UTF-8, no field may be given twice, and
 * reqData comes out as the very characters that were signed. (Usual form parsers repair what is broken, and then the signature is wrong.)
 */
import { type Rejection, reject } from '../../contract/codes.ts';

/** Keeps a byte order mark and refuses what is not UTF-8: the text's bytes must be the bytes that came. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/** An envelope has 6 fields; more pairs than this is no envelope. */
const MOST_FIELDS = 64;
const SURROGATE = /\p{Cs}/u;

export type EnvelopeFields = Readonly<Record<string, unknown>>;

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Reads `application/x-www-form-urlencoded`. Refuses with 100002: not UTF-8, a broken %-sequence, a repeated field. */
export function readForm(body: Buffer): EnvelopeFields | Rejection {
  const fields: Record<string, string> = Object.create(null) as Record<string, string>;
  let count = 0;
  for (let start = 0; start <= body.length; ) {
    const ampersand = body.indexOf(0x26, start);
    const end = ampersand < 0 ? body.length : ampersand;
    if (end > start) {
      count += 1;
      if (count > MOST_FIELDS) return reject('100002', `body: at most ${MOST_FIELDS} fields`);
      const equals = body.subarray(start, end).indexOf(0x3d);
      const name = unescaped(body.subarray(start, equals < 0 ? end : start + equals));
      if (typeof name !== 'string') return reject('100002', `body: ${name.problem} in a field's name`);
      const value = unescaped(equals < 0 ? body.subarray(end, end) : body.subarray(start + equals + 1, end));
      if (typeof value !== 'string') return reject('100002', `${shown(name)}: ${value.problem}`);
      if (name in fields) return reject('100002', `${shown(name)}: given once`);
      fields[name] = value;
    }
    start = end + 1;
  }
  return fields;
}

const hex = (byte: number | undefined): number => {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
};

/** Takes `+` for a blank and %XX for a byte, then reads UTF-8. */
function unescaped(bytes: Buffer): string | { readonly problem: string } {
  const taken = Buffer.allocUnsafe(bytes.length);
  let length = 0;
  for (let index = 0; index < bytes.length; index++) {
    let byte = bytes[index] as number;
    if (byte === 0x2b) byte = 0x20;
    else if (byte === 0x25) {
      const high = hex(bytes[index + 1]);
      const low = hex(bytes[index + 2]);
      if (high < 0 || low < 0) return { problem: 'a % without two hex digits' };
      byte = high * 16 + low;
      index += 2;
    }
    taken[length++] = byte;
  }
  return decoded(taken.subarray(0, length)) ?? { problem: 'not UTF-8' };
}

/** A field's name for an error text: it is the sender's own, so only a short and plain one is repeated. */
const shown = (name: string): string => (/^[A-Za-z]{1,32}$/.test(name) ? name : 'a field');

/** Reads `application/json`. Refuses with 100002: not UTF-8, no JSON object, a repeated key, half a surrogate pair in reqData. */
export function readJson(body: Buffer): EnvelopeFields | Rejection {
  const text = decoded(body);
  if (text === undefined) return reject('100002', 'body: not UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return reject('100002', 'body: not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return reject('100002', 'body: form fields or a JSON object');
  // JSON.parse keeps the last of two equal keys: then fewer are left than were written.
  if (Object.keys(value).length !== topLevelKeys(text)) return reject('100002', 'body: duplicate key');
  const fields = value as Record<string, unknown>;
  const reqData = fields['reqData'];
  if (typeof reqData === 'string' && SURROGATE.test(reqData)) return reject('100002', 'reqData: not Unicode text');
  return fields;
}

/** Counts the keys of the outermost object of a text that is known to be JSON; strings are skipped, not copied. */
function topLevelKeys(text: string): number {
  let keys = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case 0x7b: // {
      case 0x5b: // [
        depth += 1;
        break;
      case 0x7d: // }
      case 0x5d: // ]
        depth -= 1;
        break;
      case 0x22: // "
        index = endOfString(text, index);
        break;
      case 0x3a: // : outside of a string follows a key
        if (depth === 1) keys += 1;
        break;
    }
  }
  return keys;
}

/** The index of the quote that closes the string opened at `open`. */
function endOfString(text: string, open: number): number {
  for (let close = text.indexOf('"', open + 1); ; close = text.indexOf('"', close + 1)) {
    if (close < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(close - 1 - slashes) === 0x5c) slashes += 1;
    if (slashes % 2 === 0) return close;
  }
}
