/**
 * Making a data folder, and making sure that the programs at hand understand it. Same encoding, order and case rules on
 * every machine, whatever locales it has.
 */
import { execFile } from 'node:child_process';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { Unavailable } from '../failure.ts';
import type { Binaries } from './binaries.ts';
import type { Home } from './home.ts';
import { identity, plainEnvironment, type Runner } from './user.ts';

const run = promisify(execFile);
const INITDB_MS = 180_000;

/** initdb under another name, then a rename: a data folder is whole or it is not there. @throws Unavailable with what initdb said. */
export async function makeCluster(
  home: Home,
  binaries: Binaries,
  runner: Runner | undefined,
  log: (line: string) => void,
): Promise<void> {
  log('making the database folder');
  const unfinished = `${home.dataFolder}.unfinished`;
  const secret = join(dirname(home.dataFolder), 'initial-password');
  await Promise.all([home.dataFolder, unfinished].map((folder) => rm(folder, { recursive: true, force: true })));
  await writeFile(secret, `${home.password}\n`, { mode: 0o600 });
  if (runner) await chown(secret, runner.uid, runner.gid);
  try {
    const flags = [
      `--pgdata=${unfinished}`,
      `--pwfile=${secret}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ];
    await run(binaries.initdb, flags, { ...identity(runner), env: plainEnvironment(), cwd: '/', timeout: INITDB_MS });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    throw new Unavailable(`initdb failed: ${stderr?.trim() || message}`);
  } finally {
    await rm(secret, { force: true });
  }
  await rename(unfinished, home.dataFolder);
  await home.remember(undefined);
}

/** @throws Unavailable when another major version made the data folder. */
export async function assertVersion(home: Home, binaries: Binaries): Promise<void> {
  const made = Number((await readFile(join(home.dataFolder, 'PG_VERSION'), 'utf8')).trim());
  if (made === binaries.major) return;
  throw new Unavailable(
    `${home.dataFolder} was made by PostgreSQL ${made} and the programs are ${binaries.major}: dump it with the old ones and restore it`,
  );
}
