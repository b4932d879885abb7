/**
 * Signs what leaves the house. `Signer` is the port: a key in a file today, an HSM or a signature server later, with nothing changed
 * for those who sign. The file signer caches its KeyObject and signs on libuv's thread pool, so that both cores work and the event
 * loop stays free.
 */
import {
  constants,
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  type KeyObject,
  type SignKeyObjectInput,
} from 'node:crypto';
import { type Algorithm, KeyProblem } from './algorithms.ts';
import { readPrivateKey } from './key-pair.ts';
import { checkPublicKey, spkiPem } from './public-key.ts';
import { sm2Sign, sm2Z } from './sm2.ts';
import { verifierOfKey } from './verifier.ts';

export interface Signer {
  /** The serial under which the other side has the public key registered. */
  readonly keySerial: string;
  readonly algorithm: Algorithm;
  /** The signature over exactly these bytes, which are copied before this returns. Rejects only when the key store fails. */
  sign(bytes: Uint8Array): Promise<Buffer>;
}

/** A signer whose public key is known to this process. */
export interface KeySigner extends Signer {
  /** PEM SubjectPublicKeyInfo, for those who are to verify. */
  readonly publicKeyPem: string;
}

export interface KeyFile {
  /** PKCS#8 PEM, permission 0600. */
  readonly path: string;
  /** A file (0600) with the passphrase of an encrypted key. */
  readonly passphraseFile?: string;
}

/**
 * Opens a key file as a signer, and signs once to prove that key, algorithm and library fit together. Throws KeyProblem with the
 * path and what to do.
 */
export const openSigner = async (file: KeyFile, keySerial: string, algorithm: Algorithm): Promise<KeySigner> => {
  const key = await readPrivateKey(file);
  try {
    return await signerOf(key, keySerial, algorithm);
  } catch (error) {
    throw error instanceof KeyProblem ? new KeyProblem(`${file.path}: ${error.message}`) : error;
  }
};

/** A signer over an unencrypted PKCS#8 PEM text. Throws KeyProblem. */
export const signerFromPem = async (
  privateKeyPem: string,
  keySerial: string,
  algorithm: Algorithm,
): Promise<KeySigner> => {
  let key: KeyObject;
  try {
    key = createPrivateKey(privateKeyPem);
  } catch {
    throw new KeyProblem('this is not an unencrypted private key in PEM');
  }
  return signerOf(key, keySerial, algorithm);
};

/** A signer over a private key that was read from PEM. Throws KeyProblem where it does not fit the algorithm. */
export const signerOf = async (key: KeyObject, keySerial: string, algorithm: Algorithm): Promise<KeySigner> => {
  if (keySerial === '') throw new KeyProblem('a signing key needs a serial');
  const publicKey = checkPublicKey(createPublicKey(key).export({ type: 'spki', format: 'der' }), algorithm);
  const sign = signOf(key, publicKey.spki, algorithm);
  const probe = Buffer.from('qianzhi signs this once when it opens a key');
  if (!verifierOfKey(publicKey, algorithm).verify(probe, await sign(probe))) {
    throw new KeyProblem(`a signature of this ${algorithm} key does not verify with its own public key`);
  }
  return { keySerial, algorithm, publicKeyPem: spkiPem(publicKey.spki), sign };
};

/** The signature in base64, as messages carry it. */
export const signBase64 = async (signer: Signer, bytes: Uint8Array): Promise<string> =>
  (await signer.sign(bytes)).toString('base64');

const signOf = (key: KeyObject, spki: Buffer, algorithm: Algorithm): Signer['sign'] => {
  switch (algorithm) {
    case 'RSA2':
      return onThreadPool('sha256', { key, padding: constants.RSA_PKCS1_PADDING });
    case 'RSA1':
      return onThreadPool('sha1', { key, padding: constants.RSA_PKCS1_PADDING });
    case 'SM2': {
      const z = sm2Z(spki);
      return async (bytes) => sm2Sign(key, z, bytes);
    }
    case 'ED25519':
      return onThreadPool(null, { key });
    case 'P256':
      return onThreadPool('sha256', { key, dsaEncoding: 'ieee-p1363' });
  }
};

const onThreadPool =
  (digest: string | null, key: SignKeyObjectInput): Signer['sign'] =>
  (bytes) =>
    new Promise((resolve, reject) => {
      cryptoSign(digest, bytes, key, (error, signature) => (error === null ? resolve(signature) : reject(error)));
    });
