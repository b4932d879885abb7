/**
 * The bus on PostgreSQL: tables as queues, leases as ownership, notifications as wake-up calls. It works on connections of its own, under
 * the role of the schema `bus`, so that no room can hold it up or look into it.
 */
import { randomUUID } from 'node:crypto';
import type { Log } from '../../log.ts';
import type { DatabaseOptions } from '../../postgres/config.ts';
import { roleOf } from '../../postgres/folder.ts';
import { openSession, type Session } from '../../postgres/session.ts';
import { withCanaries } from '../canary.ts';
import type { Bus, Subscription } from '../port.ts';
import { publishing } from '../publishing.ts';
import { openPublisher } from './publisher.ts';
import { subscribeLine } from './subscription.ts';
import { openTransient } from './transient.ts';

export interface PostgresBusOptions {
  readonly database: Pick<DatabaseOptions, 'url' | 'password'>;
  readonly log: Log;
  /** For pg_stat_activity, e.g. `ledger`. */
  readonly name: string;
  /** How long a line may become before it refuses; default 100,000 messages. */
  readonly longest?: number;
}

const LONGEST = 100_000;
/** Only index scans: what the planner believes of a queue's size is always wrong. */
const PLANNER = { enable_seqscan: 'off', enable_sort: 'off', plan_cache_mode: 'force_generic_plan', jit: 'off' };

/** Opens the bus. Throws `Unavailable` when PostgreSQL is away; afterwards it reconnects by itself. */
export async function openPostgresBus(options: PostgresBusOptions): Promise<Bus> {
  const { database, log, name } = options;
  const open = (durable: boolean) => (): Promise<Session> =>
    openSession({
      ...database,
      role: roleOf('bus'),
      applicationName: `qianzhi ${name} bus`,
      durable,
      settings: PLANNER,
    });
  const address = randomUUID().replaceAll('-', '');
  const transient = await openTransient(open(false), address, log);
  const publisher = openPublisher({ open: open(true), longest: options.longest ?? LONGEST, log });
  const subscriptions = new Set<Subscription>();

  return {
    address,
    publish: publishing(publisher.send),
    subscribe: async (subscribeOptions) => {
      // An acknowledgement lost in a crash is a redelivery, which is legal; so it need not wait for the disk.
      const subscription = subscribeLine({ open: open(false), log, reply: transient.reply }, subscribeOptions);
      subscriptions.add(subscription);
      return {
        close: async () => {
          await subscription.close();
          subscriptions.delete(subscription);
        },
      };
    },
    reply: transient.reply,
    onReply: transient.onReply,
    ask: (_platformNo, body) => transient.ask(body),
    serve: (answer) => transient.serve(withCanaries(answer, transient.reply)),
    unwell: () => (transient.listening ? undefined : 'the bus has lost PostgreSQL'),
    close: async () => {
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await publisher.close();
      await transient.close();
    },
  };
}
