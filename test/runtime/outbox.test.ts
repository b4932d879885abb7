/** The outbox: what is committed is published, at least once, in order, whatever dies in between; and parked messages come back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Outgoing, Publication } from '../../runtime/bus/port.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { type Database, openDatabase } from '../../runtime/postgres/database.ts';
import { doneWith, outboxTable, stageStatement } from '../../runtime/postgres/outbox.ts';
import { type OutboxRelay, startOutboxRelay } from '../../runtime/postgres/outbox-relay.ts';
import { listParked, parkedTable, parkStatement, unpark } from '../../runtime/postgres/parked.ts';
import { once, sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases, type FreshDatabase, freshDatabase, waitFor } from '../servers.ts';
import { quiet } from './bus-grounds.ts';

const message = (id: string, platformNo = 'P1', family: Outgoing['family'] = 'result'): Outgoing => ({
  family,
  platformNo,
  messageId: id,
  body: `{"id":"${id}"}`,
});

/** A bus that keeps what it gets, and answers what it is told to. */
function recording(answer: (message: Outgoing) => Publication | Promise<Publication> = () => 'accepted') {
  const got: Outgoing[] = [];
  return {
    got,
    ids: () => got.map(({ messageId }) => messageId),
    publish: async (messages: readonly Outgoing[]) => {
      const answers: Publication[] = [];
      for (const one of messages) {
        got.push(one);
        answers.push(await answer(one));
      }
      return answers;
    },
  };
}

test('a message behind one that was not accepted goes again after it, if it is of the same family and platform', () => {
  const window = [message('1'), message('2', 'P2'), message('3'), message('4', 'P1', 'order')].map((one, index) => ({
    ...one,
    id: BigInt(index),
  }));
  expect(doneWith(window, ['unknown', 'accepted', 'accepted', 'accepted'])).toEqual([1n, 3n]);
  expect(doneWith(window, ['accepted', 'full', 'accepted', 'accepted'])).toEqual([0n, 2n, 3n]);
});

