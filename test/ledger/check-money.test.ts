/** The proof of the books finds what is planted in money on its way, and a balance is told as it was at any time. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkLedger, openItems, pastBalance } from '../../ledger/commands.ts';
import { moveDue } from '../../ledger/due.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const PLATFORM = 'P0001';
/** It begins on 2025-12-01 at 10:00 in GMT+8. */
const BEGINNING = `
platform delay 60
user I INVESTOR
R1: I recharges 100.00 commission 10.00
R1 approved
R1 paid D1
time +1h
lot D1 settles gross 100.00 net 100.00
R2: I recharges 70.00
R2 approved
R2 paid D2
time +1h
W1: I withdraws 5.00 form CONFIRMED
W1 approved
time +1h
W2: I withdraws 6.00
W2 approved
RF1: refund R2 amount 20.00
R3: I recharges 30.00
R3 approved
R3 paid D2 wrongly
O1: credit K1 3.00
O2: returns K1
O3: invoice V1 CUSTODY 4.00
O4: invoice V2 CUSTODY 400.00
`;

const planted: readonly { what: string; plant: Statement; undo: Statement; finds: readonly string[] }[] = [
  {
    what: 'a pin of nothing',
    plant: sql`update ledger.account set pins = '{"ARRIVED":"500","SIM-20251202":"2100"}' where code = 'USER:I'`,
    undo: sql`update ledger.account set pins = '{"ARRIVED":"500","SIM-20251202":"2000"}' where code = 'USER:I'`,
    finds: ['pins equal those of open holds'],
  },
  {
    what: 'a pin on what is not there',
    plant: sql`update ledger.hold set pins = '{"ARRIVED":"200000"}', amount = 200000 where request_no = 'W1'`,
    undo: sql`update ledger.hold set pins = '{"ARRIVED":"500"}', amount = 500 where request_no = 'W1'`,
    finds: [
      'holds equal held',
      'pins equal those of open holds',
      'a withdrawal reserves while it waits for its confirmation, and only then',
    ],
  },
  {
    what: 'suspense that nobody knows of',
    plant: sql`update ledger.suspense set status = 'CLAIMED' where number = 'R3'`,
    undo: sql`update ledger.suspense set status = 'OPEN' where number = 'R3'`,
    finds: ['suspense equals what is open in it'],
  },
  {
    what: 'a pay-out that failed and did not come back',
    plant: sql`update ledger.withdrawal set status = 'FAIL' where request_no = 'W2'`,
    undo: sql`update ledger.withdrawal set status = 'ACCEPT' where request_no = 'W2'`,
    finds: ['what is on its way equals its withdrawals, returns and fees'],
  },
  {
    what: 'a refund that ended and still reserves',
    plant: sql`update ledger.refund set status = 'FAIL'`,
    undo: sql`update ledger.refund set status = 'WAITING'`,
    finds: ['a refund reserves until it ends', 'a recharge says what of it was refunded'],
  },
  {
    what: 'an account of another currency',
    plant: sql`update ledger.account set currency = 'USD' where code = 'SUSPENSE'`,
    undo: sql`update ledger.account set currency = 'CNY' where code = 'SUSPENSE'`,
    finds: ['journals balance', 'assets equal liabilities', 'a posting never mixes two currencies'],
  },
];

