/** The payment company passes the suite that every channel passes, on both databases and both buses, against the company as a process. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '../../runtime/postgres/sql.ts';
import { amqpUrl, describeOnDatabases, describeOnServers, serverDatabaseUrl, waitFor } from '../servers.ts';
import { conformance, type Director } from './conformance.ts';
import { directorOf } from './payment-company-director.ts';
import { makeWorld, person, type World } from './world.ts';

describeOnDatabases('the payment company as a channel', (server) => {
  let world: World;
  let director: Director;
  beforeAll(async () => {
    world = await makeWorld(server);
    director = directorOf(world.company);
    await world.startAdapters();
  });
  afterAll(() => world?.stop());

  conformance(
    () => world,
    () => director,
  );

  test('no name, card, ID or mobile number is in a log or in a table', async () => {
    const id = await world.order({ kind: 'verify' });
    await world.until(id, 'settled');
    const out = await world.order({ kind: 'payout' });
    await world.until(out, 'settled');
    const tables = ['channel_order', 'attempt', 'callback', 'difference', 'outbox', 'parked', 'settlement'];
    const texts = [world.logged()];
    for (const table of tables)
      texts.push(
        JSON.stringify(
          await world.database.rows({ text: `select to_jsonb(t)::text as row from adapters.${table} t`, values: [] }),
        ),
      );
    for (const value of Object.values(person)) {
      expect(texts.filter((text) => text.includes(value))).toEqual([]);
      const hex = Buffer.from(value).toString('hex');
      expect(texts.filter((text) => text.includes(hex))).toEqual([]);
    }
  });

  test('a callback about an order that is not ours, or that it takes for another, moves nothing', async () => {
    await director.next('PSTRANGE', [{ is: 'slow', ms: 3_000 }]);
    const id = await world.order({ kind: 'payout', platformNo: 'PSTRANGE' });
    await waitFor(async () => (await world.row(id)).state === 'pending');
    const yes = { status: 'SUCCESS', clearingDay: '20260105', finishedAt: 1_767_600_000_000 };
    const say = (change: object) =>
      world.company.control('POST', '/say', { orderNo: id, change: { ...yes, ...change } });
    await say({ kind: 'payment' });
    await say({ subMerchantNo: 'PANOTHER' });
    await say({ orderNo: 'ZZZZZZZZZZZZZZZZZZZZZZZZ' });
    const strange = () => world.database.rows(sql`select 1 as one from adapters.callback where verdict = 'strange'`);
    await waitFor(async () => (await strange()).length === 3);
    expect(world.outcomes(id)).toEqual([]);
    expect(await world.differences(id)).toEqual(['STRANGE']);
    await world.until(id, 'settled');
  });

  test('the callback port takes no large body, knows only its channels, and says how the room is', async () => {
    const at = (path: string, body?: string) =>
      fetch(`${world.settings.publicUrl}${path}`, body === undefined ? {} : { method: 'POST', body });
    expect((await at('/channels/PAYSIM/callbacks', 'x'.repeat(70_000))).status).toBe(413);
    expect((await at('/channels/OTHER/callbacks', '{}')).status).toBe(404);
    const unsigned = await at('/channels/PAYSIM/callbacks', '{}');
    expect([unsigned.status, await unsigned.text()]).toEqual([401, 'signature']);
    expect((await at('/health')).status).toBe(200);
    expect((await at('/ready')).status).toBe(200);
    const figures = await waitFor(async () => {
      const text = await (await at('/metrics')).text();
      return /^qianzhi_adapters_differences\{channel="PAYSIM"\} \d+$/m.test(text) ? text : undefined;
    });
    expect(figures).toContain('qianzhi_adapters_calls_total');
  });

  test('an order that comes again is the same order, and one with other content is parked', async () => {
    const id = await world.order({ kind: 'payout', platformNo: 'PTWICE' });
    await world.until(id, 'settled');
    await world.order({ kind: 'payout', platformNo: 'PTWICE', orderId: id, requestNo: 'OTHER' });
    await expect
      .poll(() => world.database.row(sql`select 1 as one from adapters.parked where reason like ${`%${id}%`}`), {
        timeout: 15_000,
      })
      .toBeDefined();
    expect(await director.done('PTWICE')).toBe(1);
  });
});

describeOnServers('the payment company as a channel (RabbitMQ)', () => {
  let world: World;
  let director: Director;
  beforeAll(async () => {
    world = await makeWorld({ name: 'server', url: serverDatabaseUrl() }, amqpUrl());
    director = directorOf(world.company);
    await world.startAdapters();
  });
  afterAll(() => world?.stop());

  conformance(
    () => world,
    () => director,
  );
});
