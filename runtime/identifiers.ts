/** Identifiers that sort by their time, so that indexes grow at one end: UUIDv7 for messages, order numbers for channels. */
import { randomBytes } from 'node:crypto';
import { v7 } from 'uuid';

/** A time-ordered UUID (RFC 9562, version 7). */
export function uuidv7(): string {
  return v7();
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
