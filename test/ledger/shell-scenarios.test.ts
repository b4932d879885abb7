/**
 * The scenarios of the ledger's rules, line by line, on the shell and PostgreSQL beside the in-memory model: what is answered, told and
 * booked must be the same in both, to the last field of the last row.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { Answer, QueryMessage } from '../../contract/internal/reply.ts';
import { PARTITIONS, partitionOf } from '../../contract/topology.ts';
import { describeOnDatabases } from '../servers.ts';
import type { Books, Effect, House } from './scenarios/house.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { Model } from './scenarios/model.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench, type Workbench } from './workbench.ts';

const folder = new URL('./scenarios/', import.meta.url);
const scenarios = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .sort();

/** A platform's number for each scenario, all in one partition. */
const platformNos = Array.from({ length: scenarios.length * PARTITIONS * 4 }, (_, index) => `P${1000 + index}`).filter(
  (platformNo) => partitionOf(platformNo) === 0,
);

/** Rows have no order. */
const inOrder = (books: Books): unknown =>
  Object.fromEntries(
    Object.entries(books).map(([kind, rows]) => [
      kind,
      kind === 'journals' ? rows : [...(rows as readonly object[])].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1)),
    ]),
  );
const textOf = (row: object): string =>
  JSON.stringify(Object.entries(row).sort(), (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));

/** Two houses side by side, which must not differ. */
class Both implements House {
  readonly #model = new Model();
  readonly #shell: ShellHouse;
  constructor(shell: ShellHouse) {
    this.#shell = shell;
  }

  async submit(batch: readonly InstructionMessage[]): Promise<readonly Effect[]> {
    const [model, shell] = [await this.#model.submit(batch), await this.#shell.submit(batch)];
    const answers = (effects: readonly Effect[]) => effects.map(({ answer: { final: _, ...answer } }) => answer);
    expect(answers(shell)).toEqual(answers(model));
    // An outbox does not say which instruction staged what.
    expect(shell.flatMap(({ results }) => results).map(({ event }) => event)).toEqual(
      model.flatMap(({ results }) => results).map(({ event }) => event),
    );
    return model.map((effect, index) => ({
      ...effect,
      orders: index === model.length - 1 ? (shell.at(-1)?.orders ?? []) : [],
    }));
  }

  ask(question: QueryMessage): Promise<Answer> {
    return this.#shell.ask(question);
  }

  books(platformNo: string): Promise<Books> {
    return this.#model.books(platformNo);
  }

  async compare(platformNo: string): Promise<void> {
    expect(inOrder(await this.#shell.books(platformNo))).toEqual(inOrder(await this.#model.books(platformNo)));
  }
}

describeOnDatabases('a scenario goes on the shell as it does on the model', (server) => {
  let bench: Workbench;
  let house: ShellHouse;
  beforeAll(async () => {
    bench = await openWorkbench(server, platformNos[0] ?? '');
    house = new ShellHouse(bench);
  });
  afterAll(() => bench?.close());

  it.each(scenarios.map((file, index) => [file, platformNos[index] ?? ''] as const))('%s', async (file, platformNo) => {
    bench.restartOrders();
    const both = new Both(house);
    await new Interpreter(both, platformNo).run(readFileSync(new URL(file, folder), 'utf8'));
    await both.compare(platformNo);
  });
});
