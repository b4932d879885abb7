/** What RabbitMQ says of the lines' queues, asked passively, on a connection of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelModel, connect } from 'amqplib';
import { Unavailable } from '../../failure.ts';
import { type Line, type LineState, lines } from '../lines.ts';
import { closed } from './closing.ts';

const CONNECT_MS = 5_000;
/** A queue that has no leader does not answer at all. */
const ANSWER_MS = 3_000;
const NOT_FOUND = 404;

export interface RabbitServer {
  readonly url: string;
  readonly password?: string;
  readonly prefix?: string;
}

/** Asks about every line. Throws `Unavailable` when the broker is away. */
export async function inspectRabbitLines({ url, password, prefix = '' }: RabbitServer): Promise<readonly LineState[]> {
  const target = new URL(url);
  if (password !== undefined) target.password = encodeURIComponent(password);
  let model: ChannelModel;
  try {
    model = await connect(target.href, {
      timeout: CONNECT_MS,
      clientProperties: { connection_name: 'qianzhi doctor' },
    });
  } catch (error) {
    throw new Unavailable('RabbitMQ is away', { cause: error });
  }
  model.on('error', () => undefined);
  try {
    return await Promise.all(lines.map((line) => inspectLine(model, line, prefix + line.name)));
  } finally {
    await closed(model);
  }
}

/** A queue that is not there ends the channel it is asked on: each has one of its own. */
async function inspectLine(model: ChannelModel, line: Line, name: string): Promise<LineState> {
  const state = { line, name, waiting: 0, consumers: 0 };
  const asked = async (): Promise<LineState> => {
    const channel = await model.createChannel();
    channel.on('error', () => undefined);
    try {
      const { messageCount, consumerCount } = await channel.checkQueue(name);
      return { line, name, is: 'there', waiting: messageCount, consumers: consumerCount };
    } catch (error) {
      const missing = (error as { code?: unknown }).code === NOT_FOUND;
      return { ...state, is: missing ? 'missing' : 'silent' };
    }
  };
  const given = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: given.signal }).then(
    (): LineState => ({ ...state, is: 'silent' }),
    (): LineState => ({ ...state, is: 'silent' }),
  );
  try {
    return await Promise.race([asked(), late]);
  } finally {
    given.abort();
  }
}
