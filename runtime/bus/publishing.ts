/**
 * Publishing, as far as it is the same on every bus: one answer per message, in order, by the deadline, with back-pressure. How a message
 * is sent is the bus's; when the deadline comes first, the answer is `unknown`, whatever happens to it afterwards.
 */
import { Allowance } from './allowance.ts';
import type { Outgoing, Publication } from './port.ts';

/** What may be sent and not yet confirmed: enough for a full window, and little enough that a frozen broker does not fill our memory. */
const OUTSTANDING = { messages: 1_000, bytes: 16 * 1024 * 1024 };

/**
 * Sends one message; resolves with what became of it, however late. Never rejects. Messages are sent in the order of calling; one that still
 * waits for a connection at `untilMs` (on performance.now()'s clock) is not sent any more.
 */
export type Send = (message: Outgoing, untilMs: number) => Promise<Publication>;

/** Makes `Bus.publish` out of a way to send one message. */
export function publishing(
  send: Send,
): (messages: readonly Outgoing[], deadlineMs: number) => Promise<readonly Publication[]> {
  const allowance = new Allowance(OUTSTANDING.messages, OUTSTANDING.bytes);

  return async (messages, deadlineMs) => {
    const untilMs = performance.now() + deadlineMs;
    const answers: Publication[] = messages.map(() => 'unknown');
    let missing = messages.length;
    let allAnswered = (): void => undefined;
    const answered = new Promise<void>((resolve) => {
      allAnswered = resolve;
    });
    if (missing === 0) return answers;

    for (const [index, message] of messages.entries()) {
      const bytes = message.body.length;
      if (!allowance.takeNow(bytes) && !(await allowance.take(bytes, untilMs))) break;
      void send(message, untilMs).then((publication) => {
        allowance.give(bytes);
        answers[index] = publication;
        missing--;
        if (missing === 0) allAnswered();
      });
    }
    const leftMs = untilMs - performance.now();
    let timer: NodeJS.Timeout | undefined;
    if (leftMs > 0) {
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, leftMs);
      });
      await Promise.race([answered, late]);
      clearTimeout(timer);
    }
    // A copy: what answers after the deadline must not change what was said.
    return [...answers];
  };
}
