/** A project that is called off 流标 with more bids than one piece of work releases: it closes at once, and all of it is given back, whoever dies. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import { checkBooks } from '../../ledger/check.ts';
import { MOST_STANDING } from '../../ledger/decision.ts';
import { Fenced } from '../../runtime/failure.ts';
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
user B BORROWERS
R1: I recharges 5000.00
R1 approved
R1 paid D1
E1: B files P1 5000.00
E2: B files P2 5000.00
`;
/** Two full pieces, and a third that finds little. */
const BIDS = 2 * MOST_STANDING + 7;

const sender = new Sender(PLATFORM, Date.UTC(2025, 11, 1, 3));
const said = (no: string, line: string): InstructionMessage =>
  sender.message('PLATFORM', no, platformAct(no, new Words(line), []));

describeOnDatabases('a miscarriage', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, PLATFORM);
    await new Interpreter(new ShellHouse(bench), PLATFORM).run(BEGINNING);
  });
  afterAll(() => bench?.close());

  const bids = async (project: string): Promise<void> => {
    const messages = Array.from({ length: BIDS }, (_, index) =>
      said(`${project}T${index}`, `I bids 1.00 on ${project}`),
    );
    const answers = await bench.submit(messages);
    expect(answers.every((answer) => answer?.status === 'SUCCESS')).toBe(true);
  };
  const standing = async (project: string): Promise<number> => {
    const row = await bench.owner.row<{ count: bigint }>(sql`
      select count(*) as count from ledger.hold where project_no = ${project} and captured + released < amount`);
    return Number(row?.count ?? -1n);
  };
  const pieces = async (requestNo: string): Promise<readonly string[]> => {
    const rows = await bench.owner.rows<{ number: string }>(sql`
      select number from ledger.instruction where origin = 'WORK' and number like ${`${requestNo}:%`} order by id`);
    return rows.map(({ number }) => number);
  };

  test('a project that is called off takes nothing more at once, and gives all bids back piece by piece', async () => {
    await bids('P1');
    const [called] = await bench.submit([said('M1', 'project P1 becomes MISCARRY')]);
    expect(called?.status).toBe('SUCCESS');
    const [late] = await bench.submit([said('L1', 'I bids 1.00 on P1')]);
    expect(late?.errorCode).toBe('100015');
    await bench.shell.idle();
    const parked = await bench.owner.rows<{ reason: string }>(sql`select reason from ledger.parked`);
    expect(parked).toEqual([]);
    expect(await standing('P1')).toBe(0);
    expect(await pieces('M1')).toEqual(['M1:1', 'M1:2', 'M1:3']);
    const project = await bench.owner.row<{ tender_amount: bigint; status: string }>(
      sql`select tender_amount, status from ledger.project where project_no = 'P1'`,
    );
    expect(project).toEqual({ tender_amount: 0n, status: 'MISCARRY' });
  });

  test('an owner who dies in the middle leaves the rest to the next, and nothing is given back twice', async () => {
    await bids('P2');
    // The call itself and the first piece are committed; of the second he never hears again.
    let commits = 0;
    const died = new Promise<void>((resolve) => {
      const disarm = arm('ledger.before-commit', () => {
        commits += 1;
        if (commits < 3) return;
        disarm();
        resolve();
        throw new Fenced('he is dead');
      });
    });
    await bench.submit([said('M2', 'project P2 becomes MISCARRY')]);
    await died;
    await bench.shell.idle();
    expect(await standing('P2')).toBe(BIDS - MOST_STANDING);
    const heir = await bench.another();
    await heir.idle();
    expect(await standing('P2')).toBe(0);
    expect(await pieces('M2')).toEqual(['M2:1', 'M2:2', 'M2:3']);
    const left = await bench.owner.row<{ count: bigint }>(sql`select count(*) as count from ledger.work`);
    expect(left?.count).toBe(0n);
    expect((await bench.owner.transaction((snapshot) => checkBooks(snapshot))).findings).toEqual([]);
  });
});
