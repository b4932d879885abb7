/**
 * What the books give themselves to do: a batch of trades is accepted as one message and worked off beside lone instructions, whatever dies
 * meanwhile, and whoever owns the partition.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import { checkBooks } from '../../ledger/check.ts';
import { rules } from '../../ledger/rules.ts';
import type { Rules } from '../../ledger/turn.ts';
import { MOST_IN_CHUNK } from '../../ledger/work.ts';
import { Defect } from '../../runtime/failure.ts';
import { arm } from '../../runtime/fault.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { platformAct } from './scenarios/acts.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { Sender } from './scenarios/messages.ts';
import { Words } from './scenarios/words.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const PLATFORM = 'P0001';
const BEGINNING = `
platform
user I INVESTOR auth TENDER
user B BORROWERS auth REPAYMENT
R1: I recharges 9000.00
R1 approved
R1 paid D1
E1: B files P1 9000.00
T1: I bids 8000.00 on P1
`;

/** Items that break when they are decided. */
const broken = new Set<string>();
const fragile: Rules = {
  ...rules,
  decide(instruction, book, facts) {
    if (broken.has(instruction.number)) throw new Defect(`told to break at ${instruction.number}`);
    return rules.decide(instruction, book, facts);
  },
};

const sender = new Sender(PLATFORM, Date.UTC(2025, 11, 1, 3));
const said = (line: string): InstructionMessage => {
  const [no = '', rest = ''] = line.split(': ');
  return sender.message('PLATFORM', no, platformAct(no, new Words(rest), []));
};
/** Trades of 1.00 each, numbered `<batchNo>-<n>`. */
const batchOf = (batchNo: string, count: number): InstructionMessage => {
  const lines = Array.from({ length: count }, (_, index) => [
    new Words(`item ${batchNo}-${index} TENDER of P1`),
    new Words('TENDER I -> B 1.00 hold T1'),
  ]);
  return sender.message('PLATFORM', batchNo, platformAct(batchNo, new Words('trades'), lines.flat()));
};

