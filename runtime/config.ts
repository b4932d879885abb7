/**
 * The configuration: one JSON file, read once into a typed value. Secrets are paths of files, never values; URLs of our own servers may be
 * overridden from the environment; nothing about keys or hosts of others has a default. All mistakes are reported at once.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { PARTITIONS } from '../contract/topology.ts';
import { Reading } from './config-reading.ts';
import { type LogLevel, logLevels } from './log.ts';

export interface DatabaseConfig {
  /** The application's login. */
  readonly url: string;
  /** The owner's login, for migrations; default: `url`. */
  readonly ownerUrl?: string;
  readonly password?: string;
}

export type BusConfig =
  | { readonly kind: 'postgres' }
  | { readonly kind: 'rabbitmq'; readonly url: string; readonly password?: string; readonly prefix?: string };

export interface RedisConfig {
  readonly url: string;
  readonly password?: string;
  readonly prefix?: string;
}

export interface GatewayConfig {
  readonly host: string;
  readonly port: number;
  /** Where browsers and platforms reach us; host and protocol come from here, never from a header. */
  readonly publicUrl: string;
  /** Our own key's serial, which answers and notifications name. */
  readonly keySerial: string;
  readonly privateKeyFile: string;
  readonly sealingKeyFile: string;
  /** How long `/service` waits for a result before it answers PROCESSING. */
  readonly waitMs: number;
  readonly bodyLimitBytes: number;
  readonly batchBodyLimitBytes: number;
  /** How far a message's timestamp may be from ours. */
  readonly clockWindowMs: number;
  /** Messages per second that each gateway takes from a platform for which no other number is set; default 500. */
  readonly platformPerSecond?: number;
  /** The gaps between tries to notify; then parked. */
  readonly notifyGapsMs: readonly number[];
}

/** A payment company that speaks the first channel's protocol (simulators/payment-company). */
export interface PaymentCompanyConfig {
  readonly kind: 'payment-company';
  readonly url: string;
  readonly merchantNo: string;
  /** Ours, which signs what we ask. */
  readonly privateKeyFile: string;
  /** Theirs, which proves what they say. */
  readonly channelPublicKeyFile: string;
  /** How long we wait for an answer; then it is unknown. */
  readonly timeoutMs: number;
  /** After this long without it, "no such order" is a no. */
  readonly acceptanceWindowMs: number;
}

export interface AdaptersConfig {
  readonly host: string;
  readonly port: number;
  /** Where channels call back. */
  readonly publicUrl: string;
  readonly sealingKeyFile: string;
  /** By the channel's name, as platforms and orders call it. */
  readonly channels: Readonly<Record<string, PaymentCompanyConfig>>;
  /** The channel of orders that wish none, or one that is neither a channel's name nor in `routes`. */
  readonly defaultChannel: string;
  /** Pay companies that platforms may wish, and the channel that serves each. */
  readonly routes: Readonly<Record<string, string>>;
  /** How old a pending or unknown order must be before it is asked about, and the longest gap between asking. */
  readonly askAfterMs: number;
  readonly askAtMostEveryMs: number;
}

export interface LedgerConfig {
  readonly partitions: readonly number[];
}

export interface Config {
  /** The folder that relative paths start from, and that belongs to this installation. */
  readonly home: string;
  /** PostgreSQL is started by the program itself; then `database` is filled in by it. Single-node. */
  readonly embedded: boolean;
  readonly database?: DatabaseConfig;
  readonly bus: BusConfig;
  readonly redis?: RedisConfig;
  readonly gateway?: GatewayConfig;
  readonly adapters?: AdaptersConfig;
  readonly ledger: LedgerConfig;
  readonly logLevel: LogLevel;
}

/** What is wrong with the configuration, all of it. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly mistakes: readonly string[];
  constructor(where: string, mistakes: readonly string[]) {
    super(`${where}:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
    this.mistakes = mistakes;
  }
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const MIB = 1024 * 1024;
/** The gaps after which a notification is told again: close at first, a day apart at last. */
const NOTIFY_GAPS_MS = [1, 5, 15, 30, 60, 120, 360, 720, 1440].map((minutes) => minutes * MINUTE_MS);

function readDatabase(at: Reading, environment: NodeJS.ProcessEnv): DatabaseConfig | undefined {
  const url = at.optionalUrl('url', ['postgres:', 'postgresql:'], environment['QIANZHI_DATABASE_URL']);
  const ownerUrl = at.optionalUrl('ownerUrl', ['postgres:', 'postgresql:'], environment['QIANZHI_DATABASE_OWNER_URL']);
  const password = at.secret('passwordFile');
  at.done();
  if (url === undefined) return undefined;
  return {
    url,
    ...(ownerUrl === undefined ? {} : { ownerUrl }),
    ...(password === undefined ? {} : { password }),
  };
}

function readBus(at: Reading, environment: NodeJS.ProcessEnv): BusConfig {
  const kind = at.oneOf('kind', ['postgres', 'rabbitmq'] as const);
  if (kind !== 'rabbitmq') {
    at.done();
    return { kind: 'postgres' };
  }
  const url = at.url('url', ['amqp:', 'amqps:'], environment['QIANZHI_AMQP_URL']);
  const password = at.secret('passwordFile');
  const prefix = at.optionalText('prefix');
  at.done();
  return {
    kind,
    url,
    ...(password === undefined ? {} : { password }),
    ...(prefix === undefined ? {} : { prefix }),
  };
}

function readRedis(at: Reading, environment: NodeJS.ProcessEnv): RedisConfig {
  const url = at.url('url', ['redis:', 'rediss:'], environment['QIANZHI_REDIS_URL']);
  const password = at.secret('passwordFile');
  const prefix = at.optionalText('prefix');
  at.done();
  return { url, ...(password === undefined ? {} : { password }), ...(prefix === undefined ? {} : { prefix }) };
}

