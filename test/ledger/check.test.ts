/** The proof of the books finds what is planted, and the database itself refuses to change what was written. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { checkLedger, printCheck, trialBalance } from '../../ledger/commands.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const PLATFORM = 'P0001';
const BEGINNING = `
platform
user I INVESTOR auth TENDER
user B BORROWERS auth REPAYMENT
R1: I recharges 1000.00 commission 10.00
R1 approved
R1 paid D1
E1: B files P1 1000.00
T1: I bids 600.00 on P1
S1: trade TENDER of P1
  TENDER I -> B 500.00 hold T1
`;

/** Each plants an error, undoes it, and names who must find it. */
const planted: readonly { what: string; plant: Statement; undo: Statement; finds: readonly string[] }[] = [
  {
    what: 'a balance that grew by itself',
    plant: sql`update ledger.account set balance = balance + 1 where code = 'USER:B'`,
    undo: sql`update ledger.account set balance = balance - 1 where code = 'USER:B'`,
    finds: ['balances equal entries', 'assets equal liabilities'],
  },
  {
    what: 'an entry that is larger than its other leg',
    plant: sql`update ledger.entry set amount = amount + 1 where side = 'C' and amount = 50000`,
    undo: sql`update ledger.entry set amount = amount - 1 where side = 'C' and amount = 50001`,
    finds: [
      'journals balance',
      'every leg has its other leg',
      'balances equal entries',
      'each entry says the balance after it',
    ],
  },
  {
    what: 'an entry with another balance after it',
    plant: sql`update ledger.entry set balance_after = balance_after + 7 where side = 'C' and amount = 50000`,
    undo: sql`update ledger.entry set balance_after = balance_after - 7 where side = 'C' and amount = 50000`,
    finds: ['each entry says the balance after it'],
  },
  {
    what: 'legs swapped between accounts',
    plant: sql`update ledger.entry set contra_id = contra_id + 1000 where side = 'C' and amount = 50000`,
    undo: sql`update ledger.entry set contra_id = contra_id - 1000 where side = 'C' and amount = 50000`,
    finds: ['every leg has its other leg'],
  },
  {
    what: 'a hold that reserves more than is held',
    plant: sql`update ledger.hold set captured = captured - 1 where request_no = 'T1'`,
    undo: sql`update ledger.hold set captured = captured + 1 where request_no = 'T1'`,
    finds: ['holds equal held'],
  },
  {
    what: 'a hold on an account that is not there',
    plant: sql`update ledger.hold set account = 'USER:X' where request_no = 'T1'`,
    undo: sql`update ledger.hold set account = 'USER:I' where request_no = 'T1'`,
    finds: ['holds equal held'],
  },
  {
    what: 'float of another lot than the entries say',
    plant: sql`update ledger.account set floats = '{"NOWHERE-20251201":"50000"}' where code = 'USER:B'`,
    undo: sql`update ledger.account set floats = (select floats from ledger.entry where side = 'C' and amount = 50000) where code = 'USER:B'`,
    finds: [
      'floats equal those of the entries',
      'floats are of known lots, and no more than the balance',
      'float of a lot equals what its channel owes',
    ],
  },
  {
    what: 'a lot that arrived without the money',
    plant: sql`update ledger.lot set state = 'ARRIVED'`,
    undo: sql`update ledger.lot set state = 'OPEN'`,
    finds: ['float of a lot equals what its channel owes'],
  },
  {
    what: 'a journal of an instruction that was refused',
    plant: sql`update ledger.instruction set state = 'REFUSED' where number = 'S1'`,
    undo: sql`update ledger.instruction set state = 'DONE' where number = 'S1'`,
    finds: ['journals have their instruction, which was not refused'],
  },
  {
    what: 'a journal without entries',
    plant: sql`insert into ledger.journal (id, received_at, day, platform_no)
      select id, received_at, '20251201', platform_no from ledger.instruction where number = 'E1'`,
    undo: sql`delete from ledger.journal where id = (select id from ledger.instruction where number = 'E1')`,
    finds: ['entries have journals and accounts, and journals have entries'],
  },
  {
    what: 'a share that nobody lent',
    plant: sql`update ledger.share set amount = amount + 1`,
    undo: sql`update ledger.share set amount = amount - 1`,
    finds: ['shares equal what is lent and not repaid'],
  },
  {
    what: 'a sale that nobody made, of which something is reserved by nobody',
    plant: sql`insert into ledger.debenture_sale (platform_no, request_no, project_no, platform_user_no, sale_share, pre_saling_share, status,
        created_at)
      values (${PLATFORM}, 'V1', 'P1', 'I', 100, 1, 'ONSALE', now())`,
    undo: sql`delete from ledger.debenture_sale`,
    finds: [
      'what of a sale is reserved and confirmed equals its purchases',
      'what of a share is on sale equals its open sales',
    ],
  },
];

