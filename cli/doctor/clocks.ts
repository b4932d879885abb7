/** Clocks: those of the servers and of the gateway, held against ours. RabbitMQ tells nobody its time. */
import type { Clock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { openRedis } from '../../runtime/redis.ts';
import type { DatabaseUrls } from '../installation.ts';
import { type Findings, inWords, type Trouble } from './finding.ts';

/** Seconds are lost on the way and by HTTP's Date, which has no fractions; more than this is a clock that is not set. */
const APART_MS = 5_000;
const ANSWER_MS = 5_000;
const REDIS_MS = 3_000;

/** Asks a clock, and holds it against ours at the middle of asking. @param theirs epoch ms. */
async function compared(clock: Clock, theirs: () => Promise<number>): Promise<Trouble | undefined> {
  const before = clock.now();
  const there = await theirs();
  const apart = there - (before + clock.now()) / 2;
  if (Math.abs(apart) <= APART_MS) return undefined;
  const side = apart > 0 ? 'ahead of' : 'behind';
  return {
    trouble: `its clock is ${inWords(Math.abs(apart))} ${side} ours`,
    todo: 'let both machines set their clocks by NTP (timedatectl); the books go by the time of the process that takes a message in',
  };
}

export async function examineClocks(
  findings: Findings,
  { gateway, adapters, redis }: Config,
  database: DatabaseUrls | undefined,
  clock: Clock,
): Promise<void> {
  if (database !== undefined) {
    await findings.look("the database's clock", 'start PostgreSQL', () => databaseClock(database.url, clock));
  }
  if (redis !== undefined) {
    const todo = 'start Redis, and see that redis.url is right; until then finished answers are asked of the books';
    await findings.look('Redis and its clock', todo, () => redisClock(redis, clock));
  }
  if (gateway !== undefined) {
    const todo = 'run `qianzhi start gateway`, and see that gateway.host and gateway.port are right';
    await findings.look('gateway and its clock', todo, () => roomClock(gateway.host, gateway.port, clock));
  }
  if (adapters !== undefined) {
    const todo = 'run `qianzhi start adapters`, and see that adapters.host and adapters.port are right';
    await findings.look('adapters and their clock', todo, () => roomClock(adapters.host, adapters.port, clock));
  }
}

async function databaseClock(url: string, clock: Clock): Promise<Trouble | undefined> {
  const database = openDatabase({ url, max: 1, applicationName: 'qianzhi doctor' });
  try {
    await database.row(sql`select 1 as one`);
    return await compared(clock, async () => {
      const row = await database.row<{ now: Date }>(sql`select clock_timestamp() as now`);
      return row?.now.getTime() ?? Number.NaN;
    });
  } finally {
    await database.close();
  }
}

async function redisClock(settings: NonNullable<Config['redis']>, clock: Clock): Promise<Trouble | undefined> {
  const cache = openRedis(settings);
  try {
    const until = performance.now() + REDIS_MS;
    while (cache.unwell() !== undefined && performance.now() < until)
      await new Promise((resolve) => setTimeout(resolve, 50));
    return await compared(clock, () => cache.time());
  } catch (error) {
    throw new Error(cache.unwell() ?? 'Redis does not answer', { cause: error });
  } finally {
    await cache.close();
  }
}

/** What a room's server says of itself, and the time it says it at. */
async function roomClock(host: string, port: number, clock: Clock): Promise<Trouble | undefined> {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
  let response: Response | undefined;
  const apart = await compared(clock, async () => {
    try {
      response = await fetch(`http://${reached}:${port}/ready`, { signal: AbortSignal.timeout(ANSWER_MS) });
    } catch (error) {
      throw new Error(`nobody answers on ${reached}:${port}`, { cause: error });
    }
    // HTTP's Date is the second that has begun.
    return Date.parse(response.headers.get('date') ?? '') + 500;
  });
  if (response?.ok !== true) {
    const why = (await response?.text())?.slice(0, 300) ?? '';
    return {
      trouble: `it is not ready: HTTP ${response?.status} ${why}`,
      todo: 'mend what it names; it gets ready by itself',
    };
  }
  return apart;
}
