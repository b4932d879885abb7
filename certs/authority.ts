/**
 * The house's own certificate authority: a folder with a P-256 root key (0600), its certificate, a copy of every certificate issued,
 * and the signed list of revoked ones, which is its only state. It issues certificates for the keys that platforms sign messages with.
 * An operator's tool, used by hand and seldom; one command at a time, kept so by a lock file.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KeyProblem } from './algorithms.ts';
import { type CertificateFacts, readCertificate } from './certificate.ts';
import { type CertificateRequest, issueCertificate, newRootCertificate } from './issue.ts';
import { type IssuingKey, issuingKeyOf } from './issuing-key.ts';
import { alone, hasCode, replaceFile, writeNewFile } from './key-file.ts';
import { createKeyFiles, readPrivateKey } from './key-pair.ts';
import { addRevocation, newCrl, type RevocationReason, renewCrl } from './revocation-list.ts';

export interface IssuedCertificate extends CertificateFacts {
  readonly certificatePem: string;
}

export interface Authority {
  /** The root certificate, which those who verify chains are given. */
  readonly certificatePem: string;
  /** Issues a certificate and keeps a copy in `issued/`. Throws KeyProblem for a key, request or number it does not take. */
  issue(request: CertificateRequest): Promise<IssuedCertificate>;
  /** Revokes an issued certificate; returns the new list in PEM. Revoking again keeps the first date and reason. */
  revoke(serialNumber: string, reason: RevocationReason, at?: Date): Promise<string>;
  /** Signs the list again before it grows stale (30 days); returns it in PEM. */
  refreshCrl(at?: Date): Promise<string>;
  /** The list as last signed, in PEM. */
  crl(): Promise<string>;
  /** All certificates ever issued, revoked ones too, oldest first. */
  issued(): Promise<IssuedCertificate[]>;
}

export interface AuthorityOptions {
  /** A file (0600) with the passphrase that encrypts the root key. */
  readonly passphraseFile?: string;
}

const files = (folder: string) => ({
  key: join(folder, 'root.key.pem'),
  certificate: join(folder, 'root.cert.pem'),
  crl: join(folder, 'root.crl.pem'),
  issued: join(folder, 'issued'),
  lock: join(folder, 'authority.lock'),
});

/** Creates an authority in a new or empty folder. `name` becomes the root's CN. Throws KeyProblem when one is there already. */
export const createAuthority = async (
  folder: string,
  name: string,
  options: AuthorityOptions & { readonly at?: Date } = {},
): Promise<Authority> => {
  const at = options.at ?? new Date();
  const paths = files(folder);
  await mkdir(paths.issued, { recursive: true, mode: 0o700 });
  await createKeyFiles(paths.key, { algorithm: 'P256', ...passphrase(options) });
  const key = await issuingKeyOf(await readPrivateKey({ path: paths.key, ...passphrase(options) }));
  const certificatePem = await newRootCertificate(key, name, at);
  await writeNewFile(paths.certificate, certificatePem, 0o644);
  await writeNewFile(paths.crl, await newCrl(key, certificatePem, at), 0o644);
  return authorityOf(folder, key, certificatePem);
};

/** Opens an authority's folder. Throws KeyProblem with the path and what to do. */
export const openAuthority = async (folder: string, options: AuthorityOptions = {}): Promise<Authority> => {
  const paths = files(folder);
  const certificatePem = await readText(paths.certificate, 'create an authority there first');
  const key = await issuingKeyOf(await readPrivateKey({ path: paths.key, ...passphrase(options) }));
  if (key.publicKeyPem !== readCertificate(certificatePem).publicKeyPem) {
    throw new KeyProblem(`${paths.key}: is not the key of ${paths.certificate}`);
  }
  return authorityOf(folder, key, certificatePem);
};

const authorityOf = (folder: string, key: IssuingKey, certificatePem: string): Authority => {
  const paths = files(folder);
  const crl = () => readText(paths.crl, 'restore it from a copy: it is the only record of what was revoked');

  const issued = async (): Promise<IssuedCertificate[]> => {
    const names = (await readdir(paths.issued)).filter((name) => name.endsWith('.pem'));
    const all = await Promise.all(
      names.map(async (name) => {
        const pem = await readText(join(paths.issued, name), 'it was removed just now');
        return { ...readCertificate(pem), certificatePem: pem };
      }),
    );
    return all.sort((a, b) => a.notBefore.getTime() - b.notBefore.getTime());
  };

  const changeCrl = (change: (current: string) => Promise<string>): Promise<string> =>
    alone(paths.lock, async () => {
      const next = await change(await crl());
      await replaceFile(paths.crl, next, 0o644);
      return next;
    });

  return {
    certificatePem,
    issue: async (request) => {
      const pem = await issueCertificate(key, certificatePem, request);
      const facts = readCertificate(pem);
      await writeNewFile(join(paths.issued, `${facts.serialNumber}.pem`), pem, 0o644);
      return { ...facts, certificatePem: pem };
    },
    revoke: async (serialNumber, reason, at = new Date()) => {
      const serial = serialNumber.toUpperCase();
      if (!(await issued()).some((certificate) => certificate.serialNumber === serial)) {
        throw new KeyProblem(`${paths.issued}: there is no certificate with the serial number ${serial}`);
      }
      return changeCrl((current) => addRevocation(key, certificatePem, current, { serialNumber: serial, reason, at }));
    },
    refreshCrl: (at = new Date()) => changeCrl((current) => renewCrl(key, certificatePem, current, at)),
    crl,
    issued,
  };
};

const passphrase = ({ passphraseFile }: AuthorityOptions): AuthorityOptions =>
  passphraseFile === undefined ? {} : { passphraseFile };

const readText = async (path: string, advice: string): Promise<string> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) throw new KeyProblem(`${path}: does not exist; ${advice}`);
    throw error;
  }
};
