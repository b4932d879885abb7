/** The floor of a line on PostgreSQL never hides a message, whoever commits late; and it rises, whatever old snapshot is in use. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { insertMessages } from '../../runtime/bus/postgres/statements.ts';
import { type Database, openDatabase } from '../../runtime/postgres/database.ts';
import { Floor } from '../../runtime/postgres/floor.ts';
import { once, sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases, waitFor } from '../servers.ts';
import { type Ground, postgresGround } from './bus-grounds.ts';
import { publishSurely, remembering } from './bus-suite.ts';

describe('the floor', () => {
  test('rises to what is still there, once everybody of that time has ended', () => {
    const floor = new Floor(1n, 10n);
    floor.look({ highest: 12n, oldest: 90n }, 11n, 100n);
    expect([floor.value, floor.waits]).toEqual([1n, true]);
    // One of them is still in progress.
    floor.look({ highest: 20n, oldest: 99n }, 15n, 110n);
    expect(floor.value).toBe(1n);
    floor.look({ highest: 20n, oldest: 100n }, 15n);
    expect([floor.value, floor.waits]).toEqual([11n, false]);
  });

  test('stays below a message that came late', () => {
    const floor = new Floor(1n, 10n);
    floor.look({ highest: 10n, oldest: 90n }, undefined, 100n);
    floor.look({ highest: 10n, oldest: 101n }, 7n);
    expect(floor.value).toBe(7n);
  });
});

describeOnDatabases('the floor of a line', (server) => {
  const LINE = 'ledger.instruction.0';
  let ground: Ground;
  let database: Database;
  beforeAll(async () => {
    ground = await postgresGround(server.url);
    database = openDatabase({ url: ground.url, max: 12 });
  });
  afterAll(async () => {
    await database?.close();
    await ground?.clear();
  });
  const message = (messageId: string) => ({ family: 'instruction', platformNo: 'P3', messageId, body: '{}' }) as const;
  const floorNow = async (): Promise<bigint> =>
    (await database.row<{ floor: bigint }>(sql`select floor from bus.lease where line = ${LINE}`))?.floor ?? 0n;

  /** Waits for the floor; any transaction of the whole server that writes holds it back, so other tests may, for a while. */
  const rise = async (to: bigint): Promise<void> => {
    try {
      await waitFor(async () => (await floorNow()) >= to, { deadlineMs: 40_000, what: 'the floor to rise' });
    } catch (error) {
      const holders =
        await database.rows(sql`select datname, state, backend_xid::text, xact_start::text, left(query, 80) as q
        from pg_stat_activity where backend_xid is not null order by xact_start limit 5`);
      const lease = await database.rows(sql`select epoch, floor, expires_at, clock_timestamp() as now,
        pg_snapshot_xmin(pg_current_snapshot())::text as oldest from bus.lease`);
      const shown = JSON.stringify({ holders, lease, to }, (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      throw new Error(shown, { cause: error });
    }
  };

  test('messages whose transactions linger before they commit are all delivered', async () => {
    const bus = await ground.open();
    const { options, handled } = remembering(0);
    await bus.subscribe({ ...options, maxBatch: 20 });
    let sent = 0;
    const lingering = async (mostMs: number): Promise<void> => {
      for (let round = 0; round < 60; round++) {
        const messages = Array.from({ length: 1 + (round % 5) }, () => message(String(sent++)));
        await database.transaction(async (transaction) => {
          await transaction.execute(insertMessages(LINE, messages, 100_000));
          // Spread without chance, so that a failure can be seen again: some commit at once, some very late.
          await sleep((round * 37) % mostMs);
        });
      }
    };
    await Promise.all([1, 3, 20, 50, 90, 30, 2, 70].map(lingering));
    await waitFor(() => handled.length >= sent, { what: 'all of them' });
    expect(new Set(handled.map(({ messageId }) => messageId)).size).toBe(sent);
    expect(handled.length).toBe(sent);
    await rise(BigInt(sent) - 50n);
    await bus.close();
  });

  test('an old snapshot that somebody holds does not keep it down', async () => {
    const bus = await ground.open();
    const { options, handled } = remembering(0);
    await bus.subscribe(options);
    const before = await floorNow();
    await database.transaction(
      async (transaction) => {
        await transaction.row(once(sql`select count(*) from bus.lease`));
        for (let round = 1; round <= 10; round++) {
          await publishSurely(
            bus,
            Array.from({ length: 100 }, (_, index) => message(`${round} ${index}`)),
          );
          await waitFor(() => handled.length >= round * 100);
        }
        await rise(before + 800n);
      },
      { isolation: 'repeatable read' },
    );
    await bus.close();
  });
});