describeOnDatabases('work between lone instructions', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, PLATFORM, { rules: fragile });
    await new Interpreter(new ShellHouse(bench), PLATFORM).run(BEGINNING);
  });
  afterAll(() => bench?.close());

  const balance = async (code: string): Promise<bigint> => {
    const row = await bench.owner.row<{ balance: bigint }>(
      sql`select balance from ledger.account where platform_no = ${PLATFORM} and code = ${code}`,
    );
    return row?.balance ?? -1n;
  };
  const left = async (): Promise<number> => {
    const row = await bench.owner.row<{ count: number }>(sql`select count(*)::int as count from ledger.work`);
    return row?.count ?? -1;
  };
  const told = async (batchNo: string): Promise<readonly ResultMessage[]> => {
    const results: ResultMessage[] = [];
    for (const { family, message } of await bench.staged())
      if (family === 'result' && message.requestNo.startsWith(`${batchNo}-`)) results.push(message as ResultMessage);
    return results;
  };
  const states = async (batchNo: string): Promise<Readonly<Record<string, number>>> => {
    const rows = await bench.owner.rows<{ state: string; count: number }>(sql`
      select state::text, count(*)::int as count from ledger.instruction
      where platform_no = ${PLATFORM} and number like ${`${batchNo}-%`} group by 1`);
    return Object.fromEntries(rows.map(({ state, count }) => [state, count]));
  };

  test('a batch is answered once its numbers are claimed, and each item is told once', async () => {
    const before = await balance('USER:B');
    const [answer] = await bench.submit([batchOf('A1', 700)]);
    expect(answer).toMatchObject({ status: 'SUCCESS', final: true });
    await bench.shell.idle();
    expect(await balance('USER:B')).toBe(before + 70_000n);
    expect(await states('A1')).toEqual({ DONE: 700 });
    expect(await left()).toBe(0);
    const events = (await told('A1')).map(({ event }) => event);
    expect(events).toEqual(Array.from({ length: 700 }, (_, index) => `A1-${index}:SUCCESS`));
  });

  test('a lone instruction waits for one chunk of a batch at most, and is decided before the rest of it', async () => {
    await bench.submit([said('R2: I recharges 1.00')]);
    const approval = sender.message('PAGE', 'R2:approved', {
      service: 'PAGE_APPROVED',
      requestNo: 'R2',
      approvedBy: 'PASSWORD',
      returnUrl: 'https://bank.example/page/R2',
    });
    await bench.submit([batchOf('A2', 1_300)]);
    const [answer] = await bench.submit([approval]);
    expect(answer?.status).toBe('PROCESSING');
    await bench.shell.idle();
    // Its order stands among the items' events where it was decided.
    const staged = await bench.staged();
    const place = staged.findIndex(({ family, message }) => family === 'order' && message.requestNo === 'R2');
    const before = staged.slice(0, place).filter(({ message }) => message.requestNo.startsWith('A2-'));
    expect(place).toBeGreaterThan(0);
    expect(before.length).toBeLessThanOrEqual(MOST_IN_CHUNK);
    expect(await states('A2')).toEqual({ DONE: 1_300 });
  });

  test('an item that breaks is set aside alone, and those around it go through', async () => {
    broken.add('A3-5');
    await bench.submit([batchOf('A3', 12)]);
    await bench.shell.idle();
    expect(await states('A3')).toEqual({ DONE: 11, OPEN: 1 });
    expect(await left()).toBe(0);
    const parked = await bench.owner.row<{ body: string }>(
      sql`select body from ledger.parked where unparked_at is null`,
    );
    expect(parked?.body).toContain('"number":"A3-5"');
    broken.clear();
    // Unparked it is published again, and goes on where it stood.
    await bench.shell.handle([
      {
        family: 'instruction',
        platformNo: PLATFORM,
        messageId: 'unparked',
        body: parked?.body ?? '',
        redelivered: false,
      },
    ]);
    expect(await states('A3')).toEqual({ DONE: 12 });
    await bench.owner.execute(sql`update ledger.parked set unparked_at = now()`);
  });

  test('what is left of a batch is done by the next owner, and the one before does nothing more', async () => {
    const before = await balance('USER:B');
    // The first chunk is stopped before it commits, until another has taken the partition.
    let heir: Awaited<ReturnType<Workbench['another']>> | undefined;
    let taking: Promise<void> | undefined;
    let chunks = 0;
    const disarm = arm('ledger.before-commit', () => {
      chunks += 1;
      if (chunks !== 2) return;
      taking = bench.another().then((shell) => {
        heir = shell;
      });
    });
    await bench.submit([batchOf('A4', 800)]);
    await bench.shell.idle();
    await taking;
    disarm();
    await heir?.idle();
    expect(await states('A4')).toEqual({ DONE: 800 });
    expect(await balance('USER:B')).toBe(before + 80_000n);
    expect(await told('A4')).toHaveLength(800);
    await bench.shell.takeOver();
  });

  test('writers killed while they work leave every item done exactly once', async () => {
    const before = await balance('USER:B');
    let kills = 0;
    const disarm = arm('ledger.before-commit', async () => {
      kills += 1;
      if (kills % 2 === 1 || kills > 8) return;
      await bench.owner.execute(sql`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'qianzhi ledger'`);
    });
    await bench.submit([batchOf('A5', 900)]);
    await bench.shell.idle();
    disarm();
    expect(kills).toBeGreaterThan(2);
    expect(await states('A5')).toEqual({ DONE: 900 });
    expect(await balance('USER:B')).toBe(before + 90_000n);
    expect(await told('A5')).toHaveLength(900);
  });

  test('after all of this the books are right', async () => {
    const report = await bench.owner.transaction(checkBooks, { isolation: 'repeatable read', readOnly: true });
    expect(report.findings).toEqual([]);
  });
});
