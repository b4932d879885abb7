/** The load generator's process, as the benchmark orders it about. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FurnishOrder, LoadFigures, LoadOrder, LoadPlan, LoadWord } from './load-plan.ts';

export interface LoadProcess {
  readonly pid: number;
  furnish(order: Omit<FurnishOrder, 'order'>): Promise<void>;
  run(plan: Omit<LoadPlan, 'order'>): Promise<LoadFigures>;
  /** Profiles from now on into this file; without one, ends the profile that runs. */
  profile(file?: string): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it. Its orders throw what went wrong with them. */
export function forkLoad(): LoadProcess {
  const child = fork(fileURLToPath(new URL('./load.js', import.meta.url)), [], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return {
    pid: child.pid ?? 0,
    furnish: async (order) => void (await obeyed(child, { order: 'furnish', ...order })),
    run: async (plan) => (await obeyed(child, { order: 'load', ...plan })) as LoadFigures,
    profile: async (file) => void (await obeyed(child, { order: 'profile', ...(file === undefined ? {} : { file }) })),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

function obeyed(child: ChildProcess, order: LoadOrder): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error('the load generator has ended'));
    child.once('exit', gone);
    child.once('message', (word: LoadWord) => {
      child.off('exit', gone);
      if ('wrong' in word) reject(new Error(`the load generator: ${word.wrong}`));
      else resolve(word.done);
    });
    child.send(order);
  });
}
