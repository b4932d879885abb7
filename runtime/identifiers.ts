/** Identifiers that sort by their time, so that indexes grow at one end: UUIDv7 for messages, order numbers for channels. */
import { randomBytes, randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

/** Chance is drawn for many identifiers at once: asking for it costs more than all the rest. */
const pool = new Uint8Array(16 * 256);
let drawn = pool.length;
/** The chance of one identifier, in the library's places. */
const random = new Uint8Array(16);
/** Of the last identifier: within one millisecond they are counted, so that they sort as they were made. */
const last = { msecs: 0, seq: 0 };

/** A time-ordered UUID (RFC 9562, version 7). */
export function uuidv7(): string {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  for (let index = 0; index < 16; index += 1) random[index] = pool[drawn + index] ?? 0;
  drawn += 16;
  const now = Date.now();
  if (now > last.msecs) {
    last.msecs = now;
    // 28 bits of chance, so that there is room to count on.
    last.seq =
      (((random[6] ?? 0) & 0x0f) << 24) | ((random[7] ?? 0) << 16) | ((random[8] ?? 0) << 8) | (random[9] ?? 0);
  } else last.seq += 1;
  return v7({ random, msecs: last.msecs, seq: last.seq });
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const TIME_DIGITS = 9; // 36^9 ms reach the year 5188
const RANDOM_DIGITS = 15; // 77 bits
/** The largest multiple of 36 below 256: a byte above it would favour the first letters. */
const FAIR = 252;

/** An order number towards channels: 24 of [0-9A-Z], time first, then chance. @param now epoch milliseconds. */
export function orderId(now: number): string {
  let chance = '';
  while (chance.length < RANDOM_DIGITS) {
    for (const byte of randomBytes(RANDOM_DIGITS + 5)) {
      if (byte < FAIR && chance.length < RANDOM_DIGITS) chance += ALPHABET[byte % 36];
    }
  }
  return now.toString(36).toUpperCase().padStart(TIME_DIGITS, '0') + chance;
}
