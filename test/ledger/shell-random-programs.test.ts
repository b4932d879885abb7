/**
 * Random programs on the shell and PostgreSQL beside the model: the same answers and events on the way, and the same books in the end. The
 * seed is in the title; QIANZHI_SEED repeats one.
 */
import { expect, it } from 'vitest';
import { describeOnDatabases } from '../servers.ts';
import { Both } from './scenarios/both.ts';
import { Interpreter } from './scenarios/interpreter.ts';
import { randomProgram } from './scenarios/random-program.ts';
import { ShellHouse } from './shell-house.ts';
import { openWorkbench } from './workbench.ts';

const asked = process.env['QIANZHI_SEED'];
const seeds = asked === undefined ? [11, Math.floor(Math.random() * 2 ** 31)] : [Number(asked)];
const LINES = 120;
const PLATFORM = 'P0001';

describeOnDatabases('whatever is asked, the database holds what the model does', (server) => {
  it.each(seeds)(
    'random program of seed %i',
    async (seed) => {
      const program = await randomProgram(seed, LINES);
      const bench = await openWorkbench(server, PLATFORM);
      try {
        const both = new Both(new ShellHouse(bench));
        await new Interpreter(both, PLATFORM).run(program);
        await both.compare(PLATFORM);
        expect((await both.books(PLATFORM)).journals.length).toBeGreaterThan(8);
      } finally {
        await bench.close();
      }
    },
    180_000,
  );
});
