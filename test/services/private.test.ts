/** Servers for breaking: what is killed comes back on the same URL with what it must keep, and nothing is left at the end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import amqp from 'amqplib';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { processIdentity } from '../../runtime/embedded/postmaster.ts';
import { describeOnRabbit, describeOnRedis, waitFor } from '../servers.ts';
import { type PrivateServer, startPrivatePostgres, startPrivateRabbit, startPrivateRedis } from './private.mjs';

const describeOnPostgres = process.env['QIANZHI_TEST_PG'] ? describe : describe.skip;
let server: PrivateServer;
afterEach(() => server.stop());

/** A killed orphan that nobody has reaped yet does not live. */
function lives(pid: number): boolean {
  return processIdentity(pid) !== undefined;
}

function listens(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function expectNothingLeft(processes: readonly number[]): Promise<void> {
  expect(processes.length).toBeGreaterThan(0);
  await server.stop();
  expect(processes.filter(lives)).toEqual([]);
  expect(existsSync(server.folder)).toBe(false);
  expect(await listens(server.url)).toBe(false);
}

describeOnPostgres('a private PostgreSQL', () => {
  async function query(text: string): Promise<unknown[]> {
    const client = new pg.Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  test('syncs, keeps what was committed over kill -9 and restart, and leaves nothing', async () => {
    server = await startPrivatePostgres({ settings: { log_min_messages: 'error' } });
    expect(await query('show fsync')).toEqual([{ fsync: 'on' }]);
    await query('create table kept as select 7 as n');
    const killed = await server.processes();
    await server.kill();
    expect(killed.filter(lives)).toEqual([]);
    expect(await listens(server.url)).toBe(false);
    await server.start();
    await server.crash();
    expect(await listens(server.url)).toBe(false);
    await server.start();
    await server.restart();
    expect(await query('select n from kept')).toEqual([{ n: 7 }]);
    await expectNothingLeft(await server.processes());
  });

  test.runIf(process.getuid?.() === 0)(
    'refuses to write while its disk is full, and writes again when it is not',
    async () => {
      const small = await startPrivatePostgres({ settings: { max_wal_size: '64MB' }, diskMb: 256 });
      server = small;
      await query('create table heap (text text)');
      await small.fillDisk();
      const much = "insert into heap select repeat('x', 4000) from generate_series(1, 5000)";
      await expect(query(much)).rejects.toThrow();
      await small.freeDisk();
      await small.start();
      await waitFor(() => query("insert into heap values ('x')"));
      await expectNothingLeft(await server.processes());
    },
  );
});

describeOnRedis('a private Redis', () => {
  test('wants its password, is empty after kill -9, and leaves nothing', async () => {
    server = await startPrivateRedis();
    const client = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await client.set('key', 'value');
    await server.kill();
    await server.start();
    expect(await client.get('key')).toBeNull();
    client.disconnect();
    const { hostname, port } = new URL(server.url);
    const stranger = new Redis(Number(port), hostname, { lazyConnect: true, retryStrategy: null });
    stranger.on('error', () => undefined);
    await expect(stranger.get('key')).rejects.toThrow('NOAUTH');
    stranger.disconnect();
    await expectNothingLeft(await server.processes());
  });

  test('hangs while it is paused, and answers when it is resumed', async () => {
    server = await startPrivateRedis();
    const client = new Redis(server.url);
    expect(await client.ping()).toBe('PONG');
    await server.pause();
    let answered = false;
    const answer = client.ping().then((text) => {
      answered = true;
      return text;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(answered).toBe(false);
    await server.resume();
    expect(await answer).toBe('PONG');
    client.disconnect();
  });

  test('does not outlive the process that started it, even when that is killed', async () => {
    const program = join(import.meta.dirname, 'private.mjs');
    const script = `
      const { startPrivateRedis } = await import(${JSON.stringify(program)});
      const server = await startPrivateRedis();
      console.log(JSON.stringify({ pids: await server.processes(), folder: server.folder }));
      setInterval(() => undefined, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(owner.stdout, 'data');
    const { pids, folder } = JSON.parse(String(line));
    expect(pids.filter(lives)).toEqual(pids);
    expect(existsSync(dirname(folder)) && existsSync(folder)).toBe(true);
    owner.kill('SIGKILL');
    await waitFor(() => !pids.some(lives) && !existsSync(folder), { what: 'the end of the orphan and its folder' });
  });
});

describeOnRabbit('a private RabbitMQ', () => {
  test('keeps durable messages over a restart, serves again after kill -9, and leaves neither broker nor epmd', async () => {
    const rabbit = await startPrivateRabbit();
    server = rabbit;
    const first = await amqp.connect(server.url);
    first.on('error', () => undefined);
    const channel = await first.createConfirmChannel();
    await channel.assertQueue('kept', { durable: true });
    channel.sendToQueue('kept', Buffer.from('a message'), { persistent: true });
    await channel.waitForConfirms();
    await first.close();
    expect(await rabbit.rabbitmqctl('list_queues', 'name')).toContain('kept');
    await server.restart();
    await server.kill();
    expect(await listens(server.url)).toBe(false);
    await server.start();
    const second = await amqp.connect(server.url);
    const message = await (await second.createChannel()).get('kept', { noAck: true });
    expect(message ? message.content.toString() : 'no message').toBe('a message');
    await second.close();
    await expectNothingLeft(await server.processes());
  });
});
