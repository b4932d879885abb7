/**
 * What an embedded PostgreSQL keeps between starts, under its home: the password, the port, who holds it now, its log, and
 * the data folder, or, when the user that PostgreSQL runs as may not enter the home, a note where that is instead.
 * Relies on the home being writable for us alone.
 */
import { randomBytes } from 'node:crypto';
import { chmod, chown, link, mkdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Unavailable } from '../failure.ts';
import { ownFolder, parents } from './binaries.ts';
import { processIdentity } from './postmaster.ts';
import { canEnter, type Runner } from './user.ts';

/** The log is for looking at the last trouble; a start empties it when it has grown beyond this. */
const LOG_BYTES = 16 * 1024 * 1024;

/** What `cluster.json` holds. */
interface Cluster {
  /** The folder that PostgreSQL's user owns; the data folder is in it. */
  readonly area: string;
  readonly port?: number;
  /** Whether the data folder was made: from then on a missing one is a loss, never a reason to make a new one. */
  readonly made: boolean;
}

/** An opened home; it is ours until `release`. */
export interface Home {
  readonly dataFolder: string;
  readonly logFile: string;
  readonly password: string;
  readonly port: number | undefined;
  readonly made: boolean;
  /** Says that the data folder is made and which port it had last. */
  remember(port: number | undefined): Promise<void>;
  release(): Promise<void>;
}

/**
 * Opens a home, making it when it is missing.
 * @throws Unavailable when another living process holds it, or when its data folder has vanished.
 */
export async function openHome(folder: string, runner: Runner | undefined): Promise<Home> {
  const home = resolve(folder);
  await mkdir(home, { recursive: true });
  const release = await hold(home);
  try {
    const note = join(home, 'cluster.json');
    const known: Cluster | undefined = await readFile(note, 'utf8').then(JSON.parse, absent);
    const area = known?.area ?? (await chooseArea(home, runner));
    await giveTo(area, runner);
    const dataFolder = join(area, 'data');
    const made = known?.made ?? false;
    if (made && !(await stat(join(dataFolder, 'PG_VERSION')).catch(absent))) {
      throw new Unavailable(`the data folder ${dataFolder} is gone; to start with an empty database remove ${home}`);
    }
    const write = async (cluster: Cluster): Promise<void> => {
      await replace(note, `${JSON.stringify(cluster, null, 2)}\n`);
    };
    if (known === undefined) await write({ area, made: false });
    const logFile = join(home, 'postgres.log');
    const log = await stat(logFile).catch(absent);
    if (log && log.size > LOG_BYTES) await truncate(logFile);
    return {
      dataFolder,
      logFile,
      password: await keptPassword(join(home, 'password'), made),
      port: known?.port,
      made,
      remember: (port) => write({ area, made: true, ...(port === undefined ? {} : { port }) }),
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The port that a home's server had last; undefined when there is no such home. */
export async function rememberedPort(folder: string): Promise<number | undefined> {
  const cluster: Cluster | undefined = await readFile(join(resolve(folder), 'cluster.json'), 'utf8').then(
    JSON.parse,
    absent,
  );
  return cluster?.port;
}

/** Removes a home with all data. @throws Unavailable when a living process holds it. */
export async function removeHome(folder: string): Promise<void> {
  const home = resolve(folder);
  if (!(await stat(home).catch(absent))) return;
  await hold(home);
  const known: Cluster | undefined = await readFile(join(home, 'cluster.json'), 'utf8').then(JSON.parse, absent);
  if (known) await rm(known.area, { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function chooseArea(home: string, runner: Runner | undefined): Promise<string> {
  if (await canEnter(home, runner)) return join(home, 'cluster');
  const id = randomBytes(8).toString('hex');
  const problems: string[] = [];
  for (const parent of parents()) {
    try {
      const clusters = await ownFolder(join(await ownFolder(parent), 'clusters'));
      if (await canEnter(clusters, runner)) return join(clusters, id);
      problems.push(`${clusters} may not be entered`);
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Unavailable(`no folder that PostgreSQL's user may enter: ${problems.join('; ')}`);
}

async function giveTo(area: string, runner: Runner | undefined): Promise<void> {
  await mkdir(area, { recursive: true, mode: 0o700 });
  if (runner === undefined) return;
  // The whole folder changes hands if the user is another one than last time (ours was made only then, for example).
  if ((await stat(area)).uid === runner.uid) return;
  await chown(area, runner.uid, runner.gid);
  await chmod(area, 0o700);
}

async function keptPassword(file: string, made: boolean): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(absent);
  if (kept) return kept.trim();
  if (made)
    throw new Unavailable(
      `${file}, the database's password, is gone: put it back, or remove the folder to start empty`,
    );
  const password = randomBytes(24).toString('base64url');
  await replace(file, `${password}\n`);
  return password;
}

async function replace(file: string, text: string): Promise<void> {
  const next = `${file}.${process.pid}`;
  await writeFile(next, text, { mode: 0o600 });
  await rename(next, file);
}

/** Takes `home/holder` for this process; the file of a dead process is taken over. */
async function hold(home: string): Promise<() => Promise<void>> {
  const file = join(home, 'holder');
  const me = JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid), host: hostname() });
  const mine = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(mine, me, { mode: 0o600 });
  try {
    for (;;) {
      try {
        await link(mine, file); // Fails when it exists: of two processes one gets it.
        return async () => rm(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const found = await readFile(file, 'utf8').catch(absent);
      if (found === undefined) continue;
      const { pid, identity } = parseHolder(found);
      if (pid > 0 && processIdentity(pid) === identity && identity !== undefined) {
        throw new Unavailable(`${home} is in use by process ${pid}: stop that, or give another folder`);
      }
      await removeStale(file, found);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Removes the holder's file if it is still the one that was found: another process may have taken it over meanwhile. */
async function removeStale(file: string, found: string): Promise<void> {
  const aside = `${file}.stale.${randomBytes(4).toString('hex')}`;
  try {
    await rename(file, aside);
  } catch (error) {
    return absent(error as NodeJS.ErrnoException);
  }
  if ((await readFile(aside, 'utf8')) !== found) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

function parseHolder(text: string): { pid: number; identity: string | undefined } {
  try {
    const { pid, identity } = JSON.parse(text);
    return { pid: Number(pid), identity: typeof identity === 'string' ? identity : undefined };
  } catch {
    return { pid: 0, identity: undefined };
  }
}
