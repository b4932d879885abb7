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
