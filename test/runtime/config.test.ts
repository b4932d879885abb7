/** The configuration is read once, whole, and says all that is wrong with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PARTITIONS } from '../../contract/topology.ts';
import { ConfigurationError, parseConfig, readConfig } from '../../runtime/config.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qianzhi-config-'));
  for (const name of ['key.pem', 'other.pem', 'sealing.key']) await writeFile(join(folder, name), 'a key');
  await writeFile(join(folder, 'password'), 'se:cr/et\n');
});
afterAll(() => rm(folder, { recursive: true }));

const gateway = {
  port: 8080,
  publicUrl: 'https://bank.example',
  keySerial: 'B1',
  privateKeyFile: 'key.pem',
  sealingKeyFile: 'sealing.key',
};
const whole = {
  database: { url: 'postgres://qianzhi@db.example/qianzhi', passwordFile: 'password' },
  bus: { kind: 'rabbitmq', url: 'amqp://qianzhi@mq.example', passwordFile: 'password', prefix: 'a_' },
  redis: { url: 'redis://cache.example' },
  gateway,
};

/** The mistakes that are reported. */
function mistakesOf(value: unknown, environment: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parseConfig(value, 'test', folder, environment);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes;
    throw error;
  }
}

describe('the configuration', () => {
  test('is typed, with our limits as defaults, secrets read from their files and paths made whole', () => {
    const config = parseConfig(whole, 'test', folder, {});
    expect(config).toMatchObject({
      home: folder,
      embedded: false,
      database: { url: 'postgres://qianzhi@db.example/qianzhi', password: 'se:cr/et' },
      bus: { kind: 'rabbitmq', url: 'amqp://qianzhi@mq.example', password: 'se:cr/et', prefix: 'a_' },
      gateway: { waitMs: 10_000, bodyLimitBytes: 1_048_576, batchBodyLimitBytes: 8_388_608, clockWindowMs: 600_000 },
      ledger: { partitions: Array.from({ length: PARTITIONS }, (_, partition) => partition) },
      logLevel: 'info',
    });
    expect(config.gateway?.privateKeyFile).toBe(join(folder, 'key.pem'));
    expect(config.gateway?.notifyGapsMs).toHaveLength(9);
  });

  test('reports all its mistakes at once, each with its path', () => {
    const mistakes = mistakesOf({
      database: { url: 'mysql://db.example' },
      bus: { kind: 'carrier pigeon' },
      gateway: { ...gateway, port: 70_000, privateKeyFile: 'missing.pem', publicUrl: 'bank.example', waitMs: '10' },
      ledger: { partitions: [0, 99] },
      logLevel: 'loud',
      colour: 'red',
    });
    expect(mistakes).toHaveLength(9);
    for (const path of [
      'database.url',
      'bus.kind',
      'gateway.port',
      'gateway.privateKeyFile',
      'gateway.publicUrl',
      'gateway.waitMs',
      'ledger.partitions',
      'logLevel',
      'colour',
    ])
      expect(mistakes.some((mistake) => mistake.startsWith(`${path}: `))).toBe(true);
  });

  test('refuses a password inside a URL, and does not repeat it', () => {
    const mistakes = mistakesOf({ ...whole, database: { url: 'postgres://a:hunter2@db.example/x' } });
    expect(mistakes).toHaveLength(1);
    expect(mistakes[0]).not.toContain('hunter2');
  });

  test('needs a database, unless it is embedded or named by the environment', () => {
    const { database: _, ...without } = whole;
    expect(mistakesOf(without)).toHaveLength(1);
    expect(mistakesOf({ ...without, embedded: true })).toEqual([]);
    const environment = { QIANZHI_DATABASE_URL: 'postgres://env@db/x', QIANZHI_AMQP_URL: 'amqp://env@mq' };
    expect(mistakesOf(without, environment)).toEqual([]);
    const config = parseConfig(whole, 'test', folder, environment);
    expect(config.database?.url).toBe('postgres://env@db/x');
    expect(config.bus).toMatchObject({ url: 'amqp://env@mq' });
  });

  test('as a file that is no JSON, or not there, is a mistake that names the file', async () => {
    const file = join(folder, 'broken.json');
    await writeFile(file, '{"bus": ');
    expect(() => readConfig(file)).toThrow(file);
    expect(() => readConfig(join(folder, 'none.json'))).toThrow('cannot be read');
  });
});
