/** A loan's whole life on whole houses of real processes: on the embedded default and on RabbitMQ, Redis and PostgreSQL. */
import { describe, expect, test } from 'vitest';
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
    });
  });
});

describeOnServers('a house on RabbitMQ, Redis and PostgreSQL', () => {
  test('a loan lives its whole life, and the books are right to the fen', { timeout: 4 * MINUTES }, async () => {
    const servers = { databaseUrl: serverDatabaseUrl(), amqpUrl: amqpUrl(), redisUrl: redisUrl() };
    await inHouse({ servers }, async (house) => {
      await liveStory(house);
      await expectBooks(house);
    });
  });
});
