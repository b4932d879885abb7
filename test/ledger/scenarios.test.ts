/** The ledger's rules, as scenarios that a payments person can read: each file runs on the in-memory model. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { Interpreter } from './scenarios/interpreter.ts';
import { Model } from './scenarios/model.ts';

const folder = new URL('./scenarios/', import.meta.url);
const scenarios = readdirSync(folder)
  .filter((file) => file.endsWith('.txt'))
  .sort();

describe('a scenario goes as it says on the model', () => {
  it.each(scenarios)('%s', async (file) => {
    await new Interpreter(new Model(), 'P0001').run(readFileSync(new URL(file, folder), 'utf8'));
  });
});
