/** A loan's whole life on whole houses of real processes: on the embedded default and on RabbitMQ, Redis and PostgreSQL. */
import { describe, expect, test } from 'vitest';
import { project } from '../../demo/platform/messages.ts';
import type { PlatformClient } from '../../demo/platform/protocol.ts';
import { amqpUrl, describeOnServers, redisUrl, serverDatabaseUrl } from '../servers.ts';
import { expectBooks, inHouse, liveStory } from './live.ts';

const MINUTES = 60_000;

describe('a house on the embedded default', () => {
  test('a loan lives its whole life, and the books are right to the fen', { timeout: 4 * MINUTES }, async () => {
    await inHouse({}, async (house) => {
      const { client, notifications } = await liveStory(house);
      await expectBooks(house);
      expect(notifications.refused).toBe(0);
      expect(client.verified).toBeGreaterThan(notifications.count);
      await expectRefusals(client);
      await expectBooks(house);
    });
  });
});

/** What the business refuses, over signed HTTP on real books: understood (code 0), refused (INIT), with the protocol's code and text. */
async function expectRefusals(client: PlatformClient): Promise<void> {
  const filed = project('P2', { userNo: 'borrower', password: '', role: 'BORROWERS' }, 'P2');
  const answer = await client.call('ESTABLISH_PROJECT', { ...filed, projectAmount: '60000.00' });
  expect(answer).toMatchObject({ code: '0', status: 'SUCCESS' });
  const bid = { platformUserNo: 'investor', bizType: 'TENDER', amount: '100.00', projectNo: 'P2' };
  for (const [requestNo, change, errorCode, errorMessage] of [
    ['X1', { amount: '50000.00' }, '100014', '余额不足'],
    ['X2', { amount: '10000.00', preMarketingAmount: '55000.00' }, '100008', '投标金额超过标的可投金额'],
    ['X3', { platformUserNo: 'borrower' }, '100011', '无此操作权限'],
    ['X4', { projectNo: 'P1' }, '100015', '标的状态与业务不匹配'],
    ['X5', { platformUserNo: 'nobody' }, '100009', '用户不存在'],
  ] as const) {
    const message = { ...bid, ...change, requestNo };
    const refused = await client.call('USER_AUTO_PRE_TRANSACTION', message);
    expect(refused).toMatchObject({ code: '0', status: 'INIT', requestNo, errorCode, errorMessage });
    expect(await client.call('USER_AUTO_PRE_TRANSACTION', message)).toEqual(refused);
  }
}

describeOnServers('a house on RabbitMQ, Redis and PostgreSQL', () => {
  test('a loan lives its whole life, and the books are right to the fen', { timeout: 4 * MINUTES }, async () => {
    const servers = { databaseUrl: serverDatabaseUrl(), amqpUrl: amqpUrl(), redisUrl: redisUrl() };
    await inHouse({ servers }, async (house) => {
      await liveStory(house);
      await expectBooks(house);
    });
  });
});
