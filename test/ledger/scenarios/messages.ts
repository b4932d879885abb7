/** Instructions as the rooms send them, for scenarios: numbered message ids, digests of their content, sealed personal data. */
import { createHash } from 'node:crypto';
import { encode } from '../../../contract/internal/codec.ts';
import type { Act, InstructionMessage, Origin } from '../../../contract/internal/instruction.ts';
import type { PersonalKind, Sealed } from '../../../contract/sealed.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Personal data as the gateway would seal it; nobody here opens it. */
export function sealed(kind: PersonalKind, value: string): Sealed {
  return {
    keyVersion: 1,
    ciphertext: Buffer.from(sha256(`cipher ${kind} ${value}`), 'hex').toString('base64'),
    keyedHash: sha256(`${kind}\n${value}`),
    masked: `${'*'.repeat(Math.max(0, value.length - 4))}${value.slice(-4)}`,
  };
}

/** Makes messages of one platform; times stand still until `pass`. */
export class Sender {
  readonly platformNo: string;
  now: number;
  #sent = 0;

  constructor(platformNo: string, now: number) {
    this.platformNo = platformNo;
    this.now = now;
  }

  pass(ms: number): void {
    this.now += ms;
  }

  message(origin: Origin, number: string, act: Act): InstructionMessage {
    this.#sent += 1;
    const id = createHash('sha256').update(`${this.platformNo} ${this.#sent}`).digest('hex');
    return {
      version: 1,
      messageId: `${id.slice(0, 8)}-${id.slice(8, 12)}-7${id.slice(13, 16)}-8${id.slice(17, 20)}-${id.slice(20, 32)}`,
      platformNo: this.platformNo,
      origin,
      number,
      digest: sha256(encode({ version: 1, act })),
      receivedAt: this.now,
      act,
    };
  }
}
