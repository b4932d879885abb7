/** Watches over a consumer: what the broker does not answer, and deliveries that it forgot. */
import type { Channel } from 'amqplib';
import { Unavailable } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { closed } from './closing.ts';

/** A queue without a leader never answers a consumer; the subscription then begins anew, and so finds the queue mended. */
const CONSUME_MS = 10_000;
/** An idle subscription looks so often whether messages wait that never reach it. */
const IDLE_MS = 5_000;

/** Waits for the broker's answer. Throws `Unavailable` when it does not come; then the channel is to be closed. */
export async function answeredInTime(answer: Promise<unknown>, otherwise: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unavailable(otherwise)), CONSUME_MS);
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
    answer.catch(() => undefined);
  }
}

/**
 * Gives a channel back to which nothing is delivered although messages wait: the broker counts its consumer and forgot it, as happens when a
 * queue is deleted and declared again in one moment. Whoever stands by for a busy owner is taken for forgotten too, which harms nobody.
 */
export function watchIdle(channel: Channel, queue: string, log: Log, delivered: () => number): NodeJS.Timeout {
  let before = -1;
  let waited = false;
  return setInterval(() => {
    const idle = delivered() === before;
    before = delivered();
    if (!idle) waited = false;
    else
      channel.checkQueue(queue).then(
        ({ messageCount }) => {
          const still = messageCount > 0 && delivered() === before;
          if (still && waited) {
            log.warn({ queue, messageCount }, 'bus: messages wait and none is delivered, subscribing anew');
            void closed(channel);
          }
          waited = still;
        },
        () => undefined,
      );
  }, IDLE_MS);
}
