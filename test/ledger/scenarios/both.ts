/**
 * The model and another house side by side: what is answered, told and booked must be the same in both, to the last field of the last row.
 */
import { expect } from 'vitest';
import type { InstructionMessage } from '../../../contract/internal/instruction.ts';
import type { Answer, QueryMessage } from '../../../contract/internal/reply.ts';
import type { Due } from '../../../ledger/decision.ts';
import { Defect } from '../../../runtime/failure.ts';
import type { Books, Effect, House } from './house.ts';
import { Model } from './model.ts';

const sorted = (rows: readonly object[]): readonly object[] =>
  [...rows].sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1));

/** Rows have no order, and neither have the entries of a journal; journals have. */
const inOrder = ({ journals, ...books }: Books): unknown => ({
  ...Object.fromEntries(Object.entries(books).map(([kind, rows]) => [kind, sorted(rows as readonly object[])])),
  journals: journals.map((journal) => ({ ...journal, entries: sorted(journal.entries) })),
});
const textOf = (row: object): string =>
  JSON.stringify(Object.entries(row).sort(), (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));

/** A house beside the model, from which it must not differ. */
export class Both implements House {
  readonly #model = new Model();
  readonly #shell: House;
  constructor(shell: House) {
    this.#shell = shell;
  }

  async submit(batch: readonly InstructionMessage[]): Promise<readonly Effect[]> {
    const model = await this.#model.submit(batch).catch(async (error: unknown) => {
      // What the model sets aside the other must set aside too.
      if (error instanceof Defect) await expect(this.#shell.submit(batch)).rejects.toBeInstanceOf(Defect);
      throw error;
    });
    const shell = await this.#shell.submit(batch);
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

  async takeDue(platformNo: string, now: number): Promise<readonly Due[]> {
    const due = await this.#model.takeDue(platformNo, now);
    const inShell = await this.#shell.takeDue(platformNo, now);
    expect(inShell.map(({ number }) => number).sort()).toEqual(due.map(({ number }) => number).sort());
    return due;
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
