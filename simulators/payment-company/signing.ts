/**
 * The company's signature: Ed25519 over `purpose LF path LF timestamp LF nonce LF body`, Base64 in the header `x-signature`, with
 * `x-timestamp` (epoch milliseconds) and `x-nonce` beside it. Purpose is REQUEST, ANSWER (with the request's path and nonce, so that no
 * answer fits another question) or CALLBACK (path empty). Each side has a key pair in files and the other's public key.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Purpose = 'REQUEST' | 'ANSWER' | 'CALLBACK';

export interface Stamped {
  readonly path: string;
  readonly timestamp: string;
  readonly nonce: string;
}

const bytesOf = (purpose: Purpose, { path, timestamp, nonce }: Stamped, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${purpose}\n${path}\n${timestamp}\n${nonce}\n`, 'utf8'), body]);

/** The signature in Base64. */
export const signed = (key: KeyObject, purpose: Purpose, stamped: Stamped, body: Uint8Array): string =>
  sign(null, bytesOf(purpose, stamped, body), key).toString('base64');

/** Whether the signature is one over exactly these bytes. */
export function isSigned(
  key: KeyObject,
  purpose: Purpose,
  stamped: Stamped,
  body: Uint8Array,
  signature: string,
): boolean {
  const raw = Buffer.from(signature, 'base64');
  return raw.length === 64 && verify(null, bytesOf(purpose, stamped, body), key, raw);
}

/** The company's key pair in its home; made on the first start. `company.pub.pem` is for the merchant. */
export function keysIn(home: string): { readonly privateKey: KeyObject; readonly publicKeyFile: string } {
  const privateKeyFile = join(home, 'company.pem');
  const publicKeyFile = join(home, 'company.pub.pem');
  if (!existsSync(privateKeyFile)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  }
  const privateKey = createPrivateKey(readFileSync(privateKeyFile));
  writeFileSync(publicKeyFile, createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }), { mode: 0o644 });
  return { privateKey, publicKeyFile };
}

/** A merchant's public key. Throws Error naming the file and what was expected. */
export function merchantKey(path: string): KeyObject {
  let key: KeyObject;
  try {
    key = createPublicKey(readFileSync(path));
  } catch {
    throw new Error(`${path}: expected the merchant's Ed25519 public key in PEM`);
  }
  if (key.asymmetricKeyType !== 'ed25519')
    throw new Error(`${path}: expected an Ed25519 key, found ${key.asymmetricKeyType}`);
  return key;
}
