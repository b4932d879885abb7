/**
 * The signed list of revoked certificates (CRL, RFC 5280 section 5). The list is its own record: what is revoked is read back from the
 * last one, after its signature was checked, so nothing can be slipped in or out between two commands.
 */
import { KeyProblem } from './algorithms.ts';
import { parseCertificate } from './certificate.ts';
import { CA_SIGNATURE, type IssuingKey } from './issuing-key.ts';
import { x509 } from './x509.ts';

/** Reasons a person may give (RFC 5280 section 5.3.1). */
export type RevocationReason =
  | 'unspecified'
  | 'keyCompromise'
  | 'affiliationChanged'
  | 'superseded'
  | 'cessationOfOperation'
  | 'privilegeWithdrawn';

export interface Revocation {
  /** Upper-case hex. */
  readonly serialNumber: string;
  readonly at: Date;
  readonly reason: RevocationReason;
}

/** How long a list counts; after that it must be signed again, or chains fail as stale. */
const CRL_DAYS = 30;
const DAY_MS = 86_400_000;
const CRL_NUMBER = '2.5.29.20';

const REASONS: { readonly [R in RevocationReason]: x509.X509CrlReason } = {
  unspecified: x509.X509CrlReason.unspecified,
  keyCompromise: x509.X509CrlReason.keyCompromise,
  affiliationChanged: x509.X509CrlReason.affiliationChanged,
  superseded: x509.X509CrlReason.superseded,
  cessationOfOperation: x509.X509CrlReason.cessationOfOperation,
  privilegeWithdrawn: x509.X509CrlReason.privilegeWithdrawn,
};

interface ListState {
  readonly number: bigint;
  readonly entries: readonly x509.X509CrlEntryParams[];
}

/** The first, empty list. */
export const newCrl = (key: IssuingKey, rootPem: string, at: Date): Promise<string> =>
  signed(key, rootPem, { number: 1n, entries: [] }, at);

/** The same list with a new date. Throws KeyProblem when the current one is not this authority's. */
export const renewCrl = async (key: IssuingKey, rootPem: string, current: string, at: Date): Promise<string> => {
  const { number, entries } = await read(rootPem, current);
  return signed(key, rootPem, { number: number + 1n, entries }, at);
};

/** The list with one certificate more; the first revocation of a certificate stands. */
export const addRevocation = async (
  key: IssuingKey,
  rootPem: string,
  current: string,
  revocation: Revocation,
): Promise<string> => {
  const { number, entries } = await read(rootPem, current);
  const known = entries.some((entry) => entry.serialNumber.toUpperCase() === revocation.serialNumber);
  const added = {
    serialNumber: revocation.serialNumber,
    revocationDate: revocation.at,
    reason: REASONS[revocation.reason],
  };
  return signed(key, rootPem, { number: number + 1n, entries: known ? entries : [...entries, added] }, revocation.at);
};

const signed = async (key: IssuingKey, rootPem: string, state: ListState, at: Date): Promise<string> => {
  const list = await x509.X509CrlGenerator.create({
    issuer: parseCertificate(rootPem).subjectName,
    thisUpdate: at,
    nextUpdate: new Date(at.getTime() + CRL_DAYS * DAY_MS),
    entries: [...state.entries],
    signingKey: key.signingKey,
    signingAlgorithm: CA_SIGNATURE,
    extensions: [
      await x509.AuthorityKeyIdentifierExtension.create(key.spki),
      new x509.Extension(CRL_NUMBER, false, derInteger(state.number)),
    ],
  });
  const base64 = Buffer.from(list.rawData).toString('base64');
  return `-----BEGIN X509 CRL-----\n${(base64.match(/.{1,64}/g) ?? []).join('\n')}\n-----END X509 CRL-----\n`;
};

const read = async (rootPem: string, crlPem: string): Promise<ListState> => {
  const root = parseCertificate(rootPem);
  const list = parseCrl(crlPem);
  if (!(await list.verify({ publicKey: root }))) {
    throw new KeyProblem('the list of revoked certificates is not signed by this authority; restore it from a copy');
  }
  const number = list.getExtension(CRL_NUMBER);
  return {
    number: number === null ? 0n : integerOfDer(Buffer.from(number.value)),
    entries: list.entries.map((entry) => ({
      serialNumber: entry.serialNumber,
      revocationDate: entry.revocationDate,
      reason: entry.reason ?? x509.X509CrlReason.unspecified,
    })),
  };
};

/** Parses a list in PEM. Throws KeyProblem. */
export const parseCrl = (crlPem: string): x509.X509Crl => {
  try {
    return new x509.X509Crl(crlPem);
  } catch {
    throw new KeyProblem('this is not a list of revoked certificates (CRL) in PEM');
  }
};

/** DER INTEGER of a small positive number. */
const derInteger = (value: bigint): Buffer => {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const positive = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
};

const integerOfDer = (der: Buffer): bigint => BigInt(`0x${der.subarray(2).toString('hex')}`);
