/** Makes what other parties would send: certificate requests, and certificates of authorities that are not ours. */
import { createPrivateKey, createPublicKey, webcrypto } from 'node:crypto';
import type { Algorithm } from '../../certs/algorithms.ts';
import { x509 } from '../../certs/x509.ts';

const webAlgorithm = (algorithm: Algorithm) => {
  switch (algorithm) {
    case 'RSA2':
    case 'RSA1':
      return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    case 'P256':
      return { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    case 'ED25519':
      return { name: 'Ed25519' };
    case 'SM2':
      throw new Error('WebCrypto knows no SM2');
  }
};

/** A key pair in the form WebCrypto signs with. */
export const webKeys = async (privateKeyPem: string, algorithm: Algorithm): Promise<webcrypto.CryptoKeyPair> => {
  const key = createPrivateKey(privateKeyPem);
  const how = webAlgorithm(algorithm);
  const { subtle } = webcrypto;
  return {
    privateKey: await subtle.importKey('pkcs8', key.export({ type: 'pkcs8', format: 'der' }), how, false, ['sign']),
    publicKey: await subtle.importKey('spki', createPublicKey(key).export({ type: 'spki', format: 'der' }), how, true, [
      'verify',
    ]),
  };
};

/** A PKCS#10 request in PEM. */
export const newCsr = async (privateKeyPem: string, name: string, algorithm: Algorithm): Promise<string> => {
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name,
    keys: await webKeys(privateKeyPem, algorithm),
    signingAlgorithm: webAlgorithm(algorithm),
  });
  return request.toString('pem');
};

export interface Party {
  readonly certificatePem: string;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly certificate: x509.X509Certificate;
}

export interface PartyRequest {
  readonly name: string;
  /** Self-signed when not given. */
  readonly issuer?: Party;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly usage?: number;
  readonly hash?: 'SHA-256' | 'SHA-1';
  readonly from?: Date;
  readonly to?: Date;
  readonly extensions?: readonly x509.Extension[];
}

/** A certificate with its keys, of whatever quality the request asks for. */
export const newParty = async (request: PartyRequest): Promise<Party> => {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const ca = request.ca ?? false;
  const usage = request.usage ?? (ca ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign : undefined);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${request.name}`,
    issuer: request.issuer?.certificate.subject ?? `CN=${request.name}`,
    notBefore: request.from ?? new Date('2026-01-01T00:00:00Z'),
    notAfter: request.to ?? new Date('2036-01-01T00:00:00Z'),
    publicKey: keys.publicKey,
    signingKey: request.issuer?.keys.privateKey ?? keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: request.hash ?? 'SHA-256' },
    extensions: [
      new x509.BasicConstraintsExtension(ca, request.pathLength, true),
      ...(usage === undefined ? [] : [new x509.KeyUsagesExtension(usage, true)]),
      ...(request.extensions ?? []),
    ],
  });
  return { certificate, certificatePem: certificate.toString('pem'), keys };
};

/** A list of revoked certificates of that issuer. */
export const newList = async (
  issuer: Party,
  serialNumbers: readonly string[],
  from: Date,
  to: Date,
  extensions: readonly x509.Extension[] = [],
): Promise<string> => {
  const list = await x509.X509CrlGenerator.create({
    issuer: issuer.certificate.subject,
    thisUpdate: from,
    nextUpdate: to,
    entries: serialNumbers.map((serialNumber) => ({ serialNumber, revocationDate: from })),
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [...extensions],
  });
  return list.toString('pem');
};
