/**
 * Finding and ending a PostgreSQL that a killed process left behind, by the server's own `postmaster.pid`, so that a data
 * folder never has two servers and never loses one. A number in a file proves nothing (numbers are given again): a process
 * counts only when it runs in that folder. Relies on /proc where there is one, on `ps` elsewhere.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../failure.ts';

const hasProc = existsSync('/proc/self/cwd');
/** A fast shutdown writes a checkpoint first; after this it is told to leave at once and to recover at the next start. */
const FAST_MS = 20_000;
const IMMEDIATE_MS = 5_000;
const KILLED_MS = 5_000;

/** What the server wrote about itself; `ready` once it takes connections. */
export function readPostmaster(dataFolder: string): { pid: number; ready: boolean } | undefined {
  try {
    const lines = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    const pid = Number(lines[0]);
    return Number.isInteger(pid) && pid > 1 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
  } catch {
    return undefined;
  }
}

/** A text that names one process for ever (number and start time), or undefined when there is none of that number. */
export function processIdentity(pid: number): string | undefined {
  try {
    if (!hasProc)
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets, with any characters; state is the 3rd and start time the 22nd field.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z'
      ? undefined
      : `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** Ends every server process of the data folder and removes a stale `postmaster.pid`. @throws Unavailable when one will not end. */
export async function endServersOf(dataFolder: string, log: (line: string) => void): Promise<void> {
  const orphan = readPostmaster(dataFolder);
  if (orphan !== undefined && processesIn(dataFolder).includes(orphan.pid)) {
    log(`ending the PostgreSQL that an earlier process left behind (process ${orphan.pid})`);
    await endServer(orphan.pid, () => !processesIn(dataFolder).includes(orphan.pid));
  }
  // Sessions of a server that was killed end by themselves, unless they are busy: they would write beside the new server.
  const until = performance.now() + KILLED_MS;
  for (let left = processesIn(dataFolder); left.length > 0; left = processesIn(dataFolder)) {
    for (const pid of left) signal(pid, 'SIGKILL');
    if (performance.now() > until) throw new Unavailable(`processes ${left.join(', ')} still use ${dataFolder}`);
    await sleep(20);
  }
  // With nobody in the folder the file is stale; if its number was given to another process the server would refuse to start.
  if (hasProc) rmSync(join(dataFolder, 'postmaster.pid'), { force: true });
}

/** Asks a server to leave, ever more firmly. @throws Unavailable when `gone` never becomes true. */
export async function endServer(pid: number, gone: () => boolean): Promise<void> {
  for (const [how, patienceMs] of [
    ['SIGINT', FAST_MS],
    ['SIGQUIT', IMMEDIATE_MS],
    ['SIGKILL', KILLED_MS],
  ] as const) {
    signal(pid, how);
    const until = performance.now() + patienceMs;
    while (performance.now() < until) {
      if (gone()) return;
      await sleep(20);
    }
  }
  throw new Unavailable(`PostgreSQL (process ${pid}) does not end`);
}

function signal(pid: number, how: NodeJS.Signals): void {
  try {
    process.kill(pid, how);
  } catch {
    // It has ended meanwhile.
  }
}

/** Server processes have the data folder as their working folder (postmaster and sessions alike). */
function processesIn(dataFolder: string): number[] {
  if (!hasProc) {
    const pid = readPostmaster(dataFolder)?.pid;
    return pid !== undefined && commandOf(pid).includes(dataFolder) ? [pid] : [];
  }
  const folder = realpathSync(dataFolder);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        // The name too: somebody's shell may well stand in the data folder.
        return (
          readlinkSync(`/proc/${name}/cwd`) === folder &&
          readFileSync(`/proc/${name}/comm`, 'utf8').trim() === 'postgres'
        );
      } catch {
        return false; // It ended, or it is another user's.
      }
    })
    .map(Number);
}

function commandOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
  } catch {
    return '';
  }
}
