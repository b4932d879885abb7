/**
 * Kill any process between any two steps, restart any server: the story still ends right, once. The servers are private, since they are
 * broken here.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { House } from '../../demo/house.ts';
import { describeOnServers } from '../servers.ts';
import {
  type PrivateServer,
  startPrivatePostgres,
  startPrivateRabbit,
  startPrivateRedis,
} from '../services/private.mjs';
import { expectBooks, inHouse, liveStory } from './live.ts';

const MINUTES = 60_000;

/** kill -9 of a process of the house, and a new one in its place. */
async function killRooms(house: House, name: string): Promise<void> {
  const { process: killed } = house.programs.get(name) ?? {};
  if (killed === undefined) throw new Error(`there is no process ${name}`);
  const gone = new Promise((resolve) => killed.once('exit', resolve));
  killed.kill('SIGKILL');
  await gone;
  await house.startRooms(name.split('+'));
}

type Breaks = Readonly<Record<string, (house: House) => Promise<unknown>>>;

async function storyWith(house: House, breaks: Breaks): Promise<void> {
  const broken: string[] = [];
  await liveStory(house, async (step) => {
    const breaking = breaks[step];
    if (breaking === undefined) return;
    await breaking(house);
    broken.push(step);
  });
  expect(broken).toEqual(Object.keys(breaks));
  await expectBooks(house);
}

describe('a house on the embedded default, in several processes', () => {
  test('ledger, adapters, gateway and PostgreSQL are killed during the story, and it ends right', {
    timeout: 6 * MINUTES,
  }, async () => {
    const processes = [['postgres'], ['ledger'], ['adapters'], ['gateway']];
    await inHouse({ processes }, async (house) => {
      await storyWith(house, {
        'borrower registers': (at) => killRooms(at, 'adapters'),
        'bid of 4,000.00 on the authorisation': (at) => killRooms(at, 'ledger'),
        'loan release of 6,000.00, commission 60.00': (at) => killRooms(at, 'postgres'),
        'borrower withdraws 5,000.00': (at) => killRooms(at, 'gateway'),
      });
    });
  });
});

describeOnServers('a house on servers that break', () => {
  let postgres: PrivateServer;
  let rabbit: PrivateServer;
  let redis: PrivateServer;
  beforeAll(async () => {
    [postgres, rabbit, redis] = await Promise.all([startPrivatePostgres(), startPrivateRabbit(), startPrivateRedis()]);
  });
  afterAll(async () => {
    await Promise.all([postgres?.stop(), rabbit?.stop(), redis?.stop()]);
  });

  test('rooms are killed and each server is restarted once, and the story ends right', {
    timeout: 8 * MINUTES,
  }, async () => {
    const servers = { databaseUrl: postgres.url, amqpUrl: rabbit.url, redisUrl: redis.url };
    await inHouse({ servers, processes: [['ledger'], ['adapters'], ['gateway']] }, async (house) => {
      await storyWith(house, {
        'investor registers': () => redis.restart(),
        'investor recharges 10,000.00, commission 10.00': (at) => killRooms(at, 'adapters'),
        'bid of 4,000.00 on the authorisation': () => rabbit.restart(),
        'loan release of 6,000.00, commission 60.00': (at) => killRooms(at, 'ledger'),
        'borrower withdraws 5,000.00': () => postgres.restart(),
        'repayment of 9,150.00 is reserved': (at) => killRooms(at, 'gateway'),
      });
    });
  });
});
