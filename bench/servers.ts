/** PostgreSQL, RabbitMQ and Redis of the benchmark's own, with their safety switched on; it ends them. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Servers } from '../demo/house.ts';
import type { PrivateServer } from '../test/services/private.mjs';
import type { Processes } from './cpu.ts';

export interface RunningServers {
  readonly urls: Servers;
  /** The processes of each server, now. */
  processes(): Promise<Processes>;
  stop(): Promise<void>;
}

export async function startServers(root: string): Promise<RunningServers> {
  const script = pathToFileURL(join(root, 'test/services/private.mjs')).href;
  const starters = (await import(script)) as {
    startPrivatePostgres(options: { settings: Record<string, string> }): Promise<PrivateServer>;
    startPrivateRabbit(): Promise<PrivateServer>;
    startPrivateRedis(): Promise<PrivateServer>;
  };
  const settings = { shared_buffers: '1GB', max_wal_size: '8GB', fsync: 'on', synchronous_commit: 'on' };
  const [postgres, rabbit, redis] = await Promise.all([
    starters.startPrivatePostgres({ settings }),
    starters.startPrivateRabbit(),
    starters.startPrivateRedis(),
  ]);
  return {
    urls: { databaseUrl: postgres.url, amqpUrl: rabbit.url, redisUrl: redis.url },
    processes: async () => ({
      postgresql: await postgres.processes(),
      rabbitmq: await rabbit.processes(),
      redis: await redis.processes(),
    }),
    stop: async () => void (await Promise.all([postgres.stop(), rabbit.stop(), redis.stop()])),
  };
}
