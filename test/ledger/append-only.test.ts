/** What was booked stays booked: no role changes an entry or a journal, neither the application's nor the owner's. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const changes: readonly (readonly [string, () => Statement])[] = [
  ['an entry updated', () => sql`update ledger.entry set amount = amount + 1`],
  ['an entry deleted', () => sql`delete from ledger.entry`],
  ['entries truncated', () => sql`truncate ledger.entry`],
  ['a journal updated', () => sql`update ledger.journal set day = day + 1`],
  ['a journal deleted', () => sql`delete from ledger.journal`],
  ['journals truncated', () => sql`truncate ledger.journal`],
];

describeOnDatabases('the record', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, 'P0001');
    await new Interpreter(new ShellHouse(bench), 'P0001').run(
      'platform\nuser I INVESTOR\nR1: I recharges 10.00\nR1 approved\nR1 paid D1',
    );
  });
  afterAll(() => bench?.close());

  test.each(changes)('the application sees %s refused for want of the right', async (_, change) => {
    await expect(bench.database.execute(change())).rejects.toMatchObject({ code: '42501' });
  });

  test.each(changes)('the owner sees %s refused by the trigger', async (_, change) => {
    await expect(bench.owner.execute(change())).rejects.toMatchObject({ code: '23001' });
  });

  test.each(changes)(
    'the application sees %s refused by the trigger even where somebody gave it the right',
    async (_, change) => {
      await bench.owner.execute(sql`grant update, delete, truncate on ledger.entry, ledger.journal to qianzhi_ledger`);
      try {
        await expect(bench.database.execute(change())).rejects.toMatchObject({ code: '23001' });
      } finally {
        await bench.owner.execute(
          sql`revoke update, delete, truncate on ledger.entry, ledger.journal from qianzhi_ledger`,
        );
      }
    },
  );

  test('and all of it is still there', async () => {
    const row = await bench.owner.row<{ entries: number }>(sql`select count(*)::int as entries from ledger.entry`);
    expect(row?.entries).toBe(2);
  });
});
