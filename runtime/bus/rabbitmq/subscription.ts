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
import { declareLine, type QueueNaming } from './topology.ts';

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

/** What was delivered and is not in hand yet. */
class Pile {
  readonly #messages: ConsumeMessage[] = [];
  #ended = false;
  #wake = (): void => undefined;

  constructor(ends: AbortSignal) {
    this.#ended = ends.aborted;
    ends.addEventListener(
      'abort',
      () => {
        this.#ended = true;
        this.#wake();
      },
      { once: true },
    );
  }

  add(message: ConsumeMessage): void {
    this.#messages.push(message);
    this.#wake();
  }

  /** Waits until there is something, or the end. */
  async some(): Promise<void> {
    if (this.#messages.length > 0 || this.#ended) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = () => undefined;
  }

  take(most: number, mostBytes: number): ConsumeMessage[] {
    let count = 0;
    for (let bytes = 0; count < Math.min(most, this.#messages.length); count++) {
      bytes += this.#messages[count]?.content.length ?? 0;
      if (count > 0 && bytes > mostBytes) break;
    }
    return this.#messages.splice(0, count);
  }
}

async function work(
  channel: Channel,
  options: SubscribeOptions,
  queue: string,
  log: Log,
  reply: Bus['reply'],
  signal: AbortSignal,
): Promise<void> {
  const lost = new AbortController();
  const ends = AbortSignal.any([signal, lost.signal]);
  const pile = new Pile(ends);
  channel.on('close', () => lost.abort());
  // One batch in hand, one piling up.
  await channel.prefetch(options.maxBatch * 2);
  await channel.consume(queue, (message) => {
    // The broker cancels when the queue was deleted.
    if (message === null) lost.abort();
    else pile.add(message);
  });
  const common = { options, log, reply, signal: ends };
  let owning = false;
  while (!ends.aborted) {
    await pile.some();
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
    await settle([...batch.keys()], {
      ...common,
      acknowledge: async (messages) => {
        const message = batch.get(messages.at(-1) as Delivered);
        if (lost.signal.aborted || message === undefined) throw new GivenBack('the channel is gone');
        // Whatever came before it on this channel was dealt with before.
        channel.ack(message, true);
      },
    });
  }
}

/** Subscribes; returns at once, and works as soon as it can. */
export function subscribeLine(
  link: Link,
  naming: QueueNaming,
  log: Log,
  reply: Bus['reply'],
  options: SubscribeOptions,
): Subscription {
  const ending = new AbortController();
  const name = lineOf(options.queue, options.partition);
  const line = lines.find((candidate) => candidate.name === name);
  if (line === undefined) throw new RangeError(`${name} is not in the topology`);

  const turn = async (): Promise<void> => {
    const model = await link.connected(ending.signal);
    const channel = await model.createChannel();
    channel.on('error', (error) => log.warn({ err: error, line: name }, 'bus: a channel failed'));
    try {
      await declareLine(channel, line, naming);
      await work(channel, options, naming.prefix + name, log, reply, ending.signal);
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
