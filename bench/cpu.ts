/** CPU seconds that processes have used, from /proc, so that a benchmark can say where the time goes. Linux only; elsewhere it says nothing. */
import { readFileSync } from 'node:fs';

/** Clock ticks per second of /proc/<pid>/stat; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** CPU seconds of a process, its ended children included; 0 when it is gone or there is no /proc. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold blanks: fields are counted after its closing parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]), 0) / TICKS;
  } catch {
    return 0;
  }
}

export type Processes = Readonly<Record<string, readonly number[]>>;

/** CPU seconds by name; give two of these to `perThousand`. */
export const readCpu = (processes: Processes): Readonly<Record<string, number>> =>
  Object.fromEntries(
    Object.entries(processes).map(([name, pids]) => [name, pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)]),
  );

/** CPU milliseconds per instruction by name, two decimals; that is CPU seconds per 1,000 instructions. */
export function perThousand(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
  instructions: number,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after).map(([name, seconds]) => [
      name,
      Math.round(((seconds - (before[name] ?? 0)) / Math.max(1, instructions)) * 100_000) / 100,
    ]),
  );
}
