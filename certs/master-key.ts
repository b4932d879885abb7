/**
 * The file of master keys that personal data and evidence are sealed with. One line a key: `<version> <base64 of 32 bytes>`, the
 * highest version seals, older ones only open; and one line `hash <base64 of 32 bytes>`, the key of the hashes that tell equal values.
 * The hash key does not change with the others, or an ID number registered before a rotation would not be found after it. Lines that
 * begin with # are comments. Permission 0600.
 */
import { randomBytes } from 'node:crypto';
import { KeyProblem } from './algorithms.ts';
import { fromBase64 } from './base64.ts';
import { alone, readSecretFile, replaceFile, writeSecretFile } from './key-file.ts';

const KEY_BYTES = 32;
const MAX_VERSION = 2 ** 31 - 1;

export interface MasterKeys {
  readonly byVersion: ReadonlyMap<number, Buffer>;
  /** The highest version, which seals. */
  readonly newest: number;
  readonly hashKey: Buffer;
}

/** Writes a new file with version 1 and a hash key. Throws KeyProblem when the path is taken. */
export const createMasterKeys = (path: string): Promise<void> =>
  writeSecretFile(
    path,
    `# Master keys of sealed data. Without this file sealed data is lost: keep a copy in another place.\n${line('hash')}${line('1')}`,
  );

/** Adds a newer version, which seals from the next start on; processes that must open it need it first. Returns the version. */
export const addMasterKey = (path: string): Promise<number> =>
  alone(`${path}.lock`, async () => {
    const text = (await readSecretFile(path)).toString('utf8');
    const version = parseMasterKeys(text, path).newest + 1;
    await replaceFile(path, `${text.endsWith('\n') ? text : `${text}\n`}${line(String(version))}`, 0o600);
    return version;
  });

/** Reads and checks the file. Throws KeyProblem with path and line number, never with content. */
export const readMasterKeys = async (path: string): Promise<MasterKeys> =>
  parseMasterKeys((await readSecretFile(path)).toString('utf8'), path);

/** Parses the text of such a file; `source` names it in errors. */
export const parseMasterKeys = (text: string, source: string): MasterKeys => {
  const byVersion = new Map<number, Buffer>();
  let hashKey: Buffer | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const fail = (expected: string) => new KeyProblem(`${source} line ${index + 1}: ${expected}`);
    const [name = '', encoded = '', ...rest] = content.split(/\s+/);
    const key = fromBase64(encoded, KEY_BYTES);
    if (key?.length !== KEY_BYTES || rest.length > 0)
      throw fail('expected a version or "hash", and the base64 of 32 bytes');
    if (name === 'hash') {
      if (hashKey !== undefined) throw fail('a second hash key');
      hashKey = key;
      continue;
    }
    const version = /^[1-9]\d{0,9}$/.test(name) ? Number(name) : 0;
    if (version < 1 || version > MAX_VERSION) throw fail(`expected a version from 1 to ${MAX_VERSION}, or "hash"`);
    if (byVersion.has(version)) throw fail(`version ${version} appears twice`);
    byVersion.set(version, key);
  }
  if (hashKey === undefined) throw new KeyProblem(`${source}: no line with the hash key`);
  if (byVersion.size === 0) throw new KeyProblem(`${source}: no line with a master key`);
  return { byVersion, newest: Math.max(...byVersion.keys()), hashKey };
};

const line = (name: string): string => `${name} ${randomBytes(KEY_BYTES).toString('base64')}\n`;
