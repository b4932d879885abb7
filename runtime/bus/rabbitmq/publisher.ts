/**
 * Publishes to RabbitMQ: on a channel of its own, mandatory and persistent, with confirms in windows. What was not confirmed when the channel
 * went is unknown; what came back is unroutable; what was refused is full.
 */
import type { ChannelModel, ConfirmChannel } from 'amqplib';
import type { Log } from '../../log.ts';
import { lineFor, lines } from '../lines.ts';
import type { Outgoing, Publication } from '../port.ts';
import type { Send } from '../publishing.ts';
import { closed } from './closing.ts';
import { receiptWish } from './receipts.ts';
import { declareLine, declareQuestions, type QueueNaming } from './topology.ts';

interface Waiting {
  readonly message: Outgoing;
  readonly untilMs: number;
  readonly settle: (publication: Publication) => void;
}

export interface Publisher {
  readonly send: Send;
  /** To be run on each new connection. */
  readonly setup: (model: ChannelModel) => Promise<void>;
  /** The broker takes messages again. */
  unblocked(): void;
  /** Ends what still waits for a connection. */
  close(): void;
}

/**
 * How long a missing queue stays missing. One that is declared in the moment after its deletion can inherit the consumers of the one before,
 * and RabbitMQ 3.10 then delivers to them what never reaches them; so they are left time to hear that they were cancelled.
 */
const DECLARE_MS = 1_000;
/** How often it is seen who waits for a confirm in vain. */
const SEE_MS = 1_000;
/** Confirms that never came, before the channel is given up: a stuck queue may never confirm, and the library remembers each. */
const MOST_GIVEN_UP = 2_000;

/**
 * @param address where receipts go.
 * @param isBlocked whether the broker said that it takes nothing; what is sent then would pile up in our memory.
 */
export function openPublisher(naming: QueueNaming, address: string, isBlocked: () => boolean, log: Log): Publisher {
  let channel: ConfirmChannel | undefined;
  let sequence = 0;
  /** Sent and not confirmed, by sequence. */
  const unconfirmed = new Map<string, Waiting>();
  let givenUp = 0;
  /** Messages that came back, by their sequence; their confirm follows. */
  const returned = new Set<string>();
  /** Sent while there was no connection, or the broker was blocked. */
  let waiting: Waiting[] = [];

  const declare = async (on: ConfirmChannel): Promise<void> => {
    for (const line of lines) await declareLine(on, line, naming);
    await declareQuestions(on, naming.prefix);
  };

  let declaring: NodeJS.Timeout | undefined;
  const declareSoon = (on: ConfirmChannel, queue: string): void => {
    if (declaring !== undefined) return;
    log.warn({ queue }, 'bus: a queue is missing, declaring it');
    declaring = setTimeout(() => {
      declaring = undefined;
      if (channel === on) declare(on).catch(() => undefined);
    }, DECLARE_MS);
  };

  const send = (on: ConfirmChannel, one: Waiting): void => {
    const { message, settle } = one;
    const mark = String(sequence++);
    unconfirmed.set(mark, one);
    const confirmed = (error: Error | null): void => {
      unconfirmed.delete(mark);
      if (returned.delete(mark)) settle('unroutable');
      else if (error === null) settle('accepted');
      // The channel's end is told as an error too; a refusal only while it lives.
      else settle(channel === on ? 'full' : 'unknown');
    };
    try {
      on.publish(
        '',
        naming.prefix + lineFor(message),
        Buffer.from(message.body),
        {
          mandatory: true,
          persistent: true,
          contentType: 'application/json',
          messageId: message.messageId,
          type: message.family,
          correlationId: mark,
          ...(message.receipt === undefined ? {} : { replyTo: receiptWish(address, message.receipt) }),
          headers: {
            platformNo: message.platformNo,
            ...(message.trace === undefined ? {} : { traceparent: message.trace }),
          },
        },
        confirmed,
      );
    } catch {
      // The channel closed under our hands.
      unconfirmed.delete(mark);
      settle('unknown');
    }
  };

  /** Sends what waited, and tells those whose time is over. */
  const flush = (): void => {
    const on = channel;
    if (on === undefined || isBlocked()) return;
    const now = performance.now();
    for (const one of waiting.splice(0)) {
      if (one.untilMs > now) send(on, one);
      else one.settle('unknown');
    }
  };

  /**
   * A queue that is stuck confirms nothing: its messages must not use up the room of all others for ever. While the broker is blocked, what was
   * sent lies in our memory, and keeps its room.
   */
  const see = (): void => {
    if (isBlocked() || channel === undefined) return;
    const now = performance.now();
    for (const [mark, { untilMs, settle }] of unconfirmed) {
      if (untilMs > now) continue;
      unconfirmed.delete(mark);
      givenUp++;
      settle('unknown');
    }
    if (givenUp < MOST_GIVEN_UP) return;
    log.warn({ givenUp }, 'bus: too many messages were never confirmed, publishing on a new connection');
    void closed(channel);
  };
  const seeing = setInterval(see, SEE_MS);

  return {
    setup: async (model) => {
      const opened = await model.createConfirmChannel();
      opened.on('error', (error) => log.warn({ err: error }, 'bus: the publishing channel failed'));
      // Before amqplib's own listener, which answers the outstanding confirms.
      opened.prependListener('close', () => {
        if (channel === opened) channel = undefined;
        returned.clear();
        unconfirmed.clear();
        givenUp = 0;
        void closed(model);
      });
      opened.on('return', (message) => {
        returned.add(String(message.properties.correlationId));
        declareSoon(opened, message.fields.routingKey);
      });
      await declare(opened);
      channel = opened;
      flush();
    },
    unblocked: flush,
    send: (message, untilMs) =>
      new Promise((settle) => {
        const one = { message, untilMs, settle };
        if (channel === undefined || isBlocked()) waiting.push(one);
        else send(channel, one);
      }),
    close: () => {
      clearInterval(seeing);
      clearTimeout(declaring);
      for (const { settle } of waiting) settle('unknown');
      waiting = [];
    },
  };
}
