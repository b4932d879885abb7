/**
 * Reads a public key as an operator or a platform hands it over and holds it to its algorithm: kind, curve, size and exponent. This
 * is where a wrong key is refused, at registration, so that a verifier never has to wonder.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { type Algorithm, KeyProblem } from './algorithms.ts';
import { fromBase64 } from './base64.ts';
import { isLowOrderEd25519 } from './low-order.ts';
import { isSm2Spki, sm2SpkiOfPoint } from './sm2.ts';

const RSA_MIN_BITS = 2048;
/** Above this, one verification costs milliseconds: somebody else's key must not set our price. */
const RSA_MAX_BITS = 8192;
/** FIPS 186-5 section 5.1: odd and above 2^16; its upper end of 2^256 serves nobody but an attacker of our CPU. */
const RSA_MIN_EXPONENT = 65537n;
const RSA_MAX_EXPONENT = 2n ** 32n;

const MAX_KEY_TEXT = 64 * 1024;
const LABEL = /-----BEGIN ([A-Z0-9 ]+)-----/g;
const PUBLIC_LABELS = ['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE'];

/** SubjectPublicKeyInfo of a P-256 key (id-ecPublicKey on prime256v1, uncompressed) up to the 64 bytes of x and y. */
const P256_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

/** A public key that fits its algorithm, with its DER SubjectPublicKeyInfo. */
export interface PublicKey {
  readonly key: KeyObject;
  readonly spki: Buffer;
}

/**
 * Reads a PEM public key, a PEM certificate, the bare base64 of a SubjectPublicKeyInfo, or for SM2 the hex of `04 ‖ x ‖ y`.
 * Throws KeyProblem when it is none of these, is a private key, or does not fit the algorithm.
 */
export const readPublicKey = (text: string, algorithm: Algorithm): PublicKey => {
  const spki = parse(text, algorithm).export({ type: 'spki', format: 'der' });
  return checkPublicKey(spki, algorithm);
};

/** Holds a DER SubjectPublicKeyInfo to its algorithm. Throws KeyProblem. */
export const checkPublicKey = (spki: Buffer, algorithm: Algorithm): PublicKey => {
  // Read from DER even where a KeyObject was at hand: only such a key does SM2 and not plain ECDSA.
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const problem = mismatch(key, spki, algorithm);
  if (problem !== undefined) throw new KeyProblem(`this key cannot be used for ${algorithm}: ${problem}`);
  return { key, spki };
};

/** The PEM form of a DER SubjectPublicKeyInfo. */
export const spkiPem = (spki: Buffer): string =>
  `-----BEGIN PUBLIC KEY-----\n${(spki.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END PUBLIC KEY-----\n`;

const parse = (text: string, algorithm: Algorithm): KeyObject => {
  if (text.length > MAX_KEY_TEXT) throw new KeyProblem(`a public key of ${text.length} characters is too long`);
  try {
    const labels = [...text.matchAll(LABEL)].map((match) => match[1] ?? '');
    const label = labels[0];
    if (label === undefined) return parseBare(text.trim(), algorithm);
    if (labels.some((each) => each.includes('PRIVATE'))) {
      throw new KeyProblem('this is a private key; register the public one, and treat the private one as disclosed');
    }
    if (labels.length !== 1) throw new KeyProblem(`expected one PEM block, found ${labels.length}`);
    if (!PUBLIC_LABELS.includes(label)) {
      throw new KeyProblem(`expected a PEM block PUBLIC KEY or CERTIFICATE, found ${label}`);
    }
    return createPublicKey(text.trim());
  } catch (error) {
    if (error instanceof KeyProblem) throw error;
    throw new KeyProblem(
      'this is not a public key: expected PEM (PUBLIC KEY or CERTIFICATE) or the base64 of its DER form',
    );
  }
};

const parseBare = (text: string, algorithm: Algorithm): KeyObject => {
  if (algorithm === 'SM2' && /^04[0-9a-f]{128}$/i.test(text)) {
    return createPublicKey({ key: sm2SpkiOfPoint(Buffer.from(text, 'hex')), format: 'der', type: 'spki' });
  }
  const der = fromBase64(text, MAX_KEY_TEXT);
  if (der === undefined) throw new KeyProblem('this is neither PEM nor base64');
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
};

/** Why a key does not fit, or undefined when it does. */
const mismatch = (key: KeyObject, spki: Buffer, algorithm: Algorithm): string | undefined => {
  switch (algorithm) {
    case 'RSA2':
    case 'RSA1':
      return rsaMismatch(key);
    case 'SM2':
      // Told by the object identifiers: node:crypto has no name for the type of an SM2 key.
      return isSm2Spki(spki) ? undefined : `expected an SM2 key with an uncompressed point, found ${describe(key)}`;
    case 'ED25519':
      if (key.asymmetricKeyType !== 'ed25519') return `expected an Ed25519 key, found ${describe(key)}`;
      return isLowOrderEd25519(spki.subarray(-32)) ? 'its point has low order: anybody can sign for it' : undefined;
    case 'P256':
      // Exactly this encoding: a curve written out in full would be taken by the library, and is an old way to smuggle another in.
      return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' && isP256Spki(spki)
        ? undefined
        : `expected a P-256 key (named curve, uncompressed point), found ${describe(key)}`;
  }
};

const isP256Spki = (spki: Buffer): boolean =>
  spki.length === P256_PREFIX.length + 64 && spki.subarray(0, P256_PREFIX.length).equals(P256_PREFIX);

const rsaMismatch = (key: KeyObject): string | undefined => {
  if (key.asymmetricKeyType !== 'rsa') return `expected an RSA key, found ${describe(key)}`;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n;
  if (bits < RSA_MIN_BITS) return `it has ${bits} bits, at least ${RSA_MIN_BITS} are needed`;
  if (bits > RSA_MAX_BITS) return `it has ${bits} bits, at most ${RSA_MAX_BITS} are taken`;
  if (exponent < RSA_MIN_EXPONENT || exponent > RSA_MAX_EXPONENT || exponent % 2n === 0n) {
    return `its public exponent ${exponent} is not an odd number from ${RSA_MIN_EXPONENT} to ${RSA_MAX_EXPONENT}`;
  }
  return undefined;
};

const describe = (key: KeyObject): string => {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  return `${key.asymmetricKeyType ?? 'another kind'}${curve === undefined ? '' : ` on ${curve}`}`;
};
