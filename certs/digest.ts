/** SHA-256 in the one form the house writes digests: 64 lower-case hex digits. */
import { createHash } from 'node:crypto';

/** The SHA-256 of bytes, or of a text's UTF-8 bytes. */
export const sha256Hex = (content: Uint8Array | string): string => createHash('sha256').update(content).digest('hex');
