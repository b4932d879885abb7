/** The topology as RabbitMQ's queues. Publishers and consumers declare it alike, so that either may come first. */
import type { Channel } from 'amqplib';
import type { Line } from '../lines.ts';

export interface QueueNaming {
  /** In front of every queue's name, so that several installations can share a broker. */
  readonly prefix: string;
  /** A queue longer than this refuses. */
  readonly longest: number;
}

/**
 * Larger than any number of deliveries. Without a limit a message given back goes to the queue's end, where others have overtaken it; and
 * from 4.0 on the default of 20 would throw it away.
 */
const DELIVERY_LIMIT = 1_000_000_000;

/** Declares the queue of a line. */
export async function declareLine(channel: Channel, line: Line, { prefix, longest }: QueueNaming): Promise<void> {
  await channel.assertQueue(prefix + line.name, {
    durable: true,
    arguments: {
      'x-queue-type': 'quorum',
      'x-max-length': longest,
      'x-overflow': 'reject-publish',
      'x-delivery-limit': DELIVERY_LIMIT,
      ...(line.partitioned ? { 'x-single-active-consumer': true } : {}),
    },
  });
}

export const questionQueue = (prefix: string): string => `${prefix}ledger.query`;
export const replyQueue = (prefix: string, address: string): string => `${prefix}reply.${address}`;

/** Who asked has given up after this. */
const QUESTION_TTL_MS = 15_000;
const MOST_QUESTIONS = 10_000;

/** Declares the queue of questions: any server takes from it, and what is old or too much is dropped. */
export async function declareQuestions(channel: Channel, prefix: string): Promise<void> {
  await channel.assertQueue(questionQueue(prefix), {
    durable: true,
    arguments: {
      'x-queue-type': 'classic',
      'x-message-ttl': QUESTION_TTL_MS,
      'x-max-length': MOST_QUESTIONS,
      'x-overflow': 'drop-head',
    },
  });
}
