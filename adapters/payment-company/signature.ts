/**
 * The payment company's signature: Ed25519 over `purpose LF path LF timestamp LF nonce LF body` with the raw bytes of the body. An answer is
 * bound to its question by path and nonce; a callback is bound to its moment.
 */
import { readFile } from 'node:fs/promises';
import { openSigner, type Signer, signBase64 } from '../../certs/signer.ts';
import { type Verifier, verifierOf, verifyBase64 } from '../../certs/verifier.ts';

export interface Stamped {
  readonly path: string;
  /** Epoch milliseconds, as text. */
  readonly timestamp: string;
  readonly nonce: string;
}

export interface Keys {
  readonly ours: Signer;
  readonly theirs: Verifier;
}

/** Opens our private key and the company's public key. Throws KeyProblem. */
export async function openKeys(privateKeyFile: string, channelPublicKeyFile: string): Promise<Keys> {
  return {
    ours: await openSigner({ path: privateKeyFile }, 'merchant', 'ED25519'),
    theirs: verifierOf(await readFile(channelPublicKeyFile, 'utf8'), 'ED25519'),
  };
}

const bytesOf = (purpose: string, { path, timestamp, nonce }: Stamped, body: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`${purpose}\n${path}\n${timestamp}\n${nonce}\n`, 'utf8'), body]);

/** Our signature of a request, in Base64. */
export const signRequest = ({ ours }: Keys, stamped: Stamped, body: Uint8Array): Promise<string> =>
  signBase64(ours, bytesOf('REQUEST', stamped, body));

/** Whether the company signed these bytes as this. */
export const isTheirs = (
  { theirs }: Keys,
  purpose: 'ANSWER' | 'CALLBACK',
  stamped: Stamped,
  body: Uint8Array,
  signature: string,
): boolean => verifyBase64(theirs, bytesOf(purpose, stamped, body), signature);