function readGateway(at: Reading): GatewayConfig {
  const gateway = {
    host: at.text('host', '127.0.0.1'),
    port: at.whole('port', 0, 65_535),
    publicUrl: at.url('publicUrl', ['http:', 'https:']),
    keySerial: at.text('keySerial'),
    privateKeyFile: at.file('privateKeyFile'),
    sealingKeyFile: at.file('sealingKeyFile'),
    waitMs: at.whole('waitMs', 1, MINUTE_MS, 10_000),
    bodyLimitBytes: at.whole('bodyLimitBytes', 1_024, 64 * MIB, MIB),
    batchBodyLimitBytes: at.whole('batchBodyLimitBytes', 1_024, 64 * MIB, 8 * MIB),
    clockWindowMs: at.whole('clockWindowMs', 1_000, HOUR_MS, 10 * MINUTE_MS),
    platformPerSecond: at.whole('platformPerSecond', 1, 1_000_000, 500),
    notifyGapsMs: at.wholes('notifyGapsMs', 1, 7 * 24 * HOUR_MS, NOTIFY_GAPS_MS),
  };
  at.done();
  return gateway;
}

function readChannel(at: Reading): PaymentCompanyConfig {
  const channel = {
    kind: at.oneOf('kind', ['payment-company'] as const),
    url: at.url('url', ['http:', 'https:']),
    merchantNo: at.text('merchantNo'),
    privateKeyFile: at.file('privateKeyFile'),
    channelPublicKeyFile: at.file('channelPublicKeyFile'),
    timeoutMs: at.whole('timeoutMs', 50, MINUTE_MS, 10_000),
    acceptanceWindowMs: at.whole('acceptanceWindowMs', 0, HOUR_MS, 2 * MINUTE_MS),
  };
  at.done();
  return channel;
}

function readAdapters(at: Reading): AdaptersConfig {
  const channels = at.inner('channels') ?? at.missing('channels');
  const routes = at.inner('routes');
  const adapters = {
    host: at.text('host', '127.0.0.1'),
    port: at.whole('port', 0, 65_535),
    publicUrl: at.url('publicUrl', ['http:', 'https:']),
    sealingKeyFile: at.file('sealingKeyFile'),
    channels: Object.fromEntries(channels.each().map(([name, channel]) => [name, readChannel(channel)])),
    defaultChannel: at.text(
      'defaultChannel',
      channels.names()[0],
      'there is no channel yet: `qianzhi channel add` adds one',
    ),
    routes: Object.fromEntries(routes?.names().map((name) => [name, routes.text(name)]) ?? []),
    askAfterMs: at.whole('askAfterMs', 10, HOUR_MS, 2_000),
    askAtMostEveryMs: at.whole('askAtMostEveryMs', 10, 24 * HOUR_MS, 10 * MINUTE_MS),
  };
  at.done();
  return adapters;
}

function readLedger(at: Reading | undefined): LedgerConfig {
  const all = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  if (at === undefined) return { partitions: all };
  const partitions = at.literal('partitions') === 'all' ? all : at.wholes('partitions', 0, PARTITIONS - 1, all);
  at.done();
  return { partitions: [...new Set(partitions)] };
}

/**
 * Reads the configuration out of a JSON value.
 * @param where how mistakes name it. @param folder where relative paths start, unless `home` says otherwise.
 * @throws ConfigurationError with all mistakes.
 */
export function parseConfig(
  value: unknown,
  where: string,
  folder: string,
  environment: NodeJS.ProcessEnv = process.env,
): Config {
  const mistakes: string[] = [];
  const home = homeOf(value, folder);
  const at = new Reading(value, '', home, mistakes);
  at.optionalText('home');
  const embedded = at.flag('embedded', false);
  const databaseAt = at.inner('database');
  const database =
    databaseAt === undefined && environment['QIANZHI_DATABASE_URL'] === undefined
      ? undefined
      : readDatabase(databaseAt ?? new Reading({}, 'database', home, mistakes), environment);
  if (database === undefined && !embedded) mistakes.push('database.url: is missing (or say "embedded": true)');
  const redisAt = at.inner('redis');
  const gatewayAt = at.inner('gateway');
  const adaptersAt = at.inner('adapters');
  const config: Config = {
    home,
    embedded,
    ...(database === undefined ? {} : { database }),
    bus: readBus(at.inner('bus') ?? at.missing('bus'), environment),
    ...(redisAt === undefined ? {} : { redis: readRedis(redisAt, environment) }),
    ...(gatewayAt === undefined ? {} : { gateway: readGateway(gatewayAt) }),
    ...(adaptersAt === undefined ? {} : { adapters: readAdapters(adaptersAt) }),
    ledger: readLedger(at.inner('ledger')),
    logLevel: at.oneOf('logLevel', logLevels, 'info'),
  };
  at.done();
  if (mistakes.length > 0) throw new ConfigurationError(where, mistakes);
  return config;
}

function homeOf(value: unknown, folder: string): string {
  const home = typeof value === 'object' && value !== null && 'home' in value ? value.home : undefined;
  if (typeof home !== 'string') return folder;
  return isAbsolute(home) ? home : join(folder, home);
}

/**
 * Reads a configuration file.
 * @throws ConfigurationError when it cannot be read, is no JSON, or has mistakes: all are named.
 */
export function readConfig(file: string, environment: NodeJS.ProcessEnv = process.env): Config {
  const path = resolve(file);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new ConfigurationError(path, [`the file ${reason}: ${error instanceof Error ? error.message : ''}`]);
  }
  return parseConfig(value, path, dirname(path), environment);
}
