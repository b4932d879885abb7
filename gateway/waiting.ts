/**
 * Who waits for an answer of the books: a waiter is registered under its correlation id before the message is published, and gets the
 * first reply that comes for it. A reply that nobody waits for any more is only told to `answered`.
 */
import { decode } from '../contract/internal/codec.ts';
import type { Answer, ReplyMessage } from '../contract/internal/reply.ts';
import type { TransientReply } from '../runtime/bus/port.ts';
import type { Log } from '../runtime/log.ts';

export interface Waiting {
  /** Resolves with the answer, or with `timeout` after the time given. Never rejects. */
  readonly answer: Promise<Answer | 'timeout'>;
  /** Stops waiting; `answer` resolves with `timeout`. */
  cancel(): void;
}

export interface Waiters {
  /** Starts to wait. @param waitMs milliseconds from now. */
  expect(correlationId: string, platformNo: string, waitMs: number): Waiting;
  /** Takes a reply from the bus. */
  take(reply: TransientReply): void;
  /** How many wait. */
  count(): number;
}

interface Waiter {
  readonly platformNo: string;
  resolve(answer: Answer | 'timeout'): void;
}

/** @param answered told the correlation id of every reply, awaited or late. */
export function openWaiters(log: Log, answered: (correlationId: string) => void): Waiters {
  const waiters = new Map<string, Waiter>();
  return {
    expect: (correlationId, platformNo, waitMs) => {
      let settle: (answer: Answer | 'timeout') => void = () => undefined;
      const answer = new Promise<Answer | 'timeout'>((resolve) => {
        const timer = setTimeout(() => settle('timeout'), waitMs);
        settle = (outcome) => {
          clearTimeout(timer);
          waiters.delete(correlationId);
          resolve(outcome);
        };
      });
      waiters.set(correlationId, { platformNo, resolve: settle });
      return { answer, cancel: () => settle('timeout') };
    },
    take: ({ correlationId, body }) => {
      let message: ReplyMessage;
      try {
        message = decode<ReplyMessage>(body);
      } catch (error) {
        log.error({ err: error, correlationId }, 'a reply that cannot be read');
        return;
      }
      const waiter = waiters.get(correlationId);
      if (waiter !== undefined && waiter.platformNo !== message.platformNo) {
        log.error({ correlationId }, 'a reply for another platform than the one that waits');
        return;
      }
      answered(correlationId);
      waiter?.resolve(message.answer);
    },
    count: () => waiters.size,
  };
}
