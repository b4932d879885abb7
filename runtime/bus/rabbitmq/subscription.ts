/**
 * A subscription to one line on RabbitMQ, on a channel of its own. Deliveries pile up while a batch is in hand; the next batch is what has
 * piled up, and one acknowledgement covers a batch. A batch is never given back to the broker to be tried again: it stays in hand, so that
 * nothing overtakes. Only closing the channel gives back, and then the broker delivers in the old order, to whoever is active next.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ConsumeMessage } from 'amqplib';
import { type Family, families } from '../../../contract/topology.ts';
import { Fenced, Unavailable } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { lineOf, lines } from '../lines.ts';
import type { Bus, Delivered, SubscribeOptions, Subscription } from '../port.ts';
import { GivenBack, settle, standStill } from '../settle.ts';
import { closed } from './closing.ts';
import type { Link } from './link.ts';
import { Pile } from './pile.ts';
import type { Receipts } from './receipts.ts';
import { declareLine, type QueueNaming } from './topology.ts';
import { answeredInTime, watchIdle } from './watch.ts';

/** A fenced subscription lets the other one work before it stands by again. */
const FENCED_MS = 1_000;
const AGAIN_MS = 200;

function toDelivered(message: ConsumeMessage, options: SubscribeOptions): Delivered {
  const { headers, messageId, type } = message.properties;
  const family = Object.entries(families).find(
    ([name, { queue }]) => queue === options.queue && (type === undefined || name === type),
  );
  const trace = headers?.['traceparent'];
  return {
    // A stranger's message is delivered as it is: the handler cannot understand it, and it is parked.
    family: (family?.[0] ?? type) as Family,
    platformNo: String(headers?.['platformNo'] ?? ''),
    messageId: String(messageId ?? ''),
    body: message.content.toString('utf8'),
    redelivered: message.fields.redelivered,
    ...(typeof trace === 'string' ? { trace } : {}),
  };
}

/**
 * A prefetch counts messages, and RabbitMQ knows none that counts bytes: a thousand of the largest would fill any memory. When more than so
 * many batches' worth has piled up, the channel is given back and the next one takes few at a time, until what comes is small again.
 */
const MOST_PILED = 4;
const FEW = 2;
const SEEN_SMALL = 100;

/** How much a subscription lets the broker send ahead. */
interface Ahead {
  few: boolean;
}

const receiptWishOf = (message: ConsumeMessage | undefined): readonly string[] => {
  const wish: unknown = message?.properties.replyTo;
  return typeof wish === 'string' ? [wish] : [];
};

/** Where a subscription's answers to others go. */
interface Answering {
  readonly reply: Bus['reply'];
  readonly receipts: Pick<Receipts, 'give'>;
}

async function work(
  channel: Channel,
  options: SubscribeOptions,
  queue: string,
  log: Log,
  { reply, receipts }: Answering,
  signal: AbortSignal,
  ahead: Ahead,
): Promise<void> {
  const mostBytes = MOST_PILED * options.maxBytes;
  const lost = new AbortController();
  const ends = AbortSignal.any([signal, lost.signal]);
  const pile = new Pile(ends);
  channel.on('close', () => lost.abort());
  // One batch in hand, one piling up.
  const { few } = ahead;
  await channel.prefetch(few ? FEW : options.maxBatch * 2);
  // The broker cancels when the queue was deleted. What it had delivered is nowhere else any more: it is worked off first.
  let deleted = false;
  let delivered = 0;
  await answeredInTime(
    channel.consume(queue, (message) => {
      if (message !== null) {
        delivered++;
        pile.add(message);
        if (pile.bytes > mostBytes && !ahead.few) {
          ahead.few = true;
          log.warn({ queue, bytes: pile.bytes }, 'bus: large messages pile up, taking few at a time');
          void closed(channel);
        }
        return;
      }
      deleted = true;
      log.warn({ queue }, 'bus: the queue was deleted, declaring it again');
      pile.end();
    }),
    `${queue} takes no consumer`,
  );
  let working = false;
  // A batch in hand counts as a delivery: it may take long, and what waits behind it is not forgotten.
  const watch = watchIdle(channel, queue, log, () => (working ? Number.NaN : delivered));
  lost.signal.addEventListener('abort', () => clearInterval(watch), { once: true });
  const common = { options, log, reply, signal: ends };
  let owning = false;
  let [seen, seenBytes] = [0, 0];
  while (!ends.aborted) {
    if (!(await pile.some())) break;
    await options.beforeBatch?.();
    if (ends.aborted) break;
    // Nobody is told that he became the active consumer: the first delivery tells it.
    if (!owning) {
      await standStill('taking over', { ...common, acknowledge: async () => undefined }, async () => {
        await options.takeOver?.();
      });
      owning = true;
    }
    const batch = new Map(
      pile.take(options.maxBatch, options.maxBytes).map((message) => [toDelivered(message, options), message] as const),
    );
    working = true;
    await settle([...batch.keys()], {
      ...common,
      acknowledge: async (messages) => {
        const message = batch.get(messages.at(-1) as Delivered);
        if (lost.signal.aborted || message === undefined) throw new GivenBack('the channel is gone');
        // Whatever came before it on this channel was dealt with before. A deleted queue has nothing to be acknowledged to.
        if (!deleted) {
          try {
            channel.ack(message, true);
          } catch (cause) {
            throw new GivenBack('the channel closes', { cause });
          }
        }
        receipts.give(messages.flatMap((one) => receiptWishOf(batch.get(one))));
      },
    });
    working = false;
    if (!few) continue;
    seen += batch.size;
    for (const { content } of batch.values()) seenBytes += content.length;
    if (seen < SEEN_SMALL) continue;
    if ((seenBytes / seen) * options.maxBatch * 2 < mostBytes / 2) {
      ahead.few = false;
      return;
    }
    [seen, seenBytes] = [0, 0];
  }
}

/** Subscribes; returns at once, and works as soon as it can. */
export function subscribeLine(
  link: Link,
  naming: QueueNaming,
  log: Log,
  answering: Answering,
  options: SubscribeOptions,
): Subscription {
  const ending = new AbortController();
  const name = lineOf(options.queue, options.partition);
  const line = lines.find((candidate) => candidate.name === name);
  if (line === undefined) throw new RangeError(`${name} is not in the topology`);

  const ahead: Ahead = { few: false };
  const turn = async (): Promise<void> => {
    const model = await link.connected(ending.signal);
    const channel = await model.createChannel();
    channel.on('error', (error) => log.warn({ err: error, line: name }, 'bus: a channel failed'));
    try {
      await declareLine(channel, line, naming);
      await work(channel, options, naming.prefix + name, log, answering, ending.signal, ahead);
    } finally {
      await closed(channel);
    }
  };

  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      let waitMs = AGAIN_MS;
      try {
        await turn();
      } catch (error) {
        if (ending.signal.aborted) return;
        if (error instanceof Fenced) waitMs = FENCED_MS;
        const expected = error instanceof Fenced || error instanceof GivenBack || error instanceof Unavailable;
        log[expected ? 'warn' : 'error']({ err: error, line: name }, 'bus: a subscription ended, starting again');
      }
      await sleep(waitMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  };
  const running = run();

  return {
    close: async () => {
      ending.abort();
      await running;
    },
  };
}
