/**
 * Makes key pairs and keeps them in files: the private key as PKCS#8 PEM with permission 0600, encrypted when a passphrase file is
 * given, the public key beside it as PEM.
 */
import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { type Algorithm, KeyProblem } from './algorithms.ts';
import { readPassphrase, readSecretFile, writeNewFile, writeSecretFile } from './key-file.ts';
import { spkiPem } from './public-key.ts';

export interface KeyPair {
  readonly algorithm: Algorithm;
  readonly privateKeyPem: string;
  readonly publicKeyPem: string;
}

export interface KeyPairRequest {
  readonly algorithm: Algorithm;
  /** Of RSA keys; 2048 when not given. */
  readonly modulusLength?: 2048 | 3072 | 4096;
  /** Encrypts the private key (PKCS#8 with AES-256-CBC). */
  readonly passphrase?: string;
}

export interface KeyPairFiles {
  readonly privateKeyFile: string;
  /** The private key's path with `.pub.pem` in place of `.pem`, or after it. */
  readonly publicKeyFile: string;
  readonly publicKeyPem: string;
}

/** A new key pair in PEM. An SM2 pair must be used from its PEM, never from the generator's own objects (see sm2.ts). */
export const newKeyPair = async (request: KeyPairRequest): Promise<KeyPair> => {
  const { privateKey } = await generate(request);
  const privateKeyPem = privateKey
    .export({
      type: 'pkcs8',
      format: 'pem',
      ...(request.passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase: request.passphrase }),
    })
    .toString();
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  return { algorithm: request.algorithm, privateKeyPem, publicKeyPem: spkiPem(publicKey) };
};

/** Makes a key pair and writes both files. Throws KeyProblem when one of them exists already. */
export const createKeyFiles = async (
  path: string,
  request: Omit<KeyPairRequest, 'passphrase'> & { readonly passphraseFile?: string },
): Promise<KeyPairFiles> => {
  const { passphraseFile, ...rest } = request;
  const pair = await newKeyPair(
    passphraseFile === undefined ? rest : { ...rest, passphrase: await readPassphrase(passphraseFile) },
  );
  const publicKeyFile = `${path.endsWith('.pem') ? path.slice(0, -'.pem'.length) : path}.pub.pem`;
  await writeSecretFile(path, pair.privateKeyPem);
  try {
    await writeNewFile(publicKeyFile, pair.publicKeyPem, 0o644);
  } catch (error) {
    // A private key without its public half would only stand in the way of the next try.
    await unlink(path);
    throw error;
  }
  return { privateKeyFile: path, publicKeyFile, publicKeyPem: pair.publicKeyPem };
};

/** Reads a private key file. Throws KeyProblem with the path and what to do. */
export const readPrivateKey = async (file: {
  readonly path: string;
  readonly passphraseFile?: string;
}): Promise<KeyObject> => {
  const pem = (await readSecretFile(file.path)).toString('utf8');
  const encrypted = pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || pem.includes('Proc-Type: 4,ENCRYPTED');
  if (encrypted && file.passphraseFile === undefined) {
    throw new KeyProblem(`${file.path}: the key is encrypted; name the file that holds its passphrase`);
  }
  if (!pem.includes('PRIVATE KEY-----')) throw new KeyProblem(`${file.path}: expected a private key in PEM`);
  const passphrase = file.passphraseFile === undefined ? undefined : await readPassphrase(file.passphraseFile);
  try {
    return createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  } catch {
    // The library's text says nothing an operator can use, and quotes bytes of the file in some versions.
    throw new KeyProblem(
      `${file.path}: cannot be read as a private key${encrypted ? '; is the passphrase the right one?' : ''}`,
    );
  }
};

const generatePair = promisify(generateKeyPair);

const generate = ({ algorithm, modulusLength = 2048 }: KeyPairRequest): Promise<{ privateKey: KeyObject }> => {
  switch (algorithm) {
    case 'RSA2':
    case 'RSA1':
      return generatePair('rsa', { modulusLength });
    case 'SM2':
      return generatePair('ec', { namedCurve: 'SM2' });
    case 'ED25519':
      return generatePair('ed25519');
    case 'P256':
      return generatePair('ec', { namedCurve: 'P-256' });
  }
};
