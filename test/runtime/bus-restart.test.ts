/** Both buses outlive their server: one killed under load, started again, and nothing that was accepted is missing. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { describeOnServers, waitFor } from '../servers.ts';
import { startPrivatePostgres, startPrivateRabbit } from '../services/private.mjs';
import { type Ground, postgresGround, rabbitGround } from './bus-grounds.ts';
import { publishSurely, remembering } from './bus-suite.ts';

const kinds = [
  { name: 'PostgreSQL', start: startPrivatePostgres, openGround: postgresGround },
  { name: 'RabbitMQ', start: startPrivateRabbit, openGround: rabbitGround },
];

describeOnServers('the bus when its server dies', () => {
  describe.each(kinds)('$name', ({ start, openGround }) => {
    test('a server killed and started under load loses nothing that was accepted, and order holds', async () => {
      const server = await start();
      let ground: Ground | undefined;
      try {
        ground = await openGround(server.url);
        const [publisher, consumer] = await Promise.all([ground.open(), ground.open()]);
        const { options, handled } = remembering(3);
        await consumer.subscribe(options);
        const first = (): string[] => [...new Set(handled.map(({ messageId }) => messageId))];
        const next = (id: number): Promise<void> =>
          publishSurely(publisher, [{ family: 'instruction', platformNo: 'P2', messageId: String(id), body: '{}' }]);
        await next(1);
        await waitFor(() => handled.length > 0);
        // A quorum queue younger than that may never come back from a kill.
        await sleep(3_000);
        let published = 1;
        let loading = true;
        const load = (async () => {
          while (loading) await next(++published);
        })();
        await waitFor(() => handled.length > 100);
        await server.kill();
        await waitFor(() => publisher.unwell() !== undefined);
        await server.start();
        const before = published;
        await waitFor(() => published > before + 100, { deadlineMs: 40_000, what: 'publishing to go on' });
        loading = false;
        await load;
        await waitFor(() => first().length === published, { deadlineMs: 40_000, what: 'all that was accepted' });
        expect(first()).toEqual(Array.from({ length: published }, (_, index) => String(index + 1)));
        // Its listening connection comes back by itself, a moment after the one that publishes.
        await waitFor(() => publisher.unwell() === undefined, { what: 'the publisher to be well again' });
        await Promise.all([publisher.close(), consumer.close()]);
      } finally {
        await server.stop();
      }
    }, 120_000);
  });
});
