/** Reads an X.509 certificate into the few facts the house uses. Reading checks nothing: trust is `verifyChain`'s. */
import { X509Certificate } from 'node:crypto';
import { KeyProblem } from './algorithms.ts';
import { spkiPem } from './public-key.ts';
import { x509 } from './x509.ts';

export interface CertificateFacts {
  /** Upper-case hex without leading zeros of the sign, as `openssl x509 -serial` prints it. */
  readonly serialNumber: string;
  readonly subject: string;
  /** The subject's CN; in certificates of our own authority the platform's number. */
  readonly commonName: string;
  readonly issuer: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKeyPem: string;
  /** Lower-case hex SHA-256 of the DER. */
  readonly fingerprint: string;
}

/** Reads one certificate in PEM or bare base64 DER. Throws KeyProblem. */
export const readCertificate = (text: string): CertificateFacts => {
  const certificate = parseCertificate(text);
  const node = new X509Certificate(Buffer.from(certificate.rawData));
  return {
    serialNumber: node.serialNumber,
    subject: certificate.subject,
    commonName: certificate.subjectName.getField('CN')[0] ?? '',
    issuer: certificate.issuer,
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    publicKeyPem: spkiPem(node.publicKey.export({ type: 'spki', format: 'der' })),
    fingerprint: node.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
};

/** Parses one certificate for those in this room who need more. Throws KeyProblem. */
export const parseCertificate = (text: string): x509.X509Certificate => {
  if ((text.match(/-----BEGIN /g) ?? []).length > 1)
    throw new KeyProblem('expected one certificate, found several PEM blocks');
  if (/-----BEGIN (?!CERTIFICATE-----)/.test(text)) throw new KeyProblem('expected a PEM block CERTIFICATE');
  try {
    return new x509.X509Certificate(text);
  } catch {
    throw new KeyProblem('this is not a certificate: expected PEM or base64 DER');
  }
};
