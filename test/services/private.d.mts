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
  /** Ends it as fast as it can be told to. PostgreSQL: an immediate shutdown, which is a crash. */
  crash(): Promise<void>;
  /** An orderly end and a new start. */
  restart(): Promise<void>;
  /** SIGSTOP to all its processes. */
  pause(): Promise<void>;
  /** SIGCONT. */
  resume(): Promise<void>;
}

/** @throws Error with what to install. */
export function startPrivateRedis(): Promise<PrivateServer>;
export interface PrivateRabbit extends PrivateServer {
  /** Runs the broker's own tool to its end, and gives what it printed. @throws Error with what it said. */
  rabbitmqctl(...args: readonly string[]): Promise<string>;
}

export interface PrivatePostgres extends PrivateServer {
  /** Leaves no byte free on its disk, until `freeDisk`. Only with `diskMb`. */
  fillDisk(): Promise<void>;
  freeDisk(): Promise<void>;
}

/** @throws Error with what to install. */
export function startPrivateRabbit(): Promise<PrivateRabbit>;
/** @param options.diskMb its folder is on a disk of that size, in memory; needs root. @throws Error with what to install. */
export function startPrivatePostgres(options?: {
  settings?: Record<string, string | number>;
  diskMb?: number;
}): Promise<PrivatePostgres>;
