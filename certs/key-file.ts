/**
 * Secrets in files: written with permission 0600 and never over another, read only when nobody else can read them. Errors name the
 * path, what was found, what was expected and what to do, and never the content.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
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
    if (hasCode(error, 'EEXIST')) throw new KeyProblem(`${path}: exists already; nothing was overwritten`);
    throw new KeyProblem(`${path}: cannot be written (${textOf(error)})`);
  }
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
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
};

export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

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
