/**
 * Random programs on the in-memory model: after every line the identities of the books hold, whatever was asked. The seed is in the title;
 * QIANZHI_SEED repeats one.
 */
import { describe, expect, it } from 'vitest';
import { Interpreter } from './scenarios/interpreter.ts';
import { Model } from './scenarios/model.ts';
import { randomProgram } from './scenarios/random-program.ts';

const asked = process.env['QIANZHI_SEED'];
const seeds = asked === undefined ? [1, 2, 3, Math.floor(Math.random() * 2 ** 31)] : [Number(asked)];
const LINES = 250;

describe('whatever is asked, the books stay sound', () => {
  it.each(seeds)('random program of seed %i', async (seed) => {
    const program = await randomProgram(seed, LINES);
    const model = new Model();
    await new Interpreter(model, 'P0001').run(program);
    const { journals, withdrawals, shares, lots } = await model.books('P0001');
    // A program in which little happened proves little.
    expect(journals.length).toBeGreaterThan(30);
    expect(withdrawals.length).toBeGreaterThan(3);
    expect(shares.length).toBeGreaterThan(0);
    expect(lots.length).toBeGreaterThan(1);
  });
});
