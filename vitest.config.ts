/**
 * How the tests run, in three projects. `unit` files run beside each other; `servers` files start, break and kill servers or
 * processes of their own; `system` files start whole systems. The last two run alone, one file at a time, after the others,
 * because their deadlines mean nothing on a machine that is busy with something else.
 */
import { defineConfig } from 'vitest/config';

const everywhere = {
  pool: 'forks' as const,
  testTimeout: 60_000,
  hookTimeout: 120_000,
  teardownTimeout: 20_000,
  // A double that outlives its test makes the next one lie.
  unstubEnvs: true,
};
const servers = ['test/services/**/*.test.ts', 'test/**/*-restart.test.ts', 'test/**/crash.test.ts'];
const system = ['test/system/**/*.test.ts'];

export default defineConfig({
  test: {
    ...everywhere,
    passWithNoTests: false,
    projects: [
      {
        test: {
          ...everywhere,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...servers, ...system],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'servers',
          include: servers,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...everywhere,
          name: 'system',
          include: system,
          testTimeout: 240_000,
          hookTimeout: 240_000,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
