/** Statements and transactions on one connection: how they are sent, and how a commit is told from a guess. */
import type pg from 'pg';
import { CommitUnknown, isAway, sqlState, translated } from './errors.ts';
import type { Statement } from './sql.ts';

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

function beginning(options: TransactionOptions): Statement {
  const isolation = options.isolation === undefined ? '' : ` isolation level ${options.isolation}`;
  return { text: `begin${isolation}${options.readOnly === true ? ' read only' : ''}`, values: [] };
}

async function commit(client: pg.ClientBase): Promise<void> {
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

/**
 * Runs `work` in a transaction on this connection, commits when it resolves, rolls back when it throws. After an `Unavailable` the
 * connection must be thrown away.
 */
export async function within<T>(
  client: pg.ClientBase,
  work: (transaction: Transaction) => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  // Waited for: were BEGIN cancelled, the statements behind it would each commit for themselves.
  await send(client, beginning(options));
  try {
    const result = await work(statements((statement) => send(client, statement)));
    await commit(client);
    return result;
  } catch (error) {
    if (!isAway(error)) await send(client, { text: 'rollback', values: [] });
    throw error;
  }
}