describeOnDatabases('the proof of money on its way', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, PLATFORM);
    await new Interpreter(new ShellHouse(bench), PLATFORM).run(BEGINNING);
  });
  afterAll(() => bench?.close());
  beforeEach(async () => {
    await bench.owner.execute(sql`alter table ledger.entry disable trigger user`);
  });
  const check = () => checkLedger({ databaseUrl: bench.url });

  test('books that are right are found right', async () => {
    expect((await check()).findings).toEqual([]);
  });

  test.each(planted)('$what is found', async ({ plant, undo, finds }) => {
    expect(await bench.owner.execute(plant)).toBeGreaterThan(0);
    const report = await check();
    expect(await bench.owner.execute(undo)).toBeGreaterThan(0);
    expect(Object.keys(report.counts).sort()).toEqual([...finds].sort());
    expect((await check()).findings).toEqual([]);
  });

  test('a hold that pins is captured or released as a whole, whatever the program says', async () => {
    const part = bench.database.execute(sql`update ledger.hold set released = 1 where request_no = 'W1'`);
    await expect(part).rejects.toMatchObject({ constraint: 'hold_pins_whole' });
    const asset = bench.database.execute(
      sql`update ledger.account set pins = '{"ARRIVED":"1"}' where code = 'CUSTODY'`,
    );
    await expect(asset).rejects.toMatchObject({ constraint: 'account_pins_of_claims' });
  });

  test('a balance is told as it was at any time', async () => {
    const at = async (account: string, hour: number) => {
      const asOf = Date.UTC(2025, 11, 1, hour - 8);
      const told = await pastBalance({ databaseUrl: bench.url }, PLATFORM, account, asOf);
      return told === undefined ? undefined : `${told.balance} ${told.currency} ${told.entries}`;
    };
    expect(await at('I', 9)).toBe('0.00 CNY 0');
    expect(await at('I', 10)).toBe('90.00 CNY 1');
    expect(await at('I', 11)).toBe('160.00 CNY 2');
    expect(await at('I', 12)).toBe('160.00 CNY 2');
    expect(await at('I', 13)).toBe('154.00 CNY 3');
    expect(await at('I', 99)).toBe('154.00 CNY 3');
    expect(await at('CUSTODY', 10)).toBe('0.00 CNY 0');
    expect(await at('CUSTODY', 11)).toBe('100.00 CNY 1');
    expect(await at('SYS_GENERATE_004', 13)).toBe('6.00 CNY 2');
    expect(await at('REMIT', 13)).toBe('13.00 CNY 3');
    expect(await at('NOBODY', 13)).toBeUndefined();
  });

  test('what waits for an operator is listed', async () => {
    const items = await openItems({ databaseUrl: bench.url }, PLATFORM);
    expect(items.map(({ kind, number, amount, status }) => `${kind} ${number} ${amount} ${status}`).sort()).toEqual([
      'FEE V1 4.00 CHARGED',
      'FEE V2 400.00 OPEN',
      'REFUND RF1 20.00 WAITING',
      'SUSPENSE K1 3.00 RETURNING',
      'SUSPENSE R3 30.00 OPEN',
    ]);
    expect(await openItems({ databaseUrl: bench.url }, 'NOBODY')).toEqual([]);
  });

  test('what falls due is staged once, in one commit, however many look for it', async () => {
    const due = () => bench.owner.rows<{ number: string }>(sql`select number from ledger.due order by number`);
    const staged = async () =>
      (await bench.owner.rows<{ body: string }>(sql`select body from ledger.outbox where family = 'instruction'`)).map(
        ({ body }) => JSON.parse(body) as { origin: string; number: string; act: { service: string } },
      );
    expect((await due()).map(({ number }) => number)).toEqual(['W2:send']);
    const before = Date.UTC(2025, 11, 1, 13 - 8 + 1) - 1;
    const clock = (now: number) => ({ now: () => now });
    expect(await moveDue({ database: bench.database, clock: clock(before) })).toBe(0);
    // A look that dies before its commit takes nothing away.
    await expect(
      bench.database.transaction(async (transaction) => {
        await moveDue({
          database: { transaction: (work: (inside: unknown) => unknown) => work(transaction) } as never,
          clock: clock(before + 1),
        });
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(await staged()).toEqual([]);
    const looks = Array.from({ length: 4 }, () => moveDue({ database: bench.database, clock: clock(before + 1) }));
    expect((await Promise.all(looks)).reduce((a, b) => a + b, 0)).toBe(1);
    expect(await staged()).toMatchObject([{ origin: 'DUE', number: 'W2:send', act: { service: 'WITHDRAW_DUE' } }]);
    expect(await due()).toEqual([]);
  });
});
