/**
 * Replies and questions on RabbitMQ: neither persistent nor confirmed nor mandatory. Replies go to a queue that lives and dies with its
 * instance; questions to one queue that all servers share. While the broker does not read, what would pile up is dropped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { Log } from '../../log.ts';
import type { Question, Subscription, TransientReply } from '../port.ts';
import { closed } from './closing.ts';
import { declareQuestions, questionQueue, replyQueue } from './topology.ts';

/** A reply is an answer to somebody who waits, not a file: both implementations drop what is larger, alike. */
const LARGEST_REPLY_BYTES = 1024 * 1024;
/** A message of several replies: a batch of the books answers many who wait at one instance, and each message costs the broker the same. */
const PACK = 'replies';
const PACK_BYTES = 64 * 1024;
/** What may wait for a broker that does not read. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024;
const QUESTIONS = 16;

export interface Transient {
  /** To be run on each new connection for publishing, and for consuming. */
  readonly setupSending: (model: ChannelModel) => Promise<void>;
  readonly setupHearing: (model: ChannelModel) => Promise<void>;
  reply(address: string, replies: readonly TransientReply[]): void;
  onReply(take: (reply: TransientReply) => void): void;
  ask(body: string): boolean;
  serve(answer: (question: Question) => Promise<void>): Promise<Subscription>;
}

/** The replies of one message: one by its correlation id, or several as JSON. */
function unpacked({ content, properties }: ConsumeMessage, log: Log): readonly TransientReply[] {
  const body = content.toString('utf8');
  if (properties.type !== PACK) return [{ correlationId: String(properties.correlationId ?? ''), body }];
  try {
    return JSON.parse(body) as readonly TransientReply[];
  } catch (error) {
    log.error({ err: error }, 'bus: replies that cannot be read');
    return [];
  }
}

/** Replies to one instance in as few messages as may be; what is too large is dropped. */
function packed(replies: readonly TransientReply[], log: Log): readonly (readonly TransientReply[])[] {
  const packs: TransientReply[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const reply of replies) {
    const { correlationId, body } = reply;
    if (body.length > LARGEST_REPLY_BYTES) {
      log.warn({ correlationId, bytes: body.length }, 'bus: a reply was dropped');
      continue;
    }
    bytes += body.length;
    if (bytes > PACK_BYTES) {
      packs.push([]);
      bytes = body.length;
    }
    packs.at(-1)?.push(reply);
  }
  return packs;
}

export function openTransient(prefix: string, address: string, isBlocked: () => boolean, log: Log): Transient {
  let sending: Channel | undefined;
  let hearing: Channel | undefined;
  let waitingBytes = 0;
  let takeReply: (reply: TransientReply) => void = () => undefined;
  let answerQuestion: ((question: Question) => Promise<void>) | undefined;
  let answering = 0;
  let consumerTag: string | undefined;

  const say = (
    queue: string,
    body: string,
    how: { readonly correlationId?: string; readonly type?: string },
  ): boolean => {
    if (sending === undefined || isBlocked() || waitingBytes > MOST_WAITING_BYTES) return false;
    try {
      const content = Buffer.from(body);
      const read = sending.publish('', queue, content, { persistent: false, ...how });
      // Counted from the moment that nothing goes out any more, until all of it did.
      if (!read) waitingBytes += content.length;
      return true;
    } catch {
      return false;
    }
  };

  const consumeQuestions = async (channel: Channel): Promise<void> => {
    const { consumerTag: tag } = await channel.consume(questionQueue(prefix), (message) => {
      if (message === null) {
        void closed(channel);
        return;
      }
      const answer = answerQuestion;
      if (answer === undefined) {
        channel.nack(message, false, true);
        return;
      }
      answering++;
      answer({ body: message.content.toString('utf8') })
        .catch((error: unknown) => log.warn({ err: error }, 'bus: a question was not answered'))
        .finally(() => {
          answering--;
          if (hearing === channel) channel.ack(message);
        });
    });
    consumerTag = tag;
  };

  return {
    setupSending: async (model) => {
      const channel = await model.createChannel();
      channel.on('error', (error) => log.warn({ err: error }, 'bus: the channel of replies failed'));
      channel.on('close', () => {
        if (sending === channel) sending = undefined;
        void closed(model);
      });
      channel.on('drain', () => {
        waitingBytes = 0;
      });
      waitingBytes = 0;
      sending = channel;
    },
    setupHearing: async (model) => {
      const channel = await model.createChannel();
      channel.on('error', (error) => log.warn({ err: error }, 'bus: the channel of replies failed'));
      channel.on('close', () => {
        if (hearing === channel) hearing = undefined;
        void closed(model);
      });
      const queue = replyQueue(prefix, address);
      await channel.assertQueue(queue, { exclusive: true, autoDelete: true, durable: false });
      await channel.consume(
        queue,
        (message) => {
          if (message === null) void closed(channel);
          else for (const reply of unpacked(message, log)) takeReply(reply);
        },
        { noAck: true },
      );
      await declareQuestions(channel, prefix);
      await channel.prefetch(QUESTIONS);
      hearing = channel;
      if (answerQuestion !== undefined) await consumeQuestions(channel);
    },
    reply: (to, replies) => {
      const queue = replyQueue(prefix, to);
      for (const pack of packed(replies, log)) {
        const [only] = pack;
        const said =
          only !== undefined && pack.length === 1
            ? say(queue, only.body, { correlationId: only.correlationId })
            : say(queue, JSON.stringify(pack), { type: PACK });
        if (!said) log.warn({ replies: pack.length }, 'bus: replies were dropped');
      }
    },
    onReply: (take) => {
      takeReply = take;
    },
    ask: (body) => say(questionQueue(prefix), body, {}),
    serve: async (answer) => {
      answerQuestion = answer;
      if (hearing !== undefined) await consumeQuestions(hearing);
      return {
        close: async () => {
          answerQuestion = undefined;
          if (hearing !== undefined && consumerTag !== undefined)
            await hearing.cancel(consumerTag).catch(() => undefined);
          while (answering > 0) await sleep(10);
        },
      };
    },
  };
}
