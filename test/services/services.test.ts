/** The services script must say what is missing and why, never with a password, and must not take a dead server for a living one. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freePort } from '../servers.ts';

interface Services {
  readonly environment: Record<string, string>;
  readonly present: readonly { kind: string; how: string }[];
  readonly missing: readonly { kind: string; title: string; reason: string }[];
  readonly advice: string;
}

/** Runs startServices in a process of its own with this environment only. */
async function services(environment: Record<string, string>): Promise<Services> {
  const program = join(import.meta.dirname, 'main.mjs');
  const script = `
    const { startServices } = await import(${JSON.stringify(program)});
    const { environment, present, missing, advice, stop } = await startServices();
    console.log(JSON.stringify({ environment, present, missing, advice }));
    await stop();`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
    env: { PATH: process.env['PATH'], ...environment },
  });
  return JSON.parse(stdout);
}

const nothingHere = {
  QIANZHI_TEST_HIDE: 'postgres,redis,rabbitmq',
  QIANZHI_TEST_INSTALL: 'no',
  QIANZHI_TEST_STATE: '/dev/null',
};

test('a machine without servers is told which are missing and what to install', async () => {
  const { environment, missing, advice } = await services(nothingHere);
  expect(environment).toEqual({});
  expect(missing.map(({ title }) => title)).toEqual(['PostgreSQL (server)', 'Redis', 'RabbitMQ']);
  expect(missing.every(({ reason }) => reason.includes('not installed'))).toBe(true);
  for (const variable of ['QIANZHI_TEST_PG', 'QIANZHI_TEST_REDIS', 'QIANZHI_TEST_AMQP'])
    expect(advice).toContain(variable);
});

test('a named server that does not answer is missing, and its password is not told', async () => {
  const dead = `redis://:secret-word@127.0.0.1:${await freePort()}`;
  const { missing, environment } = await services({ ...nothingHere, QIANZHI_TEST_REDIS: dead });
  expect(environment).toEqual({});
  const [redis] = missing.filter(({ kind }) => kind === 'redis');
  expect(redis?.reason).toContain(`QIANZHI_TEST_REDIS is set, but no Redis answers at ${new URL(dead).host}`);
  expect(JSON.stringify(missing)).not.toContain('secret-word');
});

test.skipIf(!process.env['QIANZHI_TEST_REDIS'])(
  'a named server that answers is used as it is, and not stopped',
  async () => {
    const url = process.env['QIANZHI_TEST_REDIS'] ?? '';
    for (let time = 1; time <= 2; time++) {
      const { environment, present } = await services({ ...nothingHere, QIANZHI_TEST_REDIS: url });
      expect(environment).toEqual({ QIANZHI_TEST_REDIS: url });
      expect(present).toMatchObject([{ kind: 'redis', how: 'named by QIANZHI_TEST_REDIS' }]);
    }
  },
);

test('something else that listens at the port is not taken for the server', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { missing } = await services({ ...nothingHere, QIANZHI_TEST_AMQP: `amqp://127.0.0.1:${port}` });
  other.close();
  expect(missing.find(({ kind }) => kind === 'rabbitmq')?.reason).toContain('no RabbitMQ answers');
});
