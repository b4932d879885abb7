/**
 * The load, the assertions and the replay of the fault runs on a house where nothing breaks: they must find nothing, over a mix of everything
 * that platforms do, rightly and wrongly. What they find when something is wrong, `test/faults/assertions` tests.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { House, Servers } from '../../demo/house.ts';
import { runningEmbeddedPostgres } from '../../runtime/embedded/running.ts';
import { settleAndAssert } from '../faults/assertions/settle-and-assert.ts';
import type { PlatformCredentials, SettledWorld } from '../faults/interface.ts';
import { openLoad } from '../faults/load/open.ts';
import { replayAll } from '../faults/replay.ts';
import { amqpUrl, describeOnServers, redisUrl, serverDatabaseUrl } from '../servers.ts';
import { inHouse } from './live.ts';

const MINUTES = 60_000;
/** One of each partition. */
const PLATFORMS = ['10001', '10002', '10003', '10004'].slice(0, Number(process.env['QIANZHI_QUIET_PLATFORMS'] ?? 4));
const seconds = Number(process.env['QIANZHI_QUIET_SECONDS'] ?? 20);
const perSecond = Number(process.env['QIANZHI_QUIET_RATE'] ?? 40);

interface Settings {
  readonly database?: { readonly url: string };
  readonly bus: { readonly kind: string; readonly url?: string; readonly prefix?: string };
}

async function worldOf(house: House): Promise<SettledWorld> {
  const settings = JSON.parse(await readFile(join(house.home, 'qianzhi.json'), 'utf8')) as Settings;
  const databaseUrl = settings.database?.url ?? (await runningEmbeddedPostgres(join(house.home, 'postgres')));
  if (databaseUrl === undefined) throw new Error('the database is not there');
  const { kind, url, prefix = '' } = settings.bus;
  return {
    databaseUrl,
    ...(kind === 'rabbitmq' && url !== undefined ? { amqp: { url, prefix } } : {}),
    gatewayUrls: [house.gatewayUrl],
    logsFolder: join(house.home, 'log'),
    companyControlUrl: house.paymentCompany.controlUrl,
    note: (line) => console.log(line),
  };
}

async function quietly(servers: Servers | undefined, seed: number): Promise<void> {
  const options = { processes: [], ...(servers === undefined ? {} : { servers }) };
  await inHouse(options, async (house) => {
    await patient(house);
    await house.startRooms(['all']);
    const platforms: PlatformCredentials[] = [];
    for (const platformNo of PLATFORMS)
      platforms.push((await house.addPlatform(platformNo)) as unknown as PlatformCredentials);
    const load = openLoad({
      gatewayUrls: [house.gatewayUrl],
      platforms,
      seed,
      perSecond,
      company: { controlUrl: house.paymentCompany.controlUrl },
      note: (line) => console.log(line),
    });
    await load.start();
    await sleep(seconds * 1000);
    const probeMs = await load.probe(3 * MINUTES);
    const world = await worldOf(house);
    const verdict = await settleAndAssert(world, load);
    console.log(`seed ${seed}`, load.counts(), { probeMs });
    expect(verdict).toEqual({ lost: 0, doubled: 0, undelivered: 0, problems: [] });
    const replayed = await replayAll(load, world);
    console.log(replayed);
    expect(replayed).toMatchObject({ moved: 0, problems: [] });
    expect(replayed.replayed).toBeGreaterThan(load.counts().sent);
    await load.stop();
    await load.remove();
  });
}

/** Orders are asked about, and platforms told again, soon: nobody waits minutes here. */
async function patient(house: House): Promise<void> {
  const file = join(house.home, 'qianzhi.json');
  const settings = JSON.parse(await readFile(file, 'utf8')) as {
    gateway: Record<string, unknown>;
    adapters: Record<string, unknown> & { channels: Record<string, Record<string, unknown>> };
  };
  settings.gateway['notifyGapsMs'] = Array.from({ length: 60 }, () => 1_000);
  settings.adapters['askAtMostEveryMs'] = 3_000;
  for (const channel of Object.values(settings.adapters.channels)) channel['acceptanceWindowMs'] = 5_000;
  await writeFile(file, JSON.stringify(settings, null, 2));
}

describe('a load of several platforms, and nothing breaks', () => {
  test(
    'on the embedded default every assertion holds, and nothing moves when all of it is sent again',
    {
      timeout: 12 * MINUTES,
    },
    () => quietly(undefined, Number(process.env['QIANZHI_SEED'] ?? 1)),
  );
});

describeOnServers('a load of several platforms on servers, and nothing breaks', () => {
  test(
    'on RabbitMQ, Redis and PostgreSQL every assertion holds, and nothing moves when all of it is sent again',
    {
      timeout: 12 * MINUTES,
    },
    () =>
      quietly(
        { databaseUrl: serverDatabaseUrl(), amqpUrl: amqpUrl(), redisUrl: redisUrl() },
        Number(process.env['QIANZHI_SEED'] ?? 2),
      ),
  );
});