describeOnDatabases('the proof of the books', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, PLATFORM);
    await new Interpreter(new ShellHouse(bench), PLATFORM).run(BEGINNING);
  });
  afterAll(() => bench?.close());
  beforeEach(async () => {
    // As the owner with the triggers away: nobody else could plant anything.
    await bench.owner.execute(sql`alter table ledger.entry disable trigger user`);
    await bench.owner.execute(sql`alter table ledger.journal disable trigger user`);
  });
  const check = () => checkLedger({ databaseUrl: bench.url });

  test('books that are right are found right', async () => {
    const report = await check();
    expect(report.findings).toEqual([]);
    expect(report.read).toMatchObject({ platforms: 1, journals: 2, entries: 6, holds: 1 });
    expect(printCheck(report)).toContain('The books are right');
  });

  test.each(planted)('$what is found', async ({ plant, undo, finds }) => {
    expect(await bench.owner.execute(plant)).toBeGreaterThan(0);
    const report = await check();
    expect(await bench.owner.execute(undo)).toBeGreaterThan(0);
    expect(report.sound).toBe(false);
    expect(Object.keys(report.counts).sort()).toEqual([...finds].sort());
    for (const finding of report.findings) {
      expect(finding.place).not.toBe('');
      expect(printCheck(report)).toContain(finding.place);
    }
    expect((await check()).findings).toEqual([]);
  });

  test('journals and entries refuse to be changed, whoever asks', async () => {
    await bench.owner.execute(sql`alter table ledger.entry enable trigger user`);
    await bench.owner.execute(sql`alter table ledger.journal enable trigger user`);
    await bench.owner.execute(sql`grant all on ledger.entry, ledger.journal to qianzhi_ledger`);
    const attempts = [
      sql`update ledger.entry set amount = amount + 1`,
      sql`delete from ledger.entry`,
      sql`truncate ledger.entry`,
      sql`update ledger.journal set day = day`,
      sql`delete from ledger.journal`,
      sql`truncate ledger.journal`,
    ];
    for (const by of [bench.owner, bench.database]) {
      for (const attempt of attempts) await expect(by.execute(attempt)).rejects.toMatchObject({ code: '23001' });
    }
    await bench.owner.execute(sql`revoke all on ledger.entry, ledger.journal from qianzhi_ledger`);
    await bench.owner.execute(sql`grant select, insert on ledger.entry, ledger.journal to qianzhi_ledger`);
    for (const attempt of attempts)
      await expect(bench.database.execute(attempt)).rejects.toMatchObject({ code: '42501' });
  });

  test('constraints hold the floors and the remainders whatever the program says', async () => {
    const attempts = [
      [sql`update ledger.account set balance = -1 where code = 'USER:B'`, 'account_floor'],
      [sql`update ledger.account set held = -1 where code = 'USER:I'`, 'account_held_floor'],
      [sql`update ledger.account set held = balance + 1 where code = 'USER:I'`, 'account_held_covered'],
      [sql`update ledger.account set floats = '{"A":"1"}' where code = 'CUSTODY'`, 'account_asset_plain'],
      [sql`update ledger.hold set released = amount`, 'hold_remainder'],
      [sql`update ledger.share set amount = -1`, 'share_floor'],
      [
        sql`insert into ledger.debenture_sale (platform_no, request_no, project_no, platform_user_no, sale_share, confirmed_share, status,
            created_at)
          values (${PLATFORM}, 'V1', 'P1', 'I', 1, 2, 'ONSALE', now())`,
        'debenture_sale_oversold',
      ],
      [sql`update ledger.project set tender_amount = amount + 1`, 'project_remainder'],
      [sql`insert into ledger.entry select * from ledger.entry`, 'entry_pkey'],
      [sql`insert into ledger.instruction select * from ledger.instruction`, 'instruction_pkey'],
    ] as const;
    for (const [attempt, constraint] of attempts) {
      await expect(bench.database.execute(attempt)).rejects.toMatchObject({ constraint });
    }
  });

  test('the trial balance lists every account, and its two sides are equal', async () => {
    const balance = await trialBalance({ databaseUrl: bench.url }, PLATFORM);
    const lines = balance?.lines.filter((line) => line.balance !== '0.00');
    expect(lines).toEqual([
      { account: expect.stringMatching(/^COLLECT:/), side: 'ASSET', balance: '1000.00', held: '0.00' },
      { account: 'FN:004', side: 'LIABILITY', balance: '10.00', held: '0.00' },
      { account: 'USER:B', side: 'LIABILITY', balance: '500.00', held: '0.00' },
      { account: 'USER:I', side: 'LIABILITY', balance: '490.00', held: '100.00' },
    ]);
    expect(balance).toMatchObject({
      assets: '1000.00',
      liabilities: '1000.00',
      users: { count: 2, balance: '990.00' },
    });
    expect(await trialBalance({ databaseUrl: bench.url }, 'NOBODY')).toBeUndefined();
  });
});
