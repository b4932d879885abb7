/**
 * Follows a certificate to a root one trusts (RFC 5280 section 6, the part that matters for signing certificates): names, signatures,
 * validity, the right to issue, path length, unknown critical extensions, revocation. A refusal is a value with the reason, since the
 * other side's certificate is input like any other.
 */
import { X509Certificate } from 'node:crypto';
import { KeyProblem } from './algorithms.ts';
import { parseCertificate } from './certificate.ts';
import { parseCrl } from './revocation-list.ts';
import { x509 } from './x509.ts';

export type ChainRefusal =
  | 'NOT_A_CERTIFICATE'
  | 'NO_TRUSTED_ROOT'
  | 'NOT_YET_VALID'
  | 'EXPIRED'
  | 'NOT_A_CA'
  | 'PATH_TOO_LONG'
  | 'UNKNOWN_CRITICAL_EXTENSION'
  | 'WEAK_SIGNATURE'
  | 'REVOKED'
  | 'CRL_MISSING'
  | 'CRL_STALE';

export type ChainVerdict =
  | { readonly trusted: true; readonly subjects: readonly string[] }
  | { readonly trusted: false; readonly refusal: ChainRefusal; readonly subject: string };

export interface ChainQuestion {
  readonly certificatePem: string;
  /** The roots one trusts, in PEM; our own configuration, so a broken one throws KeyProblem. */
  readonly roots: readonly string[];
  readonly intermediates?: readonly string[];
  /** Lists of revoked certificates in PEM. When given, every issuer on the path must have one; when absent, nothing is asked. */
  readonly crls?: readonly string[];
  readonly at: Date;
}

/** Certificates between the one asked about and the root, at most. */
const MAX_INTERMEDIATES = 4;

/** basicConstraints, keyUsage, extKeyUsage, certificatePolicies: marked critical, these are understood or harmless here. */
const KNOWN_EXTENSIONS = new Set(['2.5.29.19', '2.5.29.15', '2.5.29.37', '2.5.29.32']);
const STRONG_HASHES = new Set(['SHA-256', 'SHA-384', 'SHA-512']);

interface Link {
  readonly node: X509Certificate;
  readonly parsed: x509.X509Certificate;
}

/** Whether the certificate leads to one of the roots at that time. Throws KeyProblem only for roots and lists that cannot be read. */
export const verifyChain = async (question: ChainQuestion): Promise<ChainVerdict> => {
  const roots = question.roots.map(linkOf);
  let leaf: Link;
  let between: Link[];
  try {
    leaf = linkOf(question.certificatePem);
    between = (question.intermediates ?? []).map(linkOf);
  } catch (error) {
    if (error instanceof KeyProblem) return { trusted: false, refusal: 'NOT_A_CERTIFICATE', subject: '' };
    throw error;
  }
  const path = pathFrom(leaf, between, roots);
  if (path === undefined) return refused('NO_TRUSTED_ROOT', leaf);
  const crls = question.crls?.map(parseCrl);
  for (const [index, link] of path.entries()) {
    const issuer = path[index + 1];
    const refusal =
      ownRefusal(link, index, issuer === undefined, question.at) ??
      (crls === undefined || issuer === undefined
        ? undefined
        : await revocationRefusal(link, issuer, crls, question.at));
    if (refusal !== undefined) return refused(refusal, link);
  }
  return { trusted: true, subjects: path.map((link) => link.parsed.subject) };
};

const refused = (refusal: ChainRefusal, link: Link): ChainVerdict => ({
  trusted: false,
  refusal,
  subject: link.parsed.subject,
});

const linkOf = (pem: string): Link => {
  const parsed = parseCertificate(pem);
  try {
    return { parsed, node: new X509Certificate(Buffer.from(parsed.rawData)) };
  } catch {
    throw new KeyProblem('this is not a certificate');
  }
};

