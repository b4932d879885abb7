/** `qianzhi init`: makes an installation: settings, the bank's signing key, the sealing keys, and our certificate authority. */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { createAuthority } from '../../certs/authority.ts';
import { writeSecretFile } from '../../certs/key-file.ts';
import { createKeyFiles } from '../../certs/key-pair.ts';
import { createMasterKeys } from '../../certs/master-key.ts';
import { homeOf, type Paths } from '../installation.ts';
import { Mistake } from '../mistake.ts';

interface InitOptions {
  readonly databaseUrl?: string;
  readonly amqpUrl?: string;
  readonly redisUrl?: string;
  readonly prefix?: string;
  readonly host: string;
  readonly gatewayPort: string;
  readonly gatewayUrl?: string;
  readonly adaptersPort: string;
  readonly keySerial: string;
}

export function addInitCommand(program: Command): void {
  program
    .command('init')
    .description('make an installation in --home: settings, keys, certificate authority')
    .option('--database-url <url>', 'PostgreSQL; without it an embedded one is used (single-node)')
    .option('--amqp-url <url>', 'RabbitMQ; without it the bus is on PostgreSQL')
    .option('--redis-url <url>', 'Redis, which remembers finished answers; optional')
    .option('--prefix <text>', 'put before queue names and Redis keys, where servers are shared')
    .option('--host <address>', 'the address to listen on', '127.0.0.1')
    .option('--gateway-port <port>', 'the port for platforms and browsers', '8080')
    .option('--gateway-url <url>', 'how platforms and browsers reach the gateway (default: http://HOST:PORT)')
    .option('--adapters-port <port>', "the port for channels' callbacks", '8081')
    .option('--key-serial <serial>', "the serial of the bank's signing key", '1')
    .action(async (options: InitOptions, command: Command) => {
      const paths = homeOf(command);
      if (existsSync(paths.config)) throw new Mistake(`${paths.config} exists already: this is an installation`);
      refuseOdd(options);
      await mkdir(paths.keys, { recursive: true, mode: 0o700 });
      await createKeyFiles(paths.gatewayKey, { algorithm: 'RSA2' });
      await createMasterKeys(paths.sealingKey);
      await createAuthority(paths.authority, 'Qianzhi custody CA');
      const settings = await settingsFor(options, paths);
      await writeFile(paths.config, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
      process.stderr.write(
        `Made ${paths.home}: settings in qianzhi.json, keys in keys/, the certificate authority in authority/\n`,
      );
    });
}

/** All that can be wrong is said before anything is written. */
function refuseOdd(options: InitOptions): void {
  const urls = ['databaseUrl', 'amqpUrl', 'redisUrl', 'gatewayUrl'] as const;
  for (const name of urls) {
    const url = options[name];
    if (url !== undefined && !URL.canParse(url)) throw new Mistake(`--${dashed(name)}: expected a URL`);
  }
  for (const name of ['gatewayPort', 'adaptersPort'] as const) {
    const port = Number(options[name]);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new Mistake(`--${dashed(name)}: a port from 1 to 65535`);
  }
}

const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

async function settingsFor(options: InitOptions, paths: Paths): Promise<object> {
  const { host, gatewayPort, adaptersPort, prefix } = options;
  const database = await withoutPassword('database', options.databaseUrl, paths);
  const amqp = await withoutPassword('amqp', options.amqpUrl, paths);
  const redis = await withoutPassword('redis', options.redisUrl, paths);
  return {
    ...(database === undefined ? { embedded: true } : { database }),
    bus:
      amqp === undefined
        ? { kind: 'postgres' }
        : { kind: 'rabbitmq', ...amqp, ...(prefix === undefined ? {} : { prefix: `${prefix}.` }) },
    ...(redis === undefined ? {} : { redis: { ...redis, ...(prefix === undefined ? {} : { prefix: `${prefix}:` }) } }),
    gateway: {
      host,
      port: Number(gatewayPort),
      publicUrl: options.gatewayUrl ?? `http://${host}:${gatewayPort}`,
      keySerial: options.keySerial,
      privateKeyFile: 'keys/gateway.pem',
      sealingKeyFile: 'keys/sealing.keys',
    },
    adapters: {
      host,
      port: Number(adaptersPort),
      publicUrl: `http://${host}:${adaptersPort}`,
      sealingKeyFile: 'keys/sealing.keys',
      channels: {},
    },
    ledger: { partitions: 'all' },
  };
}

/** Settings never hold a password: it goes into a file of its own. */
async function withoutPassword(
  name: string,
  url: string | undefined,
  paths: Paths,
): Promise<{ url: string; passwordFile?: string } | undefined> {
  if (url === undefined) return undefined;
  const bare = new URL(url);
  const password = decodeURIComponent(bare.password);
  if (password === '') return { url };
  bare.password = '';
  await writeSecretFile(`${paths.keys}/${name}.password`, password);
  return { url: bare.href, passwordFile: `keys/${name}.password` };
}
