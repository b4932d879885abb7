/**
 * A short run of the fault driver, from a fixed seed: load from several platforms, a few faults, and everything held against everything. Long
 * runs, and those of the embedded default, are `npm run test:faults`.
 */
import { expect, test } from 'vitest';
import { runFaults } from '../faults/driver.ts';
import type { Mode } from '../faults/world.ts';
import { describeOnServers } from '../servers.ts';

const MINUTES = 60_000;
const SEED = 7;

async function expectNothingLost(mode: Mode): Promise<void> {
  const said: string[] = [];
  const report = await runFaults({
    mode,
    seed: SEED,
    minutes: 0.5,
    faults: 6,
    platforms: 2,
    perSecond: 8,
    note: (line) => said.push(line),
  });
  expect(report.problems, said.join('\n')).toEqual([]);
  expect(report).toMatchObject({ lost: 0, doubled: 0, undelivered: 0, moved: 0 });
  expect(report.faults).toBeGreaterThan(0);
  expect(report.instructions).toBeGreaterThan(0);
}

describeOnServers('on RabbitMQ, Redis and PostgreSQL', () => {
  test('nothing is lost, doubled or untold', { timeout: 12 * MINUTES }, () => expectNothingLost('servers'));
});
