/** The types of private.mjs, for tests in TypeScript. */

/** A real server of our own; all methods wait until it is done. */
export interface PrivateServer {
  readonly kind: 'redis' | 'postgres' | 'rabbitmq';
  /** With the password; the same after every start. */
  readonly url: string;
  /** PostgreSQL's major version; undefined for the others. */
  readonly version: number | undefined;
  /** What it keeps; gone after `stop`. */
  readonly folder: string;
  readonly logFile: string;
  /** Every process of it now, RabbitMQ's epmd included. */
  processes(): Promise<number[]>;
  /** Starts it again after `kill`. */
  start(): Promise<void>;
  /** Ends it for good and removes its folder. */
  stop(): Promise<void>;
  /** kill -9 of all its processes. RabbitMQ: not within 3 s of declaring a quorum queue. */
  kill(): Promise<void>;
  /** An orderly end and a new start. */
  restart(): Promise<void>;
  /** SIGSTOP to all its processes. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
}

/** @throws Error with what to install. */
export function startPrivateRedis(): Promise<PrivateServer>;
/** @throws Error with what to install. */
export function startPrivateRabbit(): Promise<PrivateServer>;
/** @throws Error with what to install. */
export function startPrivatePostgres(options?: { settings?: Record<string, string | number> }): Promise<PrivateServer>;
