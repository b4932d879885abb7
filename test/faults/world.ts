/**
 * A whole house under our hand: servers of its own, several processes, a fault proxy on every way between any two, the payment company's
 * director, and platforms. It is set up by the commands that an operator would type (demo/house.ts); what differs is that every process has
 * settings of its own, in which every address is a proxy's.
 */
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { PARTITIONS, partitionOf } from '../../contract/topology.ts';
import { CHANNEL, type House, openHouse } from '../../demo/house.ts';
import { freePort } from '../../demo/programs.ts';
import { runningEmbeddedPostgres } from '../../runtime/embedded/running.ts';
import type { PrivatePostgres, PrivateRabbit, PrivateServer } from '../services/private.mjs';
import type { PlatformCredentials, SettledWorld } from './interface.ts';
import { findFakeTime, openFakeClock } from './levers/clock.ts';
import { type ProductProcess, superviseProcess } from './levers/process.ts';
import { type FaultProxy, openFaultProxy } from './levers/proxy.ts';

export type Mode = 'servers' | 'embedded';
export type Room = 'gateway' | 'ledger' | 'adapters' | 'postgres';

/** Real servers; absent on the embedded default, where the product brings its PostgreSQL. */
export interface Servers {
  readonly postgres: PrivatePostgres;
  readonly rabbit: PrivateRabbit;
  readonly redis: PrivateServer;
}

export interface World {
  readonly mode: Mode;
  readonly home: string;
  readonly servers: Servers | undefined;
  /** By name, e.g. `gateway-2`. */
  readonly processes: ReadonlyMap<string, ProductProcess>;
  /** By their two ends, e.g. `ledger-1>postgres`. */
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  readonly platforms: readonly PlatformCredentials[];
  /** For platforms; through proxies. */
  readonly gatewayUrls: readonly string[];
  readonly company: House['paymentCompany'];
  /** Names of the processes of a room. */
  of(room: Room): readonly string[];
  process(name: string): ProductProcess;
  /** Proxies whose two ends match: a room or a whole name on the left, a target on the right. */
  ways(from: string, to: string): readonly FaultProxy[];
  cli(...args: readonly string[]): Promise<string>;
  /** For reading what became of it all, past all proxies. */
  settled(): SettledWorld;
  /** What keeps a kind of fault from being had here; each is said aloud. */
  readonly lacking: { readonly clock?: string; readonly disk?: string };
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly mode: Mode;
  /** An empty folder. */
  readonly home: string;
  readonly platforms: number;
  readonly note: (line: string) => void;
}

/** The package's root, both from dist/ and from the source. */
const root = packageRoot(fileURLToPath(new URL('.', import.meta.url)));
const isRoot = process.getuid?.() === 0;

function packageRoot(folder: string): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageRoot(dirname(folder));
}
/** Small, so that it is soon full. */
const DISK_MB = 1_024;
const READY_MS = 120_000;

/** How many processes of each room; two ledgers and two gateways stand by for each other. */
const cast: Readonly<Record<Mode, readonly (readonly [Room, number])[]>> = {
  servers: [
    ['ledger', 2],
    ['adapters', 1],
    ['gateway', 2],
  ],
  embedded: [
    ['postgres', 1],
    ['ledger', 1],
    ['adapters', 1],
    ['gateway', 2],
  ],
};

/** Everything that takes minutes in earnest takes seconds here; what protects money is as long as any fault. */
const hastened = {
  gateway: { waitMs: 3_000, notifyGapsMs: [200, 400, 800, ...Array.from({ length: 397 }, () => 1_500)] },
  adapters: { askAfterMs: 500, askAtMostEveryMs: 3_000 },
  channel: { timeoutMs: 3_000, acceptanceWindowMs: 30_000 },
};

interface Starters {
  startPrivatePostgres(options: {
    settings: Record<string, string | number>;
    diskMb?: number;
  }): Promise<PrivatePostgres>;
  startPrivateRabbit(): Promise<PrivateRabbit>;
  startPrivateRedis(): Promise<PrivateServer>;
}
/** Plain JavaScript that is not built: it is where it was written. */
const services = async <T>(file: string): Promise<T> =>
  (await import(pathToFileURL(join(root, 'test', 'services', file)).href)) as T;

async function startServers(): Promise<Servers> {
  const starters = await services<Starters>('private.mjs');
  const settings = { max_wal_size: '256MB', shared_buffers: '128MB', restart_after_crash: 'on' };
  const starting = [
    starters.startPrivatePostgres({ settings, ...(isRoot ? { diskMb: DISK_MB } : {}) }),
    starters.startPrivateRabbit(),
    starters.startPrivateRedis(),
  ] as const;
  const [postgres, rabbit, redis] = await Promise.allSettled(starting);
  if (postgres.status === 'fulfilled' && rabbit.status === 'fulfilled' && redis.status === 'fulfilled')
    return { postgres: postgres.value, rabbit: rabbit.value, redis: redis.value };
  for (const one of [postgres, rabbit, redis]) if (one.status === 'fulfilled') await one.value.stop();
  throw [postgres, rabbit, redis].find((one) => one.status === 'rejected')?.reason;
}

