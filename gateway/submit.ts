/**
 * How an instruction leaves the gateway: evidence is committed, a waiter is registered, the message is published with a deadline, and the
 * answer is waited for. Nothing is promised before the broker accepted it. What has no answer stays in `pending`, and is published again.
 */
import { encode } from '../contract/internal/codec.ts';
import type { InstructionMessage } from '../contract/internal/instruction.ts';
import type { Answer } from '../contract/internal/reply.ts';
import type { Bus } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { Unavailable } from '../runtime/failure.ts';
import { fault } from '../runtime/fault.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Evidence, Keep } from './evidence/keep.ts';
import type { Publish } from './publishing.ts';
import type { Waiters } from './waiting.ts';

/** An instruction as its maker knows it; id, time and the way back are added here. */
export type Submission = Pick<InstructionMessage, 'platformNo' | 'origin' | 'number' | 'digest' | 'act'> & {
  /** Epoch milliseconds of taking it in; default now. */
  readonly receivedAt?: number;
  /** UUIDv7; default a new one. */
  readonly messageId?: string;
  /** W3C traceparent. */
  readonly trace?: string;
};

/**
 * - an `Answer` of the books
 * - `timeout`: accepted, and no answer within the time: it goes on (PROCESSING)
 * - `unknown`: evidence or broker gave no clear word: it may have been claimed, so the same number with the same content is the only
 *   right thing to send again
 * - `full`: surely not accepted for now (overload)
 */
export type Submitted = Answer | 'timeout' | 'unknown' | 'full';

/** Never throws for what is away; `waitMs` counts from the call. */
export type Submit = (
  submission: Submission,
  evidence: Evidence,
  options: { readonly waitMs: number },
) => Promise<Submitted>;

export interface SubmitParts {
  readonly bus: Pick<Bus, 'address' | 'unwell'>;
  readonly keep: Keep;
  readonly publish: Publish;
  readonly waiters: Waiters;
  /** The message will not come to the books: its row in `pending` goes. */
  readonly forget: (messageId: string) => void;
  readonly clock: Clock;
}

export function openSubmit(parts: SubmitParts): Submit {
  const { bus, keep, publish, waiters, forget, clock } = parts;
  return async (submission, evidence, { waitMs }) => {
    // A broker that is away or blocked would only hold the request for its deadline, and the evidence would come due again and again.
    if (bus.unwell() !== undefined) return 'full';
    const { platformNo, origin, number, digest, act, trace } = submission;
    const messageId = submission.messageId ?? uuidv7();
    const receivedAt = submission.receivedAt ?? clock.now();
    const message: InstructionMessage = { version: 1, messageId, platformNo, origin, number, digest, receivedAt, act };
    const body = encode(message);
    const waiting = waiters.expect(messageId, platformNo, waitMs);
    try {
      await keep({ ...evidence, id: messageId, platformNo, digest, receivedAt, body });
    } catch (error) {
      waiting.cancel();
      if (error instanceof Unavailable) return 'unknown';
      throw error;
    }
    await fault('gateway.after-evidence-before-publish');
    const publishing = publish({
      family: 'instruction',
      platformNo,
      messageId,
      body: withReplyTo(body, bus.address, messageId),
      ...(trace === undefined ? {} : { trace }),
    });
    // An answer may overtake the broker's confirm, and then says more than it.
    const first = await Promise.race([publishing, waiting.answer]);
    await fault('gateway.after-publish');
    switch (first) {
      case 'accepted':
        return waiting.answer;
      case 'full':
        // Under overload our own second try would only add to it; the platform's comes with the same number.
        forget(messageId);
        waiting.cancel();
        return 'full';
      case 'unroutable':
      case 'unknown':
      case 'timeout':
        waiting.cancel();
        return 'unknown';
      default:
        return first;
    }
  };
}

/** Adds the way back to an encoded message. */
export function withReplyTo(body: string, address: string, correlationId: string): string {
  return `${body.slice(0, -1)},"replyTo":${JSON.stringify({ address, correlationId })}}`;
}
