/**
 * Checks signatures with a key read once: a KeyObject is cached in the verifier, which is six times as fast as a PEM text. One
 * verifier belongs to one registered key and its one algorithm; a message cannot choose. A signature is never an identity: ECDSA and
 * SM2 signatures can be altered and stay valid, so nothing may deduplicate by them.
 */
import { constants, verify as cryptoVerify, type KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithms.ts';
import { fromBase64 } from './base64.ts';
import { type PublicKey, readPublicKey } from './public-key.ts';
import { sm2Verify, sm2Z } from './sm2.ts';

export interface Verifier {
  readonly algorithm: Algorithm;
  /** True only for a valid signature over exactly these bytes; anything else, malformed signatures too, is false. Never throws. */
  verify(bytes: Uint8Array, signature: Uint8Array): boolean;
}

/** The longest signature any accepted key makes: RSA with 8192 bits. */
const MAX_SIGNATURE = 1024;

/**
 * A verifier for a public key or certificate (PEM, or bare base64 DER). A certificate's validity and issuer are not looked at here:
 * that is `verifyChain`. Throws KeyProblem where the key does not fit the algorithm.
 */
export const verifierOf = (publicKeyOrCertificate: string, algorithm: Algorithm): Verifier =>
  verifierOfKey(readPublicKey(publicKeyOrCertificate, algorithm), algorithm);

/** A verifier for a key that was checked against its algorithm already. */
export const verifierOfKey = (publicKey: PublicKey, algorithm: Algorithm): Verifier => {
  const check = checkOf(publicKey, algorithm);
  return {
    algorithm,
    verify: (bytes, signature) => signature.length > 0 && signature.length <= MAX_SIGNATURE && check(bytes, signature),
  };
};

/** Verifies a signature in base64 as messages carry it (see `fromBase64` for what is taken); malformed base64 is false. */
export const verifyBase64 = (verifier: Verifier, bytes: Uint8Array, signature: string): boolean => {
  const decoded = fromBase64(signature, MAX_SIGNATURE);
  return decoded !== undefined && verifier.verify(bytes, decoded);
};

type Check = (bytes: Uint8Array, signature: Uint8Array) => boolean;

const checkOf = ({ key, spki }: PublicKey, algorithm: Algorithm): Check => {
  switch (algorithm) {
    case 'RSA2':
      return rsaCheck(key, 'sha256');
    case 'RSA1':
      return rsaCheck(key, 'sha1');
    case 'SM2': {
      const z = sm2Z(spki);
      return (bytes, signature) => sm2Verify(key, z, bytes, signature);
    }
    case 'ED25519':
      return (bytes, signature) => cryptoVerify(null, bytes, key, signature);
    case 'P256': {
      const p1363 = { key, dsaEncoding: 'ieee-p1363' } as const;
      return (bytes, signature) => signature.length === 64 && cryptoVerify('sha256', bytes, p1363, signature);
    }
  }
};

const rsaCheck = (key: KeyObject, digest: 'sha256' | 'sha1'): Check => {
  const pkcs1 = { key, padding: constants.RSA_PKCS1_PADDING };
  return (bytes, signature) => cryptoVerify(digest, bytes, pkcs1, signature);
};