type Settings = Readonly<Record<string, unknown>>;
const part = (settings: Settings, name: string): Settings => (settings[name] ?? {}) as Settings;

/** Opens it, with every process ready and every platform registered. The caller stops it. */
export async function openWorld({ mode, home, platforms: count, note }: WorldOptions): Promise<World> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const one of stops.splice(0).toReversed()) await one().catch((error: unknown) => note(`stopping: ${error}`));
  };
  try {
    const servers = mode === 'servers' ? await startServers() : undefined;
    if (servers !== undefined)
      stops.push(() => Promise.all([servers.postgres.stop(), servers.rabbit.stop(), servers.redis.stop()]));
    const house = await openHouse({
      root,
      home,
      ...(servers === undefined
        ? {}
        : { servers: { databaseUrl: servers.postgres.url, amqpUrl: servers.rabbit.url, redisUrl: servers.redis.url } }),
      processes: [],
      note,
    });
    stops.push(house.stop);
    const built = await build(mode, house, servers, stops, note);
    const platforms: PlatformCredentials[] = [];
    for (const platformNo of platformNumbers(count)) platforms.push(await addPlatform(house, platformNo, built, stops));
    note(`platforms ${platforms.map(({ platformNo }) => platformNo).join(', ')}`);
    return { ...built, platforms, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Platforms in as many partitions as there are, and then in some again. */
function platformNumbers(count: number): readonly string[] {
  const numbers: string[] = [];
  for (let number = 10_001; numbers.length < count; number += 1)
    if (partitionOf(String(number)) === numbers.length % PARTITIONS) numbers.push(String(number));
  return numbers;
}

type Built = Omit<World, 'platforms' | 'stop'> & { readonly proxies: Map<string, FaultProxy> };

async function build(
  mode: Mode,
  house: House,
  servers: Servers | undefined,
  stops: (() => Promise<unknown>)[],
  note: (line: string) => void,
): Promise<Built> {
  const { home } = house;
  const proxies = new Map<string, FaultProxy>();
  const way = async (name: string, target: string, port?: number): Promise<FaultProxy> => {
    const proxy = await openFaultProxy(target, port);
    proxies.set(name, proxy);
    stops.push(proxy.close);
    return proxy;
  };
  const library = findFakeTime();
  const { endWithUs } = await services<{ endWithUs(child: object): void }>('processes.mjs');
  const processes = new Map<string, ProductProcess>();
  const rooms = new Map<Room, string[]>();
  const gatewayUrls: string[] = [];
  const employ = (room: Room, name: string, itsHome: string): ProductProcess => {
    const one = superviseProcess({
      name,
      args: [join(root, 'cli', 'qianzhi.mjs'), 'start', room, '--home', itsHome, '--json'],
      logFile: join(home, 'log', `${name}.log`),
      ...(library === undefined ? {} : { clock: openFakeClock(library, join(home, `${name}.clock`)) }),
      born: endWithUs,
    });
    processes.set(name, one);
    rooms.set(room, [...(rooms.get(room) ?? []), name]);
    stops.push(one.stop);
    return one;
  };

  const settings = JSON.parse(await readFile(join(home, 'qianzhi.json'), 'utf8')) as Settings;
  let database = part(settings, 'database');
  for (const [room, count] of cast[mode]) {
    for (let number = 1; number <= count; number += 1) {
      const name = `${room}-${number}`;
      if (room === 'postgres') {
        const postgres = employ(room, name, home);
        postgres.start();
        await postgres.ready(READY_MS);
        database = await embeddedDatabase(home);
        continue;
      }
      const itsHome = join(home, 'processes', name);
      const own = await settingsOf(settings, database, home, name, way);
      await mkdir(itsHome, { recursive: true });
      await writeFile(join(itsHome, 'qianzhi.json'), `${JSON.stringify(own, null, 2)}\n`, { mode: 0o600 });
      if (room === 'gateway') gatewayUrls.push(String(part(own, 'gateway')['publicUrl']));
      employ(room, name, itsHome).start();
    }
  }
  await Promise.all([...processes.values()].map((one) => one.ready(READY_MS)));
  note(`ready: ${[...processes.keys()].join(', ')}`);

  const databaseUrl = await urlOf(database, home);
  const named = (end: string, is: string | undefined): boolean => end === is || end === is?.replace(/-\d+$/, '');
  return {
    mode,
    home,
    servers,
    processes,
    proxies,
    gatewayUrls,
    company: house.paymentCompany,
    of: (room) => rooms.get(room) ?? [],
    process: (name) => {
      const found = processes.get(name);
      if (found === undefined) throw new Error(`there is no process ${name}`);
      return found;
    },
    ways: (from, to) =>
      [...proxies].flatMap(([name, proxy]) => {
        const [left, right] = name.split('>');
        return named(from, left) && named(to, right) ? [proxy] : [];
      }),
    cli: house.cli,
    settled: () => ({
      databaseUrl,
      logsFolder: join(home, 'log'),
      companyControlUrl: house.paymentCompany.controlUrl,
      gatewayUrls,
      ...(servers === undefined
        ? {}
        : {
            redisUrl: servers.redis.url,
            amqp: { url: servers.rabbit.url, prefix: String(part(settings, 'bus')['prefix'] ?? '') },
          }),
    }),
    lacking: {
      ...(library === undefined ? { clock: 'libfaketime is not installed (Debian: apt-get install faketime)' } : {}),
      ...(isRoot || mode === 'embedded' ? {} : { disk: 'only root can give PostgreSQL a disk that is soon full' }),
    },
  };
}

/** Without the slash that a URL of no path has. */
const bare = ({ url }: FaultProxy): string => url.replace(/\/$/, '');

/** Settings of one process, in which every address is that of a proxy of its own. */
async function settingsOf(
  settings: Settings,
  database: Settings,
  home: string,
  name: string,
  way: (name: string, target: string, port?: number) => Promise<FaultProxy>,
): Promise<Settings> {
  const proxied = async (inner: Settings, target: string): Promise<Settings> =>
    inner['url'] === undefined ? inner : { ...inner, url: bare(await way(`${name}>${target}`, String(inner['url']))) };
  const own: Record<string, unknown> = {
    ...settings,
    home,
    embedded: false,
    logLevel: 'info',
    database: await proxied(database, 'postgres'),
    bus: await proxied(part(settings, 'bus'), 'rabbit'),
  };
  if (settings['redis'] !== undefined) own['redis'] = await proxied(part(settings, 'redis'), 'redis');
  const port = await freePort();
  if (name.startsWith('gateway')) {
    const publicUrl = bare(await way(`platform>${name}`, `http://127.0.0.1:${port}`));
    own['gateway'] = { ...part(settings, 'gateway'), ...hastened.gateway, port, publicUrl };
  } else delete own['gateway'];
  if (name.startsWith('adapters')) {
    const adapters = part(settings, 'adapters');
    const channel = part(part(adapters, 'channels'), CHANNEL);
    const publicUrl = bare(await way(`company>${name}`, `http://127.0.0.1:${port}`));
    const company = { ...(await proxied(channel, 'company')), ...hastened.channel };
    own['adapters'] = { ...adapters, ...hastened.adapters, port, publicUrl, channels: { [CHANNEL]: company } };
  } else delete own['adapters'];
  return own;
}

/** Where the embedded PostgreSQL of a home listens, as settings of a database. */
async function embeddedDatabase(home: string): Promise<Settings> {
  const url = await runningEmbeddedPostgres(join(home, 'postgres'));
  if (url === undefined) throw new Error('the embedded PostgreSQL does not run');
  const bare = new URL(url);
  bare.password = '';
  return { url: bare.href, passwordFile: 'postgres/password' };
}

/** The URL with its password, past the proxies. */
async function urlOf(database: Settings, home: string): Promise<string> {
  const url = new URL(String(database['url']));
  const file = database['passwordFile'];
  if (file !== undefined) url.password = encodeURIComponent((await readFile(join(home, String(file)), 'utf8')).trim());
  return url.href;
}

/** Its notification endpoint is behind a proxy: the port that the bank knows is the proxy's. */
async function addPlatform(
  house: House,
  platformNo: string,
  { proxies }: Built,
  stops: (() => Promise<unknown>)[],
): Promise<PlatformCredentials> {
  const told = await house.addPlatform(platformNo);
  const notifyPort = await freePort();
  const proxy = await openFaultProxy(`http://127.0.0.1:${notifyPort}`, Number(told['notifyPort']));
  proxies.set(`gateway>endpoint-${platformNo}`, proxy);
  stops.push(proxy.close);
  return {
    platformNo,
    keySerial: String(told['keySerial']),
    privateKeyFile: String(told['privateKeyFile']),
    bankKeySerial: String(told['bankKeySerial']),
    bankPublicKeyFile: String(told['bankPublicKeyFile']),
    notifyPort,
  };
}
