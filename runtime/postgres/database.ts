/**
 * A PostgreSQL to work on: a pool of connections under the role of one room, statements and transactions. Every wait has a limit, a lost
 * connection is an `Unavailable` and never an unhandled event, and a lost reply to COMMIT is told apart (`CommitUnknown`).
 */
import pg from 'pg';
import { coalesceWrites } from '../coalesce.ts';
import type { Stop } from '../lifecycle.ts';
import { inTime, socketOf } from './closing.ts';
import { clientConfig, type DatabaseOptions } from './config.ts';
import { isAway, translated } from './errors.ts';
import { listenOn } from './listen.ts';
import { openSession, type Session } from './session.ts';
import { type Statements, send, statements, type Transaction, type TransactionOptions, within } from './statements.ts';

export type { DatabaseOptions, Session, Statements, Transaction, TransactionOptions };

export interface Database extends Statements {
  /**
   * Runs `work` in a transaction, commits when it resolves, rolls back when it throws.
   * @throws CommitUnknown when the reply to COMMIT was lost.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * Calls `take` with the payload of each NOTIFY on the channel, and with undefined after each (re)connection, when some may have been
   * missed. Keeps a connection of its own, for ever. Resolves once it listens for the first time.
   */
  listen(channel: string, take: (payload: string | undefined) => void): Promise<Stop>;
  /** A connection of one's own, beside the pool. */
  session(): Promise<Session>;
  close(): Promise<void>;
}

/** Lends a connection of the pool to `use`; one that broke is thrown away, and the server rolls back what it held. */
async function lent<T>(pool: pg.Pool, use: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  let client: pg.PoolClient;
  try {
    client = await pool.connect();
  } catch (error) {
    throw translated(error);
  }
  let failure: Error | undefined;
  const broken = (error: Error): void => {
    failure = error;
  };
  client.on('error', broken);
  try {
    return await use(client);
  } catch (error) {
    if (isAway(error)) failure ??= error as Error;
    throw error;
  } finally {
    client.off('error', broken);
    client.release(failure);
  }
}

/** Opens a database. Connects only when first used. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = new pg.Pool({ ...clientConfig(options), max: options.max ?? 8, idleTimeoutMillis: 60_000 });
  // An idle connection that breaks is forgotten by the pool; the next user opens another.
  pool.on('error', () => undefined);
  // Between being lent and being listened to, and after being thrown away, a connection that is ended says so to nobody: that must not end us.
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    coalesceWrites(socketOf(client));
  });
  let closing: Promise<void> | undefined;

  return {
    ...statements((statement) => lent(pool, (client) => send(client, statement))),
    transaction: (work, transactionOptions = {}) => lent(pool, (client) => within(client, work, transactionOptions)),
    listen: (channel, take) => listenOn(options, channel, take),
    session: () => openSession(options),
    close: () => {
      closing ??= inTime(pool.end()).then(() => undefined);
      return closing;
    },
  };
}
