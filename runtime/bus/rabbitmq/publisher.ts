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
  /** Ends what still waits for a connection. */
  close(): void;
}

export function openPublisher(naming: QueueNaming, log: Log): Publisher {
  let channel: ConfirmChannel | undefined;
  let sequence = 0;
  /** Messages that came back, by their sequence; their confirm follows. */
  const returned = new Set<string>();
  /** Sent while there was no connection. */
  let waiting: Waiting[] = [];

  const declare = async (on: ConfirmChannel): Promise<void> => {
    for (const line of lines) await declareLine(on, line, naming);
    await declareQuestions(on, naming.prefix);
  };

  const send = (on: ConfirmChannel, { message, settle }: Waiting): void => {
    const mark = String(sequence++);
    const confirmed = (error: Error | null): void => {
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
          headers: {
            platformNo: message.platformNo,
            ...(message.trace === undefined ? {} : { traceparent: message.trace }),
          },
        },
        confirmed,
      );
    } catch {
      // The channel closed under our hands.
      settle('unknown');
    }
  };

  return {
    setup: async (model) => {
      const opened = await model.createConfirmChannel();
      opened.on('error', (error) => log.warn({ err: error }, 'bus: the publishing channel failed'));
      // Before amqplib's own listener, which answers the outstanding confirms.
      opened.prependListener('close', () => {
        if (channel === opened) channel = undefined;
        returned.clear();
        void closed(model);
      });
      opened.on('return', (message) => {
        returned.add(String(message.properties.correlationId));
        log.warn({ queue: message.fields.routingKey }, 'bus: a queue is missing, declaring it');
        declare(opened).catch(() => undefined);
      });
      await declare(opened);
      channel = opened;
      const now = performance.now();
      const late = waiting;
      waiting = [];
      for (const one of late) {
        if (one.untilMs > now) send(opened, one);
        else one.settle('unknown');
      }
    },
    send: (message, untilMs) =>
      new Promise((settle) => {
        const one = { message, untilMs, settle };
        if (channel === undefined) waiting.push(one);
        else send(channel, one);
      }),
    close: () => {
      for (const { settle } of waiting) settle('unknown');
      waiting = [];
    },
  };
}
