/**
 * Faults of the database that pass by, each brought about for real: deadlock, serialisation failure, and a COMMIT whose reply is lost, before
 * and after it took effect. What the bus does with `Unavailable`, delivering again, leads to exactly one effect.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { Answer } from '../../contract/internal/reply.ts';
import { checkBooks } from '../../ledger/check.ts';
import { Unavailable } from '../../runtime/failure.ts';
import { arm } from '../../runtime/fault.ts';
import { once, type Statement, sql } from '../../runtime/postgres/sql.ts';
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
R1: I recharges 1000.00
R1 approved
R1 paid D1
E1: B files P1 1000.00
`;
const sender = new Sender(PLATFORM, Date.UTC(2025, 11, 1, 3));
const bid = (no: string): InstructionMessage =>
  sender.message('PLATFORM', no, platformAct(no, new Words('I bids 1.00 on P1'), []));
const text = (statement: string): Statement => once({ text: statement, values: [] });

describeOnDatabases('a fault of the database that passes', (server) => {
  let bench: Workbench;
  beforeAll(async () => {
    bench = await openWorkbench(server, PLATFORM);
    await new Interpreter(new ShellHouse(bench), PLATFORM).run(BEGINNING);
  });
  afterAll(() => bench?.close());

  const held = async (): Promise<bigint> => {
    const row = await bench.owner.row<{ held: bigint }>(
      sql`select held from ledger.account where platform_no = ${PLATFORM} and code = 'USER:I'`,
    );
    return row?.held ?? -1n;
  };
  /** Delivers until it is done, as a bus does. Answers how often it was away. */
  const deliver = async (message: InstructionMessage): Promise<{ away: number; answer: Answer | undefined }> => {
    for (let away = 0; ; away += 1) {
      try {
        const [answer] = await bench.submit([message]);
        return { away, answer };
      } catch (error) {
        if (!(error instanceof Unavailable) || away === 20) throw error;
      }
    }
  };

  test('a deadlock with a hand at work beside it', async () => {
    const before = await held();
    // The hand has the account, and then wants the partition, which the writer holds while it waits for the account.
    let ready = (): void => undefined;
    const taken = new Promise<void>((resolve) => {
      ready = resolve;
    });
    const hand = bench.owner.transaction(async (transaction) => {
      await transaction.execute(text("set local deadlock_timeout = '60s'"));
      await transaction.execute(
        sql`select from ledger.account where platform_no = ${PLATFORM} and code = 'USER:I' for update`,
      );
      ready();
      for (let waits = 0; waits === 0; ) {
        const row = await transaction.row<{ waits: number }>(sql`
          select count(*)::int as waits from pg_locks, pg_sleep(0.02)
          where not granted and pid <> pg_backend_pid() and pg_backend_pid() = any (pg_blocking_pids(pid))`);
        waits = row?.waits ?? 0;
      }
      await transaction.execute(sql`update ledger.partition set taken_at = now()`);
    });
    await taken;
    const { away, answer } = await deliver(bid('D1'));
    await hand;
    expect(away).toBeGreaterThan(0);
    expect(answer?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 100n);
  });

  test('a serialisation failure in the middle of a batch', async () => {
    const before = await held();
    await bench.owner.execute(text('create sequence public.failing'));
    await bench.owner.execute(text('grant usage on sequence public.failing to qianzhi_ledger'));
    // A sequence does not roll back, so the second attempt finds it moved on.
    await bench.owner.execute(
      text(`create function public.fail_once() returns trigger language plpgsql as $$
        begin
          if nextval('public.failing') = 1 then raise exception 'not now' using errcode = 'serialization_failure'; end if;
          return null;
        end $$`),
    );
    await bench.owner.execute(
      text('create trigger failing after insert on ledger.hold for each statement execute function public.fail_once()'),
    );
    const { away, answer } = await deliver(bid('D2'));
    await bench.owner.execute(text('drop trigger failing on ledger.hold'));
    expect(away).toBe(1);
    expect(answer?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 100n);
  });

  test('a COMMIT that dies before it takes effect, its reply lost', async () => {
    const before = await held();
    await bench.owner.execute(text('alter sequence public.failing restart'));
    // Deferred, it runs inside COMMIT, and ends its own connection there.
    await bench.owner.execute(
      text(`create function public.die_once() returns trigger language plpgsql security definer as $$
        begin
          if nextval('public.failing') = 1 then perform pg_terminate_backend(pg_backend_pid()); perform pg_sleep(1); end if;
          return null;
        end $$`),
    );
    await bench.owner.execute(
      text(`create constraint trigger dying after insert on ledger.hold deferrable initially deferred
        for each row execute function public.die_once()`),
    );
    const { away, answer } = await deliver(bid('D3'));
    await bench.owner.execute(text('drop trigger dying on ledger.hold'));
    expect(away).toBe(1);
    expect(answer?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 100n);
  });

  test('a COMMIT that took effect, its reply lost', async () => {
    const before = await held();
    let lost = 0;
    const disarm = arm('ledger.after-commit-before-ack', () => {
      lost += 1;
      return lost === 1 ? Promise.reject(new Unavailable('the reply was lost')) : undefined;
    });
    const { away, answer } = await deliver(bid('D4'));
    disarm();
    expect(away).toBe(1);
    expect(answer?.status).toBe('SUCCESS');
    expect(await held()).toBe(before + 100n);
  });

  test('after all of this the books are right', async () => {
    const report = await bench.owner.transaction(checkBooks, { isolation: 'repeatable read', readOnly: true });
    expect(report.findings).toEqual([]);
  });
});
