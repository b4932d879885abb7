/**
 * Reads a request's body within its limits. Only one service may be long; who sends a long body must get one of few places for it, since
 * nothing about a sender is known before all of it was read. A body over the limit is read on for a while and thrown away, so that its
 * sender is still listening when we refuse.
 */
import type { Readable } from 'node:stream';
import { type Rejection, reject } from '../../contract/codes.ts';

/** Body limits in bytes. */
export interface BodyLimits {
  /** The longest body of every service but the batch. */
  readonly bodyLimitBytes: number;
  /** The longest body of ASYNC_TRANSACTION, which carries thousands of items. */
  readonly batchBodyLimitBytes: number;
}

/** Long bodies being read or handled at once: the memory an unknown sender can make us hold. */
const MOST_LONG = 8;
/** What is thrown away of a body over the limit before the connection is cut. */
const MOST_DISCARDED = 32 * 1024 * 1024;
/** Refuses with the code for overload: see `overloaded`. */
export const overloaded: Rejection = reject('100001', 'too busy, try again');

/** Body limits by service: those not named have the short one. */
export const bodyLimitOf = (serviceName: string, { bodyLimitBytes, batchBodyLimitBytes }: BodyLimits): number =>
  serviceName === 'ASYNC_TRANSACTION' ? batchBodyLimitBytes : bodyLimitBytes;

export interface BodyReader {
  /**
   * Reads to the end. Answers the bytes, or a refusal; a long body keeps its place until `release`.
   * @param release told how to give the place back; to be called when the request is over.
   */
  read(stream: Readable, onRelease: (release: () => void) => void): Promise<Buffer | Rejection>;
}

export function openBodyReader({ bodyLimitBytes, batchBodyLimitBytes }: BodyLimits): BodyReader {
  let long = 0;
  return {
    read: async (stream, onRelease) => {
      const chunks: Buffer[] = [];
      let length = 0;
      let placed = false;
      let refusal: Rejection | undefined;
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        length += chunk.length;
        if (refusal !== undefined) {
          if (length > MOST_DISCARDED) break;
          continue;
        }
        if (length > bodyLimitBytes && !placed) {
          if (long >= MOST_LONG) refusal = overloaded;
          else {
            placed = true;
            long += 1;
            onRelease(() => {
              long -= 1;
            });
          }
        }
        if (length > batchBodyLimitBytes) refusal = reject('100002', `body: at most ${batchBodyLimitBytes} bytes`);
        if (refusal === undefined) chunks.push(chunk);
        else chunks.length = 0;
      }
      return refusal ?? Buffer.concat(chunks, length);
    },
  };
}
