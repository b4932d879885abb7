/**
 * The bus on RabbitMQ: quorum queues, one active consumer per partition. Publishing and consuming have a connection each, because a broker
 * short of memory or disk stops reading from connections that publish, and acknowledgements must still get through.
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../../log.ts';
import { withCanaries } from '../canary.ts';
import type { Bus, Subscription, TransientReply } from '../port.ts';
import { publishing } from '../publishing.ts';
import { Link } from './link.ts';
import { openPublisher } from './publisher.ts';
import { openReceipts } from './receipts.ts';
import { subscribeLine } from './subscription.ts';
import { openTransient } from './transient.ts';

export interface RabbitBusOptions {
  readonly url: string;
  readonly password?: string;
  /** In front of every queue's name. */
  readonly prefix?: string;
  readonly log: Log;
  /** For the broker's list of connections, e.g. `ledger`. */
  readonly name: string;
  /** How long a line may become before it refuses; default 100,000 messages. It is a property of the queues: all must say the same. */
  readonly longest?: number;
}

const LONGEST = 100_000;

/** Opens the bus. Throws `Unavailable` when RabbitMQ is away; afterwards it reconnects by itself. */
export async function openRabbitBus(options: RabbitBusOptions): Promise<Bus> {
  const { url, password, log, name } = options;
  const naming = { prefix: options.prefix ?? '', longest: options.longest ?? LONGEST };
  const address = randomUUID().replaceAll('-', '');
  const linkOptions = { url, log, ...(password === undefined ? {} : { password }) };
  const isBlocked = (): boolean => out.blocked !== undefined;
  const publisher = openPublisher(naming, address, isBlocked, log);
  const transient = openTransient(naming.prefix, address, isBlocked, log);
  const receipts = openReceipts(transient.reply, log);
  let takeReply: (reply: TransientReply) => void = () => undefined;
  transient.onReply((reply) => {
    if (!receipts.heard(reply)) takeReply(reply);
  });
  const out: Link = new Link({ ...linkOptions, name: `${name} out`, unblocked: publisher.unblocked }, [
    publisher.setup,
    transient.setupSending,
  ]);
  const into = new Link({ ...linkOptions, name: `${name} in` }, [transient.setupHearing]);
  const subscriptions = new Set<Subscription>();
  await out.open();
  try {
    await into.open();
  } catch (error) {
    await out.close();
    throw error;
  }

  return {
    address,
    publish: publishing(publisher.send),
    subscribe: async (subscribeOptions) => {
      const subscription = subscribeLine(into, naming, log, { reply: transient.reply, receipts }, subscribeOptions);
      subscriptions.add(subscription);
      return {
        close: async () => {
          await subscription.close();
          subscriptions.delete(subscription);
        },
      };
    },
    reply: transient.reply,
    onReply: (take) => {
      takeReply = take;
    },
    onReceipts: receipts.onReceipts,
    ask: (_platformNo, body) => transient.ask(body),
    serve: (answer) => transient.serve(withCanaries(answer, transient.reply)),
    unwell: () => {
      if (out.model === undefined || into.model === undefined) return 'the bus has lost RabbitMQ';
      return out.blocked === undefined ? undefined : `RabbitMQ takes no messages: ${out.blocked}`;
    },
    close: async () => {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      receipts.flush();
      publisher.close();
      await out.close();
      await into.close();
    },
  };
}
