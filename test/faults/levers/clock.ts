/**
 * The clock of a process, set from outside while it runs: Debian's libfaketime reads an offset from a file. Only the time of day jumps; what
 * measures durations does not, as on a machine whose clock is set.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FakeClock {
  /** For the process whose clock it is. */
  readonly environment: Readonly<Record<string, string>>;
  /** From about now on the process's clock is so far from the true one; 0 heals. */
  jump(offsetMs: number): void;
}

const FOLDERS = ['/usr/lib', '/usr/local/lib'];

/** libfaketime, or undefined where it is not installed (Debian: `apt-get install faketime`). */
export function findFakeTime(): string | undefined {
  for (const folder of FOLDERS) {
    const inner = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
    for (const place of [folder, ...inner]) {
      // The one for programs with several threads.
      const library = join(place, 'faketime', 'libfaketimeMT.so.1');
      if (existsSync(library)) return library;
    }
  }
  return undefined;
}

/** A clock that is right until it jumps. @param file where its offset is kept. */
export function openFakeClock(library: string, file: string): FakeClock {
  const jump = (offsetMs: number): void => {
    const seconds = offsetMs / 1000;
    writeFileSync(file, `${seconds < 0 ? '' : '+'}${seconds}\n`);
  };
  jump(0);
  return {
    environment: {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      // Node aborts when this one jumps.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    },
    jump,
  };
}
