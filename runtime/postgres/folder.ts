/** Where the rooms' .sql files are: in the package's own folders, whether we run from sources or from dist/, which holds no .sql. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The rooms that own a schema; the schema is named as the room. */
export const rooms = ['bus', 'ledger', 'gateway', 'adapters'] as const;
export type Room = (typeof rooms)[number];

/**
 * The folder that package.json is in.
 * @throws Error when this file is not inside the package.
 */
export function packageRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder)
      throw new Error('no package.json above the runtime: the installation is incomplete');
  }
}

/** The folder of a room's numbered migrations. */
export function migrationsOf(room: Room): string {
  return room === 'bus'
    ? join(packageRoot(), 'runtime', 'bus', 'postgres', 'migrations')
    : join(packageRoot(), room, 'migrations');
}

/** The application role of a room; it owns nothing. */
export function roleOf(room: Room): string {
  return `qianzhi_${room}`;
}
