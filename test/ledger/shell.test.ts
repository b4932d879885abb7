/** The shell on PostgreSQL: claims, batches, defects, owners, and what is left when the database goes away at the worst moment. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import { checkBooks } from '../../ledger/check.ts';
import { rules } from '../../ledger/rules.ts';
import type { Rules } from '../../ledger/turn.ts';
import { Defect, Fenced, Malformed, Unavailable } from '../../runtime/failure.ts';
import { arm } from '../../runtime/fault.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { platformAct } from './scenarios/acts.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { Sender, sha256 } from './scenarios/messages.ts';
import { Words } from './scenarios/words.ts';
import { ShellHouse } from './shell-house.ts';
import { delivered, openWorkbench, type Workbench } from './workbench.ts';

const PLATFORM = 'P0001';
const BEGINNING = `
platform
user I INVESTOR auth TENDER
user B BORROWERS auth REPAYMENT
R1: I recharges 1000.00
R1 approved
R1 paid D1
E1: B files P1 1000.00
`;

/** Operations with one that breaks when it is told to. */
const broken = new Set<string>();
const fragile: Rules = {
  ...rules,
  decide(instruction, book, facts) {
    if (broken.has(instruction.number)) throw new Defect(`told to break at ${instruction.number}`);
    return rules.decide(instruction, book, facts);
  },
};

const sender = new Sender(PLATFORM, Date.UTC(2025, 11, 1, 3));
/** A line of a scenario as its message: `T1: I bids 60.00 on P1`. */
const said = (line: string): InstructionMessage => {
  const [no = '', rest = ''] = line.split(': ');
  return sender.message('PLATFORM', no, platformAct(no, new Words(rest), []));
};
const changed = (message: InstructionMessage): InstructionMessage => ({ ...message, digest: sha256(message.digest) });

