/**
 * One connection of one's own, for what belongs to a session: advisory locks, LISTEN, and long-lived owners. When the connection is lost
 * the session is over, and with it whatever it held; nothing reconnects behind the owner's back.
 */
import pg from 'pg';
import { coalesceWrites } from '../coalesce.ts';
import { Unavailable } from '../failure.ts';
import { endClient, socketOf } from './closing.ts';
import { clientConfig, type DatabaseOptions } from './config.ts';
import { isAway, translated } from './errors.ts';
import { identifier } from './sql.ts';
import { type Statements, send, statements, type Transaction, type TransactionOptions, within } from './statements.ts';

export interface Session extends Statements {
  /** Resolves when the connection is gone, by whatever cause. */
  readonly lost: Promise<void>;
  readonly alive: boolean;
  /** Transactions of a session run one after another. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Takes the payloads of NOTIFY on this channel. */
  listen(channel: string, take: (payload: string) => void): Promise<void>;
  close(): Promise<void>;
}

/** Opens a session. Throws `Unavailable` when the database is away. */
export async function openSession(options: DatabaseOptions): Promise<Session> {
  const client = new pg.Client(clientConfig(options));
  let alive = true;
  const lost = new Promise<void>((resolve) => {
    const gone = (): void => {
      alive = false;
      resolve();
    };
    client.on('error', gone);
    client.on('end', gone);
  });
  try {
    await client.connect();
    coalesceWrites(socketOf(client));
  } catch (error) {
    void endClient(client);
    throw translated(error);
  }

  const close = async (): Promise<void> => {
    alive = false;
    await endClient(client);
  };
  const run = async (statement: Parameters<typeof send>[1]): Promise<pg.QueryResult> => {
    if (!alive) throw new Unavailable('the session with PostgreSQL is over');
    return send(client, statement);
  };
  let previous: Promise<unknown> = Promise.resolve();

  return {
    ...statements(run),
    lost,
    get alive() {
      return alive;
    },
    transaction: (work, transactionOptions = {}) => {
      const result = previous.then(async () => {
        if (!alive) throw new Unavailable('the session with PostgreSQL is over');
        try {
          return await within(client, work, transactionOptions);
        } catch (error) {
          // Nobody knows what such a connection holds; the server rolls back when it sees it closed.
          if (isAway(error)) void close();
          throw error;
        }
      });
      previous = result.catch(() => undefined);
      return result;
    },
    listen: async (channel, take) => {
      const name = identifier(channel).text;
      client.on('notification', (notification) => {
        if (notification.channel === name) take(notification.payload ?? '');
      });
      await run({ text: `listen ${name}`, values: [] });
    },
    close,
  };
}
