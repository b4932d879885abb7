/** Memory that processes hold, from /proc: what a benchmark says of "bounded" and "flat". Linux only; elsewhere it says 0. */
import { readFileSync } from 'node:fs';
import type { Processes } from './cpu.ts';

/** Resident memory of a process in MiB, what PostgreSQL's processes share left out; 0 when it is gone. */
function residentMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    return (kb('VmRSS') - kb('RssShmem')) / 1024;
  } catch {
    return 0;
  }
}

/** MiB by name. */
export const readMemory = (processes: Processes): Record<string, number> =>
  Object.fromEntries(
    Object.entries(processes).map(([name, pids]) => [
      name,
      Math.round(pids.reduce((sum, pid) => sum + residentMb(pid), 0)),
    ]),
  );

/** Watches until it is told to stop, then answers the most that each held. */
export function watchMemory(processes: () => Promise<Processes>): () => Promise<Readonly<Record<string, number>>> {
  const most: Record<string, number> = {};
  const look = async (): Promise<void> => {
    for (const [name, mb] of Object.entries(readMemory(await processes()))) most[name] = Math.max(most[name] ?? 0, mb);
  };
  let looking = look();
  const timer = setInterval(() => {
    looking = looking.then(look);
  }, 500);
  return async () => {
    clearInterval(timer);
    await looking;
    return most;
  };
}