describeOnDatabases('the shell', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, PLATFORM, { rules: fragile });
    await new Interpreter(new ShellHouse(bench), PLATFORM).run(BEGINNING);
  });
  afterAll(() => bench?.close());

  const held = async (): Promise<bigint> => {
    const row = await bench.owner.row<{ held: bigint }>(
      sql`select held from ledger.account where platform_no = ${PLATFORM} and code = 'USER:I'`,
    );
    return row?.held ?? -1n;
  };
  const claims = async (...numbers: readonly string[]): Promise<readonly string[]> => {
    const rows = await bench.owner.rows<{ claim: string }>(sql`
      select number || ' ' || state as claim from ledger.instruction
      where platform_no = ${PLATFORM} and number = any (${numbers}::text[]) order by id`);
    return rows.map(({ claim }) => claim);
  };
  const stagedCount = async (): Promise<number> => (await bench.staged()).length;

  test('the same number with the same content is answered the same and changes nothing, in a batch and after it', async () => {
    const bid = said('C1: I bids 10.00 on P1');
    const before = await held();
    const [first, second] = await bench.submit([bid, bid]);
    expect(first).toMatchObject({ status: 'SUCCESS', final: true });
    expect(second).toEqual(first);
    expect(await bench.submit([bid])).toEqual([first]);
    expect(await held()).toBe(before + 1000n);
    expect(await claims('C1')).toEqual(['C1 DONE']);
  });

  test('the same number with other content is refused with 100013, which is not kept', async () => {
    const bid = said('C2: I bids 10.00 on P1');
    const other = changed(bid);
    const [done, refused] = await bench.submit([bid, other]);
    expect(done?.status).toBe('SUCCESS');
    expect(refused).toMatchObject({ status: 'INIT', errorCode: '100013', final: false });
    expect((await bench.submit([other]))[0]).toMatchObject({ errorCode: '100013' });
    expect((await bench.submit([bid]))[0]).toEqual(done);
  });

  test('a refusal claims its number for ever, and leaves no other trace', async () => {
    const bid = said('C3: I bids 999999.00 on P1');
    const [before, staged] = [await held(), await stagedCount()];
    const [refused] = await bench.submit([bid]);
    expect(refused).toMatchObject({ status: 'INIT', errorCode: '100014', final: true });
    expect(await bench.submit([bid])).toEqual([refused]);
    expect(await held()).toBe(before);
    expect(await stagedCount()).toBe(staged);
    expect(await claims('C3')).toEqual(['C3 REFUSED']);
  });

  test('an open page is shown again to who asks again', async () => {
    const page = said('C4: I recharges 5.00');
    const [first] = await bench.submit([page]);
    expect(first).toMatchObject({ status: 'PROCESSING', page: { service: 'RECHARGE', platformUserNo: 'I' } });
    expect(await bench.submit([page])).toEqual([first]);
    expect(await claims('C4')).toEqual(['C4 OPEN']);
  });

  test('a platform that nobody opened is refused with 100004 and leaves no trace', async () => {
    const stranger = new Sender('P0005', sender.now);
    const message = stranger.message('PLATFORM', 'C5', platformAct('C5', new Words('I bids 1.00 on P1'), []));
    const [answer] = await bench.submit([message]);
    expect(answer).toMatchObject({ status: 'INIT', errorCode: '100004', final: false });
    const row = await bench.owner.row(sql`select 1 as found from ledger.instruction where platform_no = 'P0005'`);
    expect(row).toBeUndefined();
  });

  test('a batch is cut where an instruction needs what its neighbour has just made, and goes on', async () => {
    const answers = await bench.submit([
      said('E6: B files P6 100.00'),
      said('C6: I bids 60.00 on P6'),
      said('C7: cancels 10.00 of C6'),
      said('C8: I bids 51.00 on P6'),
      said('C9: I bids 50.00 on P6'),
    ]);
    expect(answers.map((answer) => answer?.errorCode ?? answer?.status)).toEqual([
      'SUCCESS',
      'SUCCESS',
      'SUCCESS',
      '100008',
      'SUCCESS',
    ]);
  });

  test('an instruction that breaks takes its batch back, and its neighbours go through without it', async () => {
    broken.add('D2');
    const batch = [said('D1: I bids 1.00 on P1'), said('D2: I bids 1.00 on P1'), said('D3: I bids 1.00 on P1')];
    const before = await held();
    await expect(bench.submit(batch)).rejects.toBeInstanceOf(Defect);
    expect(await claims('D1', 'D2', 'D3')).toEqual([]);
    expect(await held()).toBe(before);
    // What the bus does with a batch that failed: one by one.
    const ends = await Promise.allSettled([bench.submit(batch.slice(0, 1))]);
    ends.push(...(await Promise.allSettled([bench.submit(batch.slice(1, 2))])));
    ends.push(...(await Promise.allSettled([bench.submit(batch.slice(2, 3))])));
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await claims('D1', 'D2', 'D3')).toEqual(['D1 DONE', 'D3 DONE']);
    expect(await held()).toBe(before + 200n);
    broken.clear();
    expect((await bench.submit(batch)).map((answer) => answer?.status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS']);
    expect(await held()).toBe(before + 300n);
  });

  test('what is no instruction is malformed, and nothing of its batch happens', async () => {
    const good = said('M1: I bids 1.00 on P1');
    const wrong = [
      { ...delivered(good), body: 'no JSON' },
      { ...delivered(good), body: '{"version":99}' },
      delivered({ ...good, digest: 'x' }),
      delivered({ ...good, number: '' }),
      delivered({ ...good, act: { service: 'NOBODY' } } as unknown as InstructionMessage),
      { ...delivered(good), platformNo: 'P0002' },
    ];
    for (const message of wrong) {
      await expect(bench.shell.handle([delivered(good), message])).rejects.toBeInstanceOf(Malformed);
    }
    expect(await claims('M1')).toEqual([]);
  });

  test('an owner who was replaced writes nothing more, and the new one goes on', async () => {
    const before = await held();
    const heir = await bench.another();
    const bid = said('F1: I bids 1.00 on P1');
    await expect(bench.submit([bid])).rejects.toBeInstanceOf(Fenced);
    expect(await held()).toBe(before);
    expect((await bench.submit([bid], heir))[0]?.status).toBe('SUCCESS');
    await bench.shell.takeOver();
    await expect(bench.submit([said('F2: I bids 1.00 on P1')], heir)).rejects.toBeInstanceOf(Fenced);
    // The first reads anew what the other wrote meanwhile.
    expect((await bench.submit([said('F2: I bids 1.00 on P1')]))[0]?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 200n);
  });

  test('an owner who is replaced while he writes is waited for, and his write stands', async () => {
    const before = await held();
    let taking: Promise<unknown> | undefined;
    const disarm = arm('ledger.before-commit', () => {
      taking ??= bench.another();
    });
    expect((await bench.submit([said('F3: I bids 1.00 on P1')]))[0]?.status).toBe('SUCCESS');
    disarm();
    await taking;
    expect(await held()).toBe(before + 100n);
    await expect(bench.submit([said('F4: I bids 1.00 on P1')])).rejects.toBeInstanceOf(Fenced);
    await bench.shell.takeOver();
  });

  const killWriters = async (): Promise<void> => {
    await bench.owner.execute(sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name = 'qianzhi ledger'`);
  };

  test('a connection that dies before the commit leaves nothing, and the redelivery does it', async () => {
    const bid = said('K1: I bids 1.00 on P1');
    const before = await held();
    const disarm = arm('ledger.before-commit', killWriters);
    await expect(bench.submit([bid])).rejects.toBeInstanceOf(Unavailable);
    disarm();
    expect(await held()).toBe(before);
    expect((await bench.submit([bid]))[0]?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 100n);
  });

  test('an answer lost after the commit is given by the claim, and nothing happens twice', async () => {
    const bid = said('K2: I bids 1.00 on P1');
    const [before, staged] = [await held(), await stagedCount()];
    const disarm = arm('ledger.after-commit-before-ack', () => Promise.reject(new Unavailable('gone')));
    await expect(bench.submit([bid])).rejects.toBeInstanceOf(Unavailable);
    disarm();
    expect(await held()).toBe(before + 100n);
    expect((await bench.submit([bid]))[0]?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 100n);
    expect(await stagedCount()).toBe(staged);
  });

  test('writers killed at random moments, COMMIT among them, leave each instruction done exactly once', async () => {
    const before = await held();
    const batch = Array.from({ length: 40 }, (_, index) => said(`X${index}: I bids 0.01 on P1`));
    let killing = true;
    const killer = (async () => {
      while (killing) {
        await killWriters();
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
    })();
    let away = 0;
    for (const message of batch) {
      for (;;) {
        try {
          await bench.submit([message]);
          break;
        } catch (error) {
          if (!(error instanceof Unavailable)) throw error;
          away += 1;
          if (away === 25) killing = false;
        }
      }
    }
    killing = false;
    await killer;
    expect(away).toBeGreaterThan(0);
    expect(await held()).toBe(before + 40n);
    expect((await bench.submit(batch)).every((answer) => answer?.status === 'SUCCESS')).toBe(true);
    expect(await held()).toBe(before + 40n);
  });

  test('a balance that was changed behind our back is not written over', async () => {
    await bench.submit([said('Z1: I recharges 1.00')]);
    await bench.owner.execute(
      sql`update ledger.account set version = version + 1 where platform_no = ${PLATFORM} and code = 'USER:I'`,
    );
    await expect(bench.submit([said('Z2: I bids 1.00 on P1')])).rejects.toBeInstanceOf(Unavailable);
    await bench.owner.execute(
      sql`update ledger.account set version = version - 1 where platform_no = ${PLATFORM} and code = 'USER:I'`,
    );
    expect((await bench.submit([said('Z2: I bids 1.00 on P1')]))[0]?.status).toBe('SUCCESS');
  });

  test('after all of this the books are right', async () => {
    const report = await bench.owner.transaction(checkBooks, { isolation: 'repeatable read', readOnly: true });
    expect(report.findings).toEqual([]);
    expect(report.read.journals).toBeGreaterThan(0);
  });
});
