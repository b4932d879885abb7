/**
 * The scenarios of the ledger's rules, line by line, on the shell and PostgreSQL beside the in-memory model: what is answered, told and
 * booked must be the same in both, to the last field of the last row.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, it } from 'vitest';
import { PARTITIONS, partitionOf } from '../../contract/topology.ts';
import { describeOnDatabases } from '../servers.ts';
import { Both } from './scenarios/both.ts';
import { Interpreter } from './scenarios/interpreter.ts';
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
