/** Secrets in files: permissions, encryption, errors that say what to do and never what the secret is. */
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ALGORITHMS, KeyProblem } from '../../certs/algorithms.ts';
import { readSecretFile, replaceFile, writeSecretFile } from '../../certs/key-file.ts';
import { createKeyFiles, readPrivateKey } from '../../certs/key-pair.ts';
import { openSigner } from '../../certs/signer.ts';
import { verifierOf } from '../../certs/verifier.ts';
import { testFolder } from './folder.ts';

const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test('a new secret file is for its owner alone, and is never written over another', async () => {
  const path = join(await testFolder(), 'secret');
  await writeSecretFile(path, 'first');
  expect(await mode(path)).toBe(0o600);
  await expect(writeSecretFile(path, 'second')).rejects.toThrow(`${path}: exists already; nothing was overwritten`);
  expect((await readSecretFile(path)).toString()).toBe('first');
});

test('a secret that group or others may touch is not read, and the error tells the command that mends it', async () => {
  const path = join(await testFolder(), 'secret');
  await writeSecretFile(path, 'TOP');
  for (const permission of [0o644, 0o640, 0o604, 0o620, 0o602, 0o601, 0o777]) {
    await chmod(path, permission);
    const shown = permission.toString(8).padStart(4, '0');
    const said = `${path}: permission is ${shown}, expected 0600; run chmod 600 ${path}`;
    await expect(readSecretFile(path)).rejects.toThrow(new KeyProblem(said));
  }
  for (const permission of [0o600, 0o400]) {
    await chmod(path, permission);
    expect((await readSecretFile(path)).toString()).toBe('TOP');
  }
});

test('a missing secret, a folder and a file too large to be one are told apart', async () => {
  const folder = await testFolder();
  await expect(readSecretFile(join(folder, 'none'))).rejects.toThrow('does not exist');
  await mkdir(join(folder, 'folder'), { mode: 0o700 });
  await expect(readSecretFile(join(folder, 'folder'))).rejects.toThrow('expected a file');
  await writeFile(join(folder, 'large'), Buffer.alloc(65_537), { mode: 0o600 });
  await expect(readSecretFile(join(folder, 'large'))).rejects.toThrow('65537 bytes, expected at most 65536');
});

test('a replaced file is replaced whole and keeps its permission', async () => {
  const path = join(await testFolder(), 'secret');
  await writeSecretFile(path, 'first');
  await replaceFile(path, 'second', 0o600);
  expect((await readSecretFile(path)).toString()).toBe('second');
  expect(await mode(path)).toBe(0o600);
});

describe.each(ALGORITHMS)('a key file for %s', (algorithm) => {
  test('is 0600 beside a public one that verifies what it signs', async () => {
    const path = join(await testFolder(), 'bank.pem');
    const made = await createKeyFiles(path, { algorithm });
    expect(await mode(made.privateKeyFile)).toBe(0o600);
    expect(made.publicKeyFile).toBe(path.replace('bank.pem', 'bank.pub.pem'));
    expect(await readFile(made.publicKeyFile, 'utf8')).toBe(made.publicKeyPem);
    const signer = await openSigner({ path }, 'BANK-1', algorithm);
    expect(signer).toMatchObject({ keySerial: 'BANK-1', algorithm, publicKeyPem: made.publicKeyPem });
    const message = Buffer.from('message');
    expect(verifierOf(made.publicKeyPem, algorithm).verify(message, await signer.sign(message))).toBe(true);
  });

  test('can be encrypted, and then opens with its passphrase file only', async () => {
    const folder = await testFolder();
    const path = join(folder, 'bank.pem');
    const passphraseFile = join(folder, 'passphrase');
    await writeSecretFile(passphraseFile, 'correct horse\n');
    await writeSecretFile(join(folder, 'wrong'), 'battery staple\n');
    await createKeyFiles(path, { algorithm, passphraseFile });
    expect(await readFile(path, 'utf8')).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    const signer = await openSigner({ path, passphraseFile }, 'BANK-1', algorithm);
    expect(
      verifierOf(signer.publicKeyPem, algorithm).verify(Buffer.from('m'), await signer.sign(Buffer.from('m'))),
    ).toBe(true);
    await expect(readPrivateKey({ path })).rejects.toThrow(
      'the key is encrypted; name the file that holds its passphrase',
    );
    await expect(readPrivateKey({ path, passphraseFile: join(folder, 'wrong') })).rejects.toThrow(
      'is the passphrase the right one?',
    );
  });
});

test('a key file of another algorithm is refused with its path', async () => {
  const path = join(await testFolder(), 'bank.pem');
  await createKeyFiles(path, { algorithm: 'P256' });
  await expect(openSigner({ path }, 'BANK-1', 'RSA2')).rejects.toThrow(
    `${path}: this key cannot be used for RSA2: expected an RSA key, found ec on prime256v1`,
  );
});

test('a damaged key file is refused without a word of its content', async () => {
  const folder = await testFolder();
  const path = join(folder, 'bank.pem');
  await writeSecretFile(path, '-----BEGIN PRIVATE KEY-----\nU0VDUkVU\n-----END PRIVATE KEY-----\n');
  await expect(openSigner({ path }, 'B', 'P256')).rejects.toThrow(
    new KeyProblem(`${path}: cannot be read as a private key`),
  );
  await writeSecretFile(join(folder, 'other.pem'), 'U0VDUkVU');
  await expect(readPrivateKey({ path: join(folder, 'other.pem') })).rejects.toThrow('expected a private key in PEM');
});

test('an empty passphrase file is refused', async () => {
  const folder = await testFolder();
  await writeSecretFile(join(folder, 'passphrase'), '\n');
  await expect(
    createKeyFiles(join(folder, 'k.pem'), { algorithm: 'P256', passphraseFile: join(folder, 'passphrase') }),
  ).rejects.toThrow('expected a passphrase in the first line, found nothing');
});

test('key files are not overwritten, neither the private nor the public one', async () => {
  const folder = await testFolder();
  const path = join(folder, 'bank.pem');
  await createKeyFiles(path, { algorithm: 'P256' });
  await expect(createKeyFiles(path, { algorithm: 'P256' })).rejects.toThrow('exists already');
  await writeFile(join(folder, 'other.pub.pem'), 'theirs');
  await expect(createKeyFiles(join(folder, 'other.pem'), { algorithm: 'P256' })).rejects.toThrow('exists already');
  expect(await readFile(join(folder, 'other.pub.pem'), 'utf8')).toBe('theirs');
  await expect(stat(join(folder, 'other.pem'))).rejects.toThrow('ENOENT');
});
