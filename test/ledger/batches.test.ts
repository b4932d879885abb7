/**
 * How instructions are cut into batches never changes what comes of them: the same instructions, one by one, in one batch, and in random
 * batches, are answered the same and leave the same books. The seed is printed with a failure; QIANZHI_SEED repeats one.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Answer } from '../../contract/internal/reply.ts';
import { PARTITIONS, partitionOf } from '../../contract/topology.ts';
import { describeOnDatabases } from '../servers.ts';
import { platformAct } from './scenarios/acts.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { Sender } from './scenarios/messages.ts';
import { Words } from './scenarios/words.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const BEGINNING = `
platform
user I INVESTOR auth TENDER
user J INVESTOR auth TENDER
user B BORROWERS auth REPAYMENT
R1: I recharges 100.00
R1 approved
R1 paid D1
R2: J recharges 60.00
R2 approved
R2 paid D2
`;

const amount = fc.integer({ min: 1, max: 40 }).map((yuan) => `${yuan}.00`);
const project = fc.constantFrom('P1', 'P2');
const bid = fc.integer({ min: 0, max: 15 }).map((number) => `N${number}`);
/** Lines that depend on each other: projects, bids on them, cancellations and releases of bids, the same number again. */
const line = fc.oneof(
  fc.tuple(project, amount).map(([no, yuan]) => `B files ${no} ${yuan}`),
  fc.tuple(fc.constantFrom('I', 'J'), amount, project).map(([who, yuan, no]) => `${who} bids ${yuan} on ${no}`),
  fc.tuple(amount, bid).map(([yuan, hold]) => `cancels ${yuan} of ${hold}`),
  fc.tuple(fc.constantFrom('I', 'J'), amount).map(([who, yuan]) => `${who} recharges ${yuan}`),
  project.map((no) => `project ${no} becomes REPAYING`),
);
const program = fc.array(fc.tuple(fc.integer({ min: 0, max: 15 }), line), { minLength: 5, maxLength: 16 });
const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 16, maxLength: 16 });

const seed = Number(process.env['QIANZHI_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

describeOnDatabases('batches', (server) => {
  let bench: Workbench;
  let next = 0;
  const platformNos = Array.from({ length: 400 * PARTITIONS }, (_, index) => `P${1000 + index}`).filter(
    (platformNo) => partitionOf(platformNo) === 0,
  );
  beforeAll(async () => {
    bench = await openWorkbench(server, platformNos[0] ?? '');
  });
  afterAll(() => bench?.close());

  /** Runs the lines on a platform of its own, in batches of these sizes; answers what they were answered, and the books. */
  const outcome = async (lines: readonly (readonly [number, string])[], batchSizes: readonly number[]) => {
    const platformNo = platformNos[next] ?? '';
    next += 1;
    const house = new ShellHouse(bench);
    bench.restartOrders();
    await new Interpreter(house, platformNo).run(BEGINNING);
    const sender = new Sender(platformNo, Date.UTC(2025, 11, 1, 3));
    const messages = lines.map(([number, text]) =>
      sender.message('PLATFORM', `N${number}`, platformAct(`N${number}`, new Words(text), [])),
    );
    const answers: (Answer | undefined)[] = [];
    for (const size of batchSizes)
      answers.push(...(await bench.submit(messages.slice(answers.length, answers.length + size))));
    expect(answers.length).toBe(messages.length);
    const { accounts, holds, projects, recharges } = await house.books(platformNo);
    const byKey = <Row>(rows: readonly Row[], key: (row: Row) => string): readonly Row[] =>
      [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    return {
      answers,
      accounts: byKey(accounts, ({ code }) => code),
      holds: byKey(holds, ({ requestNo }) => requestNo),
      projects: byKey(projects, ({ projectNo }) => projectNo),
      recharges: byKey(recharges, ({ requestNo }) => requestNo),
      claims: (await house.instructions(platformNo)).map(({ number, state }) => `${number} ${state}`),
    };
  };

  test(`how instructions are batched changes nothing (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(program, sizes, async (lines, some) => {
        const alone = await outcome(
          lines,
          lines.map(() => 1),
        );
        expect(await outcome(lines, [lines.length])).toEqual(alone);
        expect(await outcome(lines, some)).toEqual(alone);
      }),
      { seed, numRuns: 8, endOnFailure: false },
    );
  }, 240_000);
});
