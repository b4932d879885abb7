/** Anybody can post to the callback port: a flood of forgeries is refused to the last one, and leaves little behind. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabase } from '../servers.ts';
import { makeWorld, type World } from './world.ts';

describeOnDatabase('a flood of forged callbacks', (server) => {
  let world: World;
  beforeAll(async () => {
    world = await makeWorld(server);
    await world.startAdapters();
  });
  afterAll(() => world?.stop());

  test('each is refused, and the evidence of no more than a minute’s bound is kept and logged', async () => {
    const forge = async (number: number): Promise<number> => {
      const response = await fetch(`${world.settings.publicUrl}/channels/PAYSIM/callbacks`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'x-timestamp': String(Date.now()),
          'x-nonce': String(number),
          'x-signature': 'AAAA',
        },
        body: JSON.stringify({ type: 'ORDER', number, filling: 'x'.repeat(10_000) }),
      });
      await response.text();
      return response.status;
    };
    for (let round = 0; round < 10; round++) {
      const heard = await Promise.all(Array.from({ length: 20 }, (_, index) => forge(round * 20 + index)));
      expect(new Set(heard)).toEqual(new Set([401]));
    }
    const kept = await world.database.row<{ count: bigint }>(sql`select count(*) as count from adapters.callback`);
    expect(Number(kept?.count)).toBeGreaterThan(0);
    expect(Number(kept?.count)).toBeLessThanOrEqual(120);
    expect(world.logged().split('not signed by the channel').length - 1).toBeLessThanOrEqual(120);
  });
});
