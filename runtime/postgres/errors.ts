/**
 * What went wrong in PostgreSQL, told by SQLSTATE and constraint name, never by text. What means "away for now" becomes `Unavailable`;
 * everything else stays what it is, for the caller to know (a unique key that was hit) or as a defect.
 */
import pg from 'pg';
import { Unavailable } from '../failure.ts';

/** The reply to COMMIT was lost: committed or not, nobody knows. Reconnect and look the claim up; never take it for success. */
export class CommitUnknown extends Unavailable {
  readonly commit = 'unknown';
}

/** SQLSTATE classes after which the same work may succeed: connection, resources, operator intervention, system error. */
const awayClasses = new Set(['08', '53', '57', '58']);
/** SQLSTATEs outside of those classes after which the same work may succeed. */
const awayStates = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
  '55P03', // lock_not_available
  '25006', // read_only_sql_transaction: we reached a replica, or a primary that was just demoted
  '25P03', // idle_in_transaction_session_timeout
  '26000', // invalid_sql_statement_name: its preparation failed a moment before, on a pipelined connection
  '0A000', // feature_not_supported: a cached plan whose table was migrated; the connection is thrown away
]);

/** The SQLSTATE, when the server itself said what is wrong. */
export function sqlState(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Whether the error is a violation of this constraint or unique index. */
export function violates(error: unknown, constraint: string): boolean {
  return error instanceof pg.DatabaseError && error.code?.startsWith('23') === true && error.constraint === constraint;
}

/** Whether the same work may succeed later. What the driver itself reports, without SQLSTATE, is about the connection. */
export function isAway(error: unknown): boolean {
  if (error instanceof Unavailable) return true;
  if (error instanceof pg.DatabaseError) {
    const state = error.code ?? '';
    return awayClasses.has(state.slice(0, 2)) || awayStates.has(state);
  }
  // The driver has no class for its connection errors: they are plain errors, or Node's with an errno. A value that cannot be
  // written or a row that cannot be read is a TypeError, RangeError or SyntaxError, and stays one.
  return error instanceof Error && (error.constructor === Error || 'errno' in error || error instanceof AggregateError);
}

/** The error to throw instead: `Unavailable` with the original as cause when it is that, else itself. */
export function translated(error: unknown): unknown {
  if (error instanceof Unavailable || !isAway(error)) return error;
  return new Unavailable(`PostgreSQL is away (${sqlState(error) ?? 'connection'})`, { cause: error });
}
