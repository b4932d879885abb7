/**
 * A PostgreSQL to work on: a pool of connections under the role of one room, statements and transactions. Every wait has a limit, a lost
 * connection is an `Unavailable` and never an unhandled event, and a lost reply to COMMIT is told apart (`CommitUnknown`).
 */
import pg from 'pg';
import { Unavailable } from '../failure.ts';
import type { Stop } from '../lifecycle.ts';
import { CommitUnknown, isAway, sqlState, translated } from './errors.ts';
import { listenOn } from './listen.ts';
import { identifier, type Statement } from './sql.ts';
import { types } from './types.ts';

export interface DatabaseOptions {
  /** `postgres://user@host:port/database`. */
  readonly url: string;
  /** The login's password, when the URL has none. */
  readonly password?: string;
  /** The role taken on connecting, e.g. `qianzhi_ledger`; the login must be a member of it. */
  readonly role?: string;
  /** Connections at most; default 8. */
  readonly max?: number;
  /** Shown in pg_stat_activity; default `qianzhi`. */
  readonly applicationName?: string;
  /** After this a statement is cancelled; default 15,000 ms. */
  readonly statementTimeoutMs?: number;
  /** Commits wait for the disk unless this is false; only for what may be lost in a crash. */
  readonly durable?: boolean;
}

/** Runs statements. All of them throw `Unavailable` when the database is away; other database errors pass as they are. */
export interface Statements {
  rows<T>(statement: Statement): Promise<T[]>;
  /** The only row, or undefined; a second row is an error. */
  row<T>(statement: Statement): Promise<T | undefined>;
  /** How many rows were touched. */
  execute(statement: Statement): Promise<number>;
}

/** Statements of one transaction. Statements sent without waiting for each other travel together, and run in the order of sending. */
export type Transaction = Statements;

export interface TransactionOptions {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly readOnly?: boolean;
}

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
  close(): Promise<void>;
}

/** A wait for a connection, new or of the pool, ends here. */
const CONNECT_MS = 5_000;
/** A transaction that does nothing for so long is ended by the server: its client has hung. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** How long after the server's own limit we stop believing that it answers. */
const SILENCE_MS = 5_000;

/** The settings of every connection. */
export function clientConfig(options: DatabaseOptions): pg.ClientConfig {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const settings = [
    ...(options.role === undefined ? [] : [`-c role=${identifier(options.role).text}`]),
    ...(options.durable === false ? ['-c synchronous_commit=off'] : []),
  ];
  return {
    connectionString: options.url,
    ...(options.password === undefined ? {} : { password: options.password }),
    application_name: options.applicationName ?? 'qianzhi',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types,
    ...(settings.length === 0 ? {} : { options: settings.join(' ') }),
  };
}

/** Sends a statement on a connection; errors are translated. */
export async function send(client: pg.ClientBase, statement: Statement): Promise<pg.QueryResult> {
  try {
    return await client.query(statement as pg.QueryConfig);
  } catch (error) {
    throw translated(error);
  }
}

/** The three ways to run a statement, over one way to send it. */
export function statements(run: (statement: Statement) => Promise<pg.QueryResult>): Statements {
  return {
    rows: async <T>(statement: Statement) => (await run(statement)).rows as T[],
    row: async <T>(statement: Statement) => {
      const { rows } = await run(statement);
      if (rows.length > 1) throw new Error(`one row was expected, ${rows.length} came`);
      return rows[0] as T | undefined;
    },
    execute: async (statement) => (await run(statement)).rowCount ?? 0,
  };
}

function beginning(options: TransactionOptions): string {
  const isolation = options.isolation === undefined ? '' : ` isolation level ${options.isolation}`;
  return `begin${isolation}${options.readOnly === true ? ' read only' : ''}`;
}

/** Commits, and throws unless it surely did. */
export async function commit(client: pg.ClientBase): Promise<void> {
  let command: string;
  try {
    ({ command } = await client.query('commit'));
  } catch (error) {
    // A deferred constraint or a serialization failure is a clear no; a lost or shutting server is not.
    if (isAway(error) && !(sqlState(error)?.startsWith('40') ?? false))
      throw new CommitUnknown('the reply to COMMIT was lost', { cause: error });
    throw translated(error);
  }
  // A COMMIT after a failed statement is answered ROLLBACK, without an error.
  if (command !== 'COMMIT') throw new Error('a transaction in which a statement had failed was to be committed');
}

async function inTransaction<T>(
  pool: pg.Pool,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  const client = await taken(pool);
  let failure: Error | undefined;
  const broken = (error: Error): void => {
    failure = error;
  };
  client.on('error', broken);
  try {
    await send(client, { text: beginning(options), values: [] });
    const result = await work(statements((statement) => send(client, statement)));
    await commit(client);
    return result;
  } catch (error) {
    if (isAway(error)) failure ??= error as Error;
    else await client.query('rollback').catch(broken);
    throw error;
  } finally {
    client.off('error', broken);
    // A connection that failed is thrown away with its transaction; the server rolls back what it held.
    client.release(failure);
  }
}

async function taken(pool: pg.Pool): Promise<pg.PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw translated(error);
  }
}

/** Opens a database. Connects only when first used. */
export function openDatabase(options: DatabaseOptions): Database {
  const config = clientConfig(options);
  const pool = new pg.Pool({ ...config, max: options.max ?? 8, idleTimeoutMillis: 60_000 });
  // An idle connection that breaks is forgotten by the pool; the next user opens another.
  pool.on('error', () => undefined);
  let closing: Promise<void> | undefined;

  const run = async (statement: Statement): Promise<pg.QueryResult> => {
    const client = await taken(pool);
    let failure: Error | undefined;
    const broken = (error: Error): void => {
      failure = error;
    };
    client.on('error', broken);
    try {
      return await send(client, statement);
    } catch (error) {
      if (error instanceof Unavailable) failure ??= error;
      throw error;
    } finally {
      client.off('error', broken);
      client.release(failure);
    }
  };

  return {
    ...statements(run),
    transaction: (work, transactionOptions = {}) => inTransaction(pool, work, transactionOptions),
    listen: (channel, take) => listenOn(config, channel, take),
    close: () => {
      closing ??= pool.end();
      return closing;
    },
  };
}
