/**
 * Makes certificates (RFC 5280): the authority's root, and those of platforms' signing keys, whose subject names the platform by its
 * number. A certificate request (PKCS#10) proves that the platform holds the private key; nothing else in it is taken over.
 */
import { randomBytes } from 'node:crypto';
import { type Algorithm, KeyProblem } from './algorithms.ts';
import { parseCertificate } from './certificate.ts';
import { CA_SIGNATURE, type IssuingKey } from './issuing-key.ts';
import { checkPublicKey, type PublicKey, readPublicKey } from './public-key.ts';
import { x509 } from './x509.ts';

export interface CertificateRequest {
  /** Becomes the subject's CN: letters, digits, - and _, at most 50. */
  readonly platformNo: string;
  /** What the key will sign with; it is held to it as at registration. SM2 keys are registered bare and get no certificate here. */
  readonly algorithm: Algorithm;
  /** The platform's PKCS#10 request (PEM), which proves that it holds the private key; or its public key (PEM). */
  readonly key: { readonly csrPem: string } | { readonly publicKeyPem: string };
  /** The platform's name, for the subject's O. */
  readonly organisation?: string;
  /** The present when not given. */
  readonly validFrom?: Date;
  /** 730 when not given: a platform changes its key at least every two years. */
  readonly validDays?: number;
}

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 730;
const MAX_DAYS = 3660;
const ROOT_DAYS = 7305;
/** A certificate is valid a little before it was made, for clocks that are behind. */
const CLOCK_SKEW_MS = 300_000;
const PLATFORM_NO = /^[0-9A-Za-z_-]{1,50}$/;
/** Without quotes, backslashes and #, which the name encoder reads as syntax. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} .,()（）·&'/_-]{0,63}$/u;

/** A self-signed root in PEM, valid for 20 years, that may sign end certificates only. */
export const newRootCertificate = async (key: IssuingKey, name: string, at: Date): Promise<string> => {
  const subject = [{ CN: [checkedName(name, 'name')] }];
  const root = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject,
    issuer: subject,
    notBefore: wholeSecond(at.getTime() - CLOCK_SKEW_MS),
    notAfter: wholeSecond(at.getTime() + ROOT_DAYS * DAY_MS),
    publicKey: key.spki,
    signingKey: key.signingKey,
    signingAlgorithm: CA_SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(key.spki),
    ],
  });
  return `${root.toString('pem')}\n`;
};

/** A certificate in PEM for a platform's signing key. Throws KeyProblem for a key, request, number or validity it does not take. */
export const issueCertificate = async (
  key: IssuingKey,
  rootPem: string,
  request: CertificateRequest,
): Promise<string> => {
  const root = parseCertificate(rootPem);
  if (!PLATFORM_NO.test(request.platformNo)) {
    throw new KeyProblem('platformNo: expected 1 to 50 letters, digits, - or _');
  }
  const { spki } = await requestedKey(request);
  const { notBefore, notAfter } = validity(request, root.notAfter);
  const organisation =
    request.organisation === undefined ? [] : [{ O: [checkedName(request.organisation, 'organisation')] }];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: [...organisation, { CN: [request.platformNo] }],
    issuer: root.subjectName,
    notBefore,
    notAfter,
    publicKey: spki,
    signingKey: key.signingKey,
    signingAlgorithm: CA_SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.nonRepudiation, true),
      await x509.SubjectKeyIdentifierExtension.create(spki),
      await x509.AuthorityKeyIdentifierExtension.create(key.spki),
    ],
  });
  return `${certificate.toString('pem')}\n`;
};

const requestedKey = async ({ algorithm, key }: CertificateRequest): Promise<PublicKey> => {
  if (algorithm === 'SM2') throw new KeyProblem('SM2 keys are registered as bare public keys, without a certificate');
  if ('publicKeyPem' in key) return readPublicKey(key.publicKeyPem, algorithm);
  const request = parseRequest(key.csrPem);
  const publicKey = checkPublicKey(Buffer.from(request.publicKey.rawData), algorithm);
  if (!(await isProven(request))) {
    throw new KeyProblem('the certificate request is not signed by the key it names; make a new one');
  }
  return publicKey;
};

/** Whether the request is signed by the key in it, with SHA-256 or better (RFC 2986). */
const isProven = async (request: x509.Pkcs10CertificateRequest): Promise<boolean> => {
  const { name, hash } = request.signatureAlgorithm as { name?: string; hash?: { name?: string } };
  if (name !== 'Ed25519' && !['SHA-256', 'SHA-384', 'SHA-512'].includes(hash?.name ?? '')) return false;
  try {
    return await request.verify();
  } catch {
    return false;
  }
};

const parseRequest = (csrPem: string): x509.Pkcs10CertificateRequest => {
  if (csrPem.length > 64 * 1024 || !/-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/.test(csrPem)) {
    throw new KeyProblem('expected a PEM block CERTIFICATE REQUEST');
  }
  try {
    return new x509.Pkcs10CertificateRequest(csrPem);
  } catch {
    throw new KeyProblem('this is not a certificate request (PKCS#10)');
  }
};

const validity = (request: CertificateRequest, rootNotAfter: Date): { notBefore: Date; notAfter: Date } => {
  const days = request.validDays ?? DEFAULT_DAYS;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw new KeyProblem(`validDays: expected 1 to ${MAX_DAYS}, found ${days}`);
  }
  const from = request.validFrom?.getTime() ?? Date.now() - CLOCK_SKEW_MS;
  const notAfter = wholeSecond(from + days * DAY_MS);
  if (notAfter > rootNotAfter) {
    throw new KeyProblem(`the certificate would outlive the root, which ends ${rootNotAfter.toISOString()}`);
  }
  return { notBefore: wholeSecond(from), notAfter };
};

const checkedName = (name: string, field: string): string => {
  if (!NAME.test(name)) {
    throw new KeyProblem(
      `${field}: expected 1 to 64 letters, digits and plain punctuation, beginning with a letter or digit`,
    );
  }
  return name;
};

/** 128 random bits, the highest one zero, so that the number is positive in 16 octets (RFC 5280 section 4.1.2.2). */
const newSerialNumber = (): string => {
  const bytes = randomBytes(16);
  // The second highest bit is one, so that no leading zeros make two spellings of one number.
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
};

const wholeSecond = (ms: number): Date => new Date(Math.floor(ms / 1000) * 1000);