/** Leaf first, root last; each signed by the next. Undefined when no such path leads to a root. */
const pathFrom = (leaf: Link, between: readonly Link[], roots: readonly Link[]): readonly Link[] | undefined => {
  const step = (path: readonly Link[], last: Link): readonly Link[] | undefined => {
    const root = roots.find((candidate) => isIssuedBy(last, candidate));
    if (root !== undefined) return same(last, root) ? path : [...path, root];
    if (path.length > MAX_INTERMEDIATES) return undefined;
    for (const candidate of between) {
      if (path.some((link) => same(link, candidate)) || !isIssuedBy(last, candidate)) continue;
      const found = step([...path, candidate], candidate);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return step([leaf], leaf);
};

const same = (a: Link, b: Link): boolean => a.node.fingerprint256 === b.node.fingerprint256;

const isIssuedBy = (link: Link, issuer: Link): boolean => {
  try {
    return link.node.checkIssued(issuer.node) && link.node.verify(issuer.node.publicKey);
  } catch {
    return false;
  }
};

/** What is wrong with one certificate in its place: `index` 0 is the one asked about, the others issue. */
const ownRefusal = ({ parsed }: Link, index: number, isRoot: boolean, at: Date): ChainRefusal | undefined => {
  if (at < parsed.notBefore) return 'NOT_YET_VALID';
  if (at > parsed.notAfter) return 'EXPIRED';
  if (parsed.extensions.some((extension) => extension.critical && !KNOWN_EXTENSIONS.has(extension.type))) {
    return 'UNKNOWN_CRITICAL_EXTENSION';
  }
  // A root is trusted for being configured, not for its own signature.
  if (!isRoot && !isStronglySigned(parsed)) return 'WEAK_SIGNATURE';
  if (index === 0) return undefined;
  const constraints = parsed.getExtension(x509.BasicConstraintsExtension);
  const usages = parsed.getExtension(x509.KeyUsagesExtension);
  if (constraints?.ca !== true) return 'NOT_A_CA';
  if (usages !== null && (usages.usages & x509.KeyUsageFlags.keyCertSign) === 0) return 'NOT_A_CA';
  // index − 1 issuing certificates stand below this one.
  if (constraints.pathLength !== undefined && index - 1 > constraints.pathLength) return 'PATH_TOO_LONG';
  return undefined;
};

const isStronglySigned = (parsed: x509.X509Certificate): boolean => {
  const { name, hash } = parsed.signatureAlgorithm as { name?: string; hash?: { name?: string } };
  return name === 'Ed25519' || STRONG_HASHES.has(hash?.name ?? '');
};

const revocationRefusal = async (
  link: Link,
  issuer: Link,
  crls: readonly x509.X509Crl[],
  at: Date,
): Promise<ChainRefusal | undefined> => {
  const lists = (await Promise.all(crls.map(async (crl) => ((await isListOf(crl, issuer)) ? [crl] : [])))).flat();
  // A revocation counts even in an old list: it is never taken back. So all lists are read before any of them clears.
  if (lists.some((crl) => crl.findRevoked(link.parsed.serialNumber) !== null)) return 'REVOKED';
  if (lists.length === 0) return 'CRL_MISSING';
  const isFresh = (crl: x509.X509Crl) => crl.thisUpdate <= at && crl.nextUpdate !== undefined && at <= crl.nextUpdate;
  return lists.some(isFresh) ? undefined : 'CRL_STALE';
};

/** Whether a list is the issuer's own and whole. A critical extension would mark it as partial (delta, or for some reasons only). */
const isListOf = async (crl: x509.X509Crl, issuer: Link): Promise<boolean> => {
  if (crl.issuer !== issuer.parsed.subject || crl.extensions.some((extension) => extension.critical)) return false;
  const usages = issuer.parsed.getExtension(x509.KeyUsagesExtension);
  if (usages !== null && (usages.usages & x509.KeyUsageFlags.cRLSign) === 0) return false;
  return crl.verify({ publicKey: issuer.parsed }).catch(() => false);
};
