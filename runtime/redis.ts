/**
 * Redis, as what it is here: a filter and a cache that can be emptied. Every command has a short limit, nothing queues while it is away, and
 * every failure is `Unavailable`; callers then do without it. Nothing about money is decided by it, for a command whose reply was lost
 * may be answered for a message that nobody processed.
 */
import { Redis } from 'ioredis';
import { coalesceWrites } from './coalesce.ts';
import { Unavailable } from './failure.ts';

export interface Cache {
  get(key: string): Promise<string | undefined>;
  /** @param ttlMs after which it is forgotten. */
  set(key: string, value: string, ttlMs: number): Promise<void>;
  /** True when it was not there before. */
  setIfAbsent(key: string, value: string, ttlMs: number): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** The server's clock, epoch milliseconds. */
  time(): Promise<number>;
  /** undefined when healthy, else the reason in words. */
  unwell(): string | undefined;
  close(): Promise<void>;
}

const COMMAND_MS = 250;
const CONNECT_MS = 2_000;
const AGAIN_MS = 2_000;

/** Opens Redis. Does not wait for the connection: until it is there, commands fail. */
export function openRedis(options: { url: string; password?: string; prefix?: string }): Cache {
  const redis = new Redis(options.url, {
    ...(options.password === undefined ? {} : { password: options.password }),
    keyPrefix: options.prefix ?? '',
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (tries) => Math.min(50 * 2 ** tries, AGAIN_MS),
  });
  let failure: string | undefined = 'not connected yet';
  redis.on('error', (error: Error & { code?: string }) => {
    failure = error.code ?? error.name;
  });
  redis.on('connect', () => coalesceWrites(redis.stream));
  redis.on('ready', () => {
    failure = undefined;
  });
  redis.on('close', () => {
    failure ??= 'the connection was closed';
  });
  const or = async <T>(command: Promise<T>): Promise<T> => {
    try {
      return await command;
    } catch (error) {
      throw new Unavailable('Redis is away', { cause: error });
    }
  };
  return {
    get: async (key) => (await or(redis.get(key))) ?? undefined,
    set: async (key, value, ttlMs) => {
      await or(redis.set(key, value, 'PX', ttlMs));
    },
    setIfAbsent: async (key, value, ttlMs) => (await or(redis.set(key, value, 'PX', ttlMs, 'NX'))) === 'OK',
    delete: async (key) => {
      await or(redis.del(key));
    },
    time: async () => {
      const [seconds, microseconds] = await or(redis.time());
      return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
    },
    unwell: () => failure && `Redis: ${failure}`,
    close: async () => {
      redis.disconnect();
    },
  };
}
