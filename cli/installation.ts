/** An installation: the folder that holds settings, keys and, in embedded mode, the data; and how a command reaches its servers. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { openBus } from '../runtime/bus/open.ts';
import type { Bus } from '../runtime/bus/port.ts';
import { type Config, readConfig } from '../runtime/config.ts';
import { runningEmbeddedPostgres } from '../runtime/embedded/running.ts';
import { type Log, openLog } from '../runtime/log.ts';
import { type Metrics, openMetrics } from '../runtime/metrics.ts';
import { Mistake } from './mistake.ts';

export interface Paths {
  readonly home: string;
  readonly config: string;
  readonly keys: string;
  readonly authority: string;
  readonly gatewayKey: string;
  readonly gatewayPublicKey: string;
  readonly sealingKey: string;
  readonly embeddedPostgres: string;
}

export function pathsOf(home: string): Paths {
  const root = resolve(home);
  return {
    home: root,
    config: join(root, 'qianzhi.json'),
    keys: join(root, 'keys'),
    authority: join(root, 'authority'),
    gatewayKey: join(root, 'keys', 'gateway.pem'),
    gatewayPublicKey: join(root, 'keys', 'gateway.pub.pem'),
    sealingKey: join(root, 'keys', 'sealing.keys'),
    embeddedPostgres: join(root, 'postgres'),
  };
}

/** The installation that a command names. */
export const homeOf = (command: Command): Paths => pathsOf(String(command.optsWithGlobals()['home']));

/** Its settings. Throws `Mistake` when there is no installation. */
export function settingsOf(paths: Paths): Config {
  if (!existsSync(paths.config))
    throw new Mistake(`${paths.config} does not exist: run \`qianzhi init --home ${paths.home}\` first`);
  return readConfig(paths.config);
}

/** URLs of the database, with passwords: never for a log. */
export interface DatabaseUrls {
  readonly url: string;
  readonly ownerUrl: string;
}

/** Where the database is. In embedded mode it must be running. Throws `Mistake` that says how to start it. */
export async function databaseOf(config: Config, paths: Paths): Promise<DatabaseUrls> {
  if (config.database !== undefined) {
    const { url, ownerUrl = url, password } = config.database;
    return { url: withPassword(url, password), ownerUrl: withPassword(ownerUrl, password) };
  }
  const url = await runningEmbeddedPostgres(paths.embeddedPostgres);
  if (url === undefined)
    throw new Mistake(`the embedded PostgreSQL is not running: \`qianzhi start --home ${paths.home}\` starts it`);
  return { url, ownerUrl: url };
}

function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const whole = new URL(url);
  // The setter leaves a percent sign as it is, so the whole is encoded here.
  whole.password = encodeURIComponent(password);
  return whole.href;
}

/** What a process of ours works with. */
export interface Equipment {
  readonly config: Config;
  readonly database: DatabaseUrls;
  readonly bus: Bus;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Opens the log, the metrics and the bus for one process; `name` is for logs. The caller closes the bus. */
export async function equip(name: string, config: Config, database: DatabaseUrls): Promise<Equipment> {
  const log = openLog({ name, level: config.logLevel, destination: process.stderr });
  const metrics = openMetrics();
  const bus = await openBus({ bus: config.bus, database: { url: database.url }, log, name });
  return { config, database, bus, log, metrics };
}
