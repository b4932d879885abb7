/** The servers that the product stands on: RabbitMQ, Redis and PostgreSQL, each broken in the ways that it breaks in earnest. */
import { setTimeout as sleep } from 'node:timers/promises';
import amqp from 'amqplib';
import { Redis } from 'ioredis';
import pg from 'pg';
import type { PrivateServer } from '../../services/private.mjs';
import type { Servers, World } from '../world.ts';
import type { Kind } from './kind.ts';

/** A quorum queue that was declared less than this before a kill -9 stays stuck for ever on RabbitMQ 3.10. */
const SETTLED_QUEUE_MS = 4_000;
const ALARM = { on: '900GB', off: '50MB' };
/** How long commits are looked for. */
const HUNT_MS = 3_000;

export function serverKinds(world: World): readonly Kind[] {
  const { servers } = world;
  return [
    ...(servers === undefined
      ? []
      : [...rabbitKinds(world, servers), ...redisKinds(servers), ...postgresKinds(servers)]),
    ...(world.lacking.disk === undefined && servers !== undefined ? [fullDisk(servers)] : []),
    backendKilledAtCommit(world),
    cutAtCommit(world),
  ];
}

const restart = (server: PrivateServer, name: string): Kind => ({
  name: `${name}.restart`,
  touches: [name],
  holdMs: [0, 0],
  arm: async () => {
    await server.restart();
    return async () => undefined;
  },
});

const kill = (server: PrivateServer, name: string, holdMs: readonly [number, number]): Kind => ({
  name: `${name}.kill`,
  touches: [name],
  holdMs,
  arm: async () => {
    await server.kill();
    return () => server.start();
  },
});

const freeze = (server: PrivateServer, name: string, holdMs: readonly [number, number]): Kind => ({
  name: `${name}.freeze`,
  touches: [name],
  holdMs,
  arm: async () => {
    await server.pause();
    return () => server.resume();
  },
});

function rabbitKinds(world: World, { rabbit }: Servers): readonly Kind[] {
  let declaredAt = Number.NEGATIVE_INFINITY;
  /** Also after a deleted queue was declared anew. */
  const settled = (kind: Kind): Kind => ({
    ...kind,
    arm: async (site) => {
      const waitMs = declaredAt + SETTLED_QUEUE_MS - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      return kind.arm(site);
    },
  });
  const alarm: Kind = {
    name: 'rabbit.disk-alarm',
    touches: ['rabbit'],
    holdMs: [500, 4_000],
    arm: async () => {
      await rabbit.rabbitmqctl('set_disk_free_limit', ALARM.on);
      return async () => void (await rabbit.rabbitmqctl('set_disk_free_limit', ALARM.off));
    },
  };
  const deletedQueue: Kind = {
    name: 'rabbit.deleted-queue',
    touches: ['rabbit'],
    holdMs: [0, 500],
    arm: async ({ chance }) => {
      const { amqp: broker } = world.settled();
      const queues = (await rabbit.rabbitmqctl('list_queues', 'name')).split('\n').map((line) => line.trim());
      // A queue of replies belongs to one connection, and goes with it.
      const ours = queues.filter(
        (name) => broker !== undefined && name.startsWith(broker.prefix) && !name.startsWith(`${broker.prefix}reply.`),
      );
      const chosen = chance.percent(30) ? ours : [chance.pick(ours)];
      const connection = await amqp.connect(rabbit.url);
      connection.on('error', () => undefined);
      const channel = await connection.createChannel();
      channel.on('error', () => undefined);
      for (const queue of chosen) await channel.deleteQueue(queue);
      await connection.close();
      declaredAt = performance.now();
      return async () => {
        declaredAt = performance.now();
      };
    },
  };
  return [
    settled(restart(rabbit, 'rabbit')),
    settled(kill(rabbit, 'rabbit', [0, 500])),
    freeze(rabbit, 'rabbit', [500, 12_000]),
    alarm,
    deletedQueue,
  ];
}

function redisKinds({ redis }: Servers): readonly Kind[] {
  const emptied: Kind = {
    name: 'redis.emptied',
    touches: ['redis'],
    holdMs: [0, 0],
    arm: async () => {
      const client = new Redis(redis.url);
      client.on('error', () => undefined);
      await client.flushall();
      client.disconnect();
      return async () => undefined;
    },
  };
  return [emptied, kill(redis, 'redis', [500, 3_000]), freeze(redis, 'redis', [300, 3_000]), restart(redis, 'redis')];
}

function postgresKinds({ postgres }: Servers): readonly Kind[] {
  const crash: Kind = {
    name: 'postgres.crash',
    touches: ['postgres'],
    holdMs: [0, 1_000],
    arm: async () => {
      await postgres.crash();
      return () => postgres.start();
    },
  };
  return [
    crash,
    kill(postgres, 'postgres', [0, 1_000]),
    freeze(postgres, 'postgres', [300, 3_000]),
    restart(postgres, 'postgres'),
  ];
}

/** No byte is left on PostgreSQL's disk; what it does then (errors, or a panic) is its own. */
const fullDisk = ({ postgres }: Servers): Kind => ({
  name: 'postgres.full-disk',
  touches: ['postgres'],
  holdMs: [1_500, 4_000],
  arm: async () => {
    await postgres.fillDisk();
    return async () => {
      await postgres.freeDisk();
      // It may have gone down for want of room.
      await postgres.start();
    };
  },
});

/**
 * Ends the sessions of the product that are just committing: their clients never learn whether it was committed, and it was. To meet them,
 * commits are made to wait for a replica that does not exist.
 */
const backendKilledAtCommit = (world: World): Kind => ({
  name: 'postgres.backend-killed-at-commit',
  touches: ['postgres'],
  holdMs: [0, 0],
  arm: async ({ chance, note, missed }) => {
    const client = new pg.Client({ connectionString: world.settled().databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    const waitFor = async (names: string): Promise<void> => {
      await client.query(`alter system set synchronous_standby_names = '${names}'`);
      await client.query('select pg_reload_conf()');
    };
    let ended = 0;
    try {
      // Our own statements here must not wait for the replica.
      await client.query('set synchronous_commit = local');
      await waitFor('nobody');
      const wanted = chance.between(1, 5);
      const until = performance.now() + HUNT_MS;
      while (ended < wanted && performance.now() < until) {
        const { rows } = await client.query(`
          select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and wait_event = 'SyncRep'`);
        ended += rows.length;
        await sleep(20);
      }
    } finally {
      await waitFor('');
      await client.end().catch(() => undefined);
    }
    note(`${ended} sessions ended at COMMIT`);
    if (ended === 0) missed();
    return async () => undefined;
  },
});

/** The COMMIT reaches PostgreSQL, its reply does not reach us. */
const cutAtCommit = (world: World): Kind => ({
  name: 'postgres.reply-to-commit-lost',
  touches: ['postgres'],
  holdMs: [500, 2_000],
  arm: async ({ chance }) => {
    const room = chance.pick(['gateway', 'ledger', 'adapters']);
    const proxies = world.ways(room, 'postgres');
    for (const proxy of proxies) proxy.cutAfter((request) => /commit/i.test(request.toString('latin1')));
    return async () => {
      for (const proxy of proxies) proxy.heal();
    };
  },
});