describeOnDatabases('the outbox', (server) => {
  let fresh: FreshDatabase;
  let database: Database;
  const relays: OutboxRelay[] = [];
  const relay = (bus: ReturnType<typeof recording>, metrics = openMetrics({ ofProcess: false })): OutboxRelay => {
    const started = startOutboxRelay({ database, schema: 'ledger', bus, log: quiet, metrics });
    relays.push(started);
    return started;
  };
  const stage = (...messages: readonly Outgoing[]) =>
    database.transaction((transaction) => transaction.execute(stageStatement('ledger', messages)));
  const left = async (): Promise<number> =>
    Number((await database.row<{ n: bigint }>(sql`select count(*) as n from ledger.outbox`))?.n);

  beforeEach(async () => {
    fresh = await freshDatabase(server.url);
    database = openDatabase({ url: fresh.url });
    const role = once(sql`do $$ begin create role qianzhi_ledger nologin; exception when others then null; end $$`);
    await database.execute(role);
    await database.execute({ text: 'create schema ledger', values: [] });
    for (const text of outboxTable('ledger')
      .split(';')
      .filter((one) => one.trim() !== ''))
      await database.execute({ text, values: [] });
    for (const text of parkedTable('ledger')
      .split(';')
      .filter((one) => one.trim() !== ''))
      await database.execute({ text, values: [] });
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((one) => one.stop()));
    await database.close();
    await fresh.drop();
  });

  test('what was committed is published in its order and taken out; what was rolled back never existed', async () => {
    const bus = recording();
    const { nudge } = relay(bus);
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await stage({ ...message('1'), trace }, message('2'), message('3', 'P2'));
    await database
      .transaction(async (transaction) => {
        await transaction.execute(stageStatement('ledger', [message('never')]));
        throw new RangeError('rolled back');
      })
      .catch(() => undefined);
    nudge();
    await waitFor(() => bus.got.length === 3);
    expect(bus.got[0]).toEqual({ ...message('1'), trace, id: expect.any(BigInt) });
    expect(bus.ids()).toEqual(['1', '2', '3']);
    await waitFor(async () => (await left()) === 0);
  });

  test('without a nudge it looks by itself', async () => {
    const bus = recording();
    relay(bus);
    await waitFor(async () => {
      await stage(message('1'));
      return bus.got.length > 0;
    });
  });

  test('more than a window is published in windows, in order', async () => {
    const bus = recording();
    const ids = Array.from({ length: 1_234 }, (_, index) => String(index));
    await stage(...ids.map((id) => message(id)));
    relay(bus);
    await waitFor(() => bus.got.length >= 1_234);
    expect(bus.ids()).toEqual(ids);
    await waitFor(async () => (await left()) === 0);
  });

  test('what is unknown, full or unroutable goes again until it is accepted, and holds up no other family', async () => {
    let refusing = true;
    const answers: Publication[] = ['unknown', 'full', 'unroutable'];
    let turn = 0;
    const bus = recording(({ family }) =>
      family === 'order' && refusing ? (answers[turn++ % 3] ?? 'unknown') : 'accepted',
    );
    const { nudge } = relay(bus);
    await stage(message('1', 'P1', 'order'), message('2', 'P1', 'order'), message('3'));
    nudge();
    await waitFor(() => bus.ids().includes('3'));
    await waitFor(() => turn >= 6);
    await stage(message('4'));
    nudge();
    await waitFor(() => bus.ids().includes('4'));
    refusing = false;
    await waitFor(async () => (await left()) === 0);
    const orders = bus.ids().filter((id) => id === '1' || id === '2');
    expect(orders.slice(-2)).toEqual(['1', '2']);
  });

  test('a relay that dies between publishing and deleting makes a duplicate, never a loss', async () => {
    await stage(message('1'), message('2'));
    const dying = recording(async (): Promise<Publication> => {
      // Its connection is cut, with the answer under way: all that a crash leaves behind.
      await database.rows(sql`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())`);
      return 'accepted';
    });
    const first = relay(dying);
    await waitFor(() => dying.got.length >= 1);
    await first.stop();
    const bus = recording();
    relay(bus);
    await waitFor(async () => (await left()) === 0);
    expect(bus.ids().slice(-2)).toEqual(['1', '2']);
  });

  test('of two relays one works; when it ends the other goes on, and nudges reach whoever works', async () => {
    const [one, two] = [recording(), recording()];
    const first = relay(one);
    await stage(message('1'));
    await waitFor(() => one.got.length === 1);
    const second = relay(two);
    await sleep(100);
    await stage(message('2'));
    second.nudge();
    await waitFor(() => one.got.length === 2);
    expect(two.got).toEqual([]);
    await first.stop();
    await stage(message('3'));
    await waitFor(() => two.got.length === 1);
  });

  test('a relay that hangs loses its place to the next one', async () => {
    const hung = recording(() => new Promise((resolve) => releases.push(() => resolve('unknown'))));
    const releases: (() => void)[] = [];
    relay(hung);
    await stage(message('1'));
    await waitFor(() => hung.got.length === 1);
    const bus = recording();
    relay(bus);
    await waitFor(() => bus.ids().includes('1'), { deadlineMs: 40_000 });
    for (const release of releases) release();
    await waitFor(async () => (await left()) === 0);
  });

  test('the backlog and its age are measured', async () => {
    const metrics = openMetrics({ ofProcess: false });
    await stage(message('1'), message('2'));
    relay(
      recording(() => 'full'),
      metrics,
    );
    await waitFor(async () => (await metrics.print()).includes('qianzhi_outbox_backlog{schema="ledger"} 2'));
    expect(await metrics.print()).toMatch(/qianzhi_outbox_age_seconds\{schema="ledger"\} \d/);
  });

  test('a parked message is kept whole, once, and unparking publishes it again', async () => {
    const parked = {
      message: { ...message('1'), redelivered: false },
      queue: 'ledger.instruction',
      partition: 2,
      reason: 'RangeError: a bug',
      attempts: 3,
    } as const;
    await database.execute(parkStatement('ledger', parked));
    await database.execute(parkStatement('ledger', { ...parked, attempts: 6 }));
    const rows = await listParked(database, 'ledger');
    expect(rows).toMatchObject([{ message_id: '1', partition: 2, attempts: 6, reason: 'RangeError: a bug' }]);
    const id = rows[0]?.id ?? 0n;

    expect(
      await unpark(
        database,
        'ledger',
        recording(() => 'full'),
        id,
      ),
    ).toBe('full');
    expect(await listParked(database, 'ledger')).toHaveLength(1);
    const bus = recording();
    expect(await unpark(database, 'ledger', bus, id)).toBe('accepted');
    expect(bus.got).toEqual([message('1')]);
    expect(await listParked(database, 'ledger')).toEqual([]);
    expect(await unpark(database, 'ledger', bus, id)).toBeUndefined();
    await database.execute(parkStatement('ledger', parked));
    expect(await listParked(database, 'ledger')).toHaveLength(1);
  });
});
