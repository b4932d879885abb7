/** The authority's private key in the form that @peculiar/x509 signs with: a WebCrypto key, not extractable. */
import { createPublicKey, type KeyObject, webcrypto } from 'node:crypto';
import { checkPublicKey, spkiPem } from './public-key.ts';

/** How the authority signs certificates and lists. */
export const CA_SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

export interface IssuingKey {
  readonly signingKey: webcrypto.CryptoKey;
  readonly publicKeyPem: string;
  /** DER SubjectPublicKeyInfo. */
  readonly spki: Buffer;
}

/** Throws KeyProblem when it is not a P-256 key. */
export const issuingKeyOf = async (key: KeyObject): Promise<IssuingKey> => {
  const { spki } = checkPublicKey(createPublicKey(key).export({ type: 'spki', format: 'der' }), 'P256');
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    key.export({ type: 'pkcs8', format: 'der' }),
    { name: 'ECDSA', namedCurve: 'P-256' },
    false,
    ['sign'],
  );
  return { signingKey, publicKeyPem: spkiPem(spki), spki };
};
