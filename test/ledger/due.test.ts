/** Acts that fall due are moved to the outbox by the ledger's own role, each once, and not before their time. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InternalAct } from '../../contract/internal/instruction.ts';
import { moveDue } from '../../ledger/due.ts';
import { insertDue } from '../../ledger/sql/due.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

describeOnDatabases('what falls due', (server) => {
  const platformNo = '10001';
  const act: InternalAct = { service: 'PAGE_EXPIRED', requestNo: 'R1', reason: 'EXPIRED' };
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, platformNo);
  });
  afterAll(() => bench?.close());

  test('is moved under the application’s role when its time has come, and only once', async () => {
    const made = [1_000, 2_000, 3_000].map((at) => ({ platformNo, number: `D${at}`, at, act }));
    await bench.database.execute(insertDue(made));
    const move = (now: number) => moveDue({ database: bench.database, clock: { now: () => now } });
    expect(await move(999)).toBe(0);
    expect(await move(2_000)).toBe(2);
    expect(await move(2_000)).toBe(0);
    const staged = await bench.owner.rows<{ body: string }>(sql`select body from ledger.outbox order by id`);
    const numbers = staged.map(({ body }) => (JSON.parse(body) as { number: string }).number);
    expect(numbers.toSorted()).toEqual(['D1000', 'D2000']);
    expect(await move(3_000)).toBe(1);
  });
});
