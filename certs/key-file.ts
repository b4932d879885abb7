/**
 * Secrets in files: written with permission 0600 and never over another, read only when nobody else can read them. Errors name the
 * path, what was found, what was expected and what to do, and never the content.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KeyProblem, textOf } from './algorithms.ts';

/** No key, passphrase or key list is larger; a file that is was named by mistake. */
const MAX_SECRET_BYTES = 64 * 1024;

/** Reads a secret. Throws KeyProblem when it is missing, not a file, too large, or open to group or others. */
export const readSecretFile = async (path: string): Promise<Buffer> => {
  const file = await openForReading(path);
  try {
    // Asked of the open file, so that what was checked is what is read.
    const stat = await file.stat();
    if (!stat.isFile()) throw new KeyProblem(`${path}: expected a file`);
    const permission = stat.mode & 0o777;
    if ((permission & 0o077) !== 0) {
      throw new KeyProblem(`${path}: permission is ${octal(permission)}, expected 0600; run chmod 600 ${path}`);
    }
    if (stat.size > MAX_SECRET_BYTES) {
      throw new KeyProblem(`${path}: ${stat.size} bytes, expected at most ${MAX_SECRET_BYTES}`);
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
};

/** Reads a passphrase: the file's first line. Throws KeyProblem as `readSecretFile`, and when it is empty. */
export const readPassphrase = async (path: string): Promise<string> => {
  const line = (await readSecretFile(path)).toString('utf8').split(/\r?\n/, 1)[0] ?? '';
  if (line === '') throw new KeyProblem(`${path}: expected a passphrase in the first line, found nothing`);
  return line;
};

/** Writes a new secret with permission 0600 and waits until it is on the disk. Throws KeyProblem when the path is taken. */
export const writeSecretFile = (path: string, content: string): Promise<void> => writeNewFile(path, content, 0o600);

/** Writes a new file (0644 for what is public). Throws KeyProblem when the path is taken. */
export const writeNewFile = async (path: string, content: string, mode: number): Promise<void> => {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', mode);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      throw new KeyProblem(`${path}: exists already; nothing was overwritten`, { cause: error });
    }
    throw new KeyProblem(`${path}: cannot be written (${textOf(error)})`, { cause: error });
  }
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(path);
};

/** Replaces a file as a whole: readers see the old content or the new, never half. */
export const replaceFile = async (path: string, content: string, mode: number): Promise<void> => {
  const next = `${path}.${process.pid}.new`;
  await writeNewFile(next, content, mode);
  try {
    await rename(next, path);
  } catch (error) {
    await unlink(next);
    throw new KeyProblem(`${path}: cannot be replaced (${textOf(error)})`);
  }
  await syncFolder(path);
};

/** Runs one change of a file at a time, across processes: two at once would each forget what the other wrote. */
export const alone = async <T>(lock: string, change: () => Promise<T>): Promise<T> => {
  try {
    await writeNewFile(lock, `${process.pid}\n`, 0o600);
  } catch (error) {
    if (!(error instanceof Error && hasCode(error.cause, 'EEXIST'))) throw error;
    throw new KeyProblem(`${lock}: another command is at work; if none is, remove this file`);
  }
  try {
    return await change();
  } finally {
    await unlink(lock);
  }
};

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/** A new name is on the disk only when its folder is: a key that sealed something must not vanish with the power. */
const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const openForReading = async (path: string): Promise<FileHandle> => {
  try {
    // A pipe in its place would otherwise block here until somebody writes.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new KeyProblem(`${path}: does not exist`);
    if (hasCode(error, 'EACCES')) {
      throw new KeyProblem(`${path}: cannot be read by user ${process.getuid?.() ?? '?'}; give the file to that user`);
    }
    throw new KeyProblem(`${path}: cannot be opened (${textOf(error)})`);
  }
};

const octal = (permission: number): string => permission.toString(8).padStart(4, '0');
