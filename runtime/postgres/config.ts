/** How every connection is set up: its role, its limits, its types. */
import type pg from 'pg';
import { identifier } from './sql.ts';
import { types } from './types.ts';

export interface DatabaseOptions {
  /** `postgres://user@host:port/database`. */
  readonly url: string;
  /** The login's password, when the URL has none. */
  readonly password?: string;
  /** The role taken on connecting, e.g. `qianzhi_ledger`; the login must be a member of it. */
  readonly role?: string;
  /** Connections of a pool at most; default 8. */
  readonly max?: number;
  /** Shown in pg_stat_activity; default `qianzhi`. */
  readonly applicationName?: string;
  /** After this a statement is cancelled; default 15,000 ms. */
  readonly statementTimeoutMs?: number;
  /** A transaction that waits for its client for so long is ended; default 30,000 ms. Its locks hold up whoever takes over. */
  readonly idleInTransactionMs?: number;
  /** Commits wait for the disk unless this is false; only for what may be lost in a crash. */
  readonly durable?: boolean;
  /** Further settings of each connection, by name; values without spaces. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A wait for a connection, new or of the pool, ends here. */
const CONNECT_MS = 5_000;
/** A transaction that does nothing for so long is ended by the server: its client has hung. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** How long after the server's own limit we stop believing that it answers. */
const SILENCE_MS = 5_000;

/**
 * How the server notices, within 20 s, a client that is no longer there though nobody said so: the locks and the listening of its sessions
 * hold up whoever takes over. The system's own limit is hours.
 */
const NOTICING = [
  '-c tcp_keepalives_idle=8',
  '-c tcp_keepalives_interval=3',
  '-c tcp_keepalives_count=4',
  '-c tcp_user_timeout=20000',
];

/** The driver's settings of a connection. */
export function clientConfig(options: DatabaseOptions): pg.ClientConfig & { pipeline: boolean } {
  const statementTimeoutMs = options.statementTimeoutMs ?? 15_000;
  const settings = [
    ...(options.role === undefined ? [] : [`-c role=${identifier(options.role).text}`]),
    ...NOTICING,
    ...(options.durable === false ? ['-c synchronous_commit=off'] : []),
    ...Object.entries(options.settings ?? {}).map(([name, value]) => `-c ${identifier(name).text}=${value}`),
  ];
  return {
    connectionString: options.url,
    ...(options.password === undefined ? {} : { password: options.password }),
    application_name: options.applicationName ?? 'qianzhi',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + SILENCE_MS,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    // Statements sent without waiting for each other travel together. Each is answered for itself, so an error stays its own.
    pipeline: true,
    types,
    options: settings.join(' '),
  };
}
