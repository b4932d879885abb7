/** A platform's key on its way in: certified by our authority from a request or a public key, or made here for those who try things out. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ALGORITHMS, type Algorithm, isAlgorithm } from '../certs/algorithms.ts';
import { openAuthority } from '../certs/authority.ts';
import { writeNewFile } from '../certs/key-file.ts';
import { createKeyFiles } from '../certs/key-pair.ts';
import { readPublicKey, spkiPem } from '../certs/public-key.ts';
import type { PlatformKey } from '../contract/internal/instruction.ts';
import type { Paths } from './installation.ts';
import { Mistake } from './mistake.ts';

export interface KeyOptions {
  readonly csr?: string;
  readonly publicKey?: string;
  readonly newKey?: string;
  readonly algorithm: string;
  readonly keySerial?: string;
  readonly validDays: string;
}

export interface KeyFilesTold {
  readonly privateKeyFile?: string;
  readonly certificateFile?: string;
}

const DAY_MS = 86_400_000;

export const addKeyOptions = (command: Command): Command =>
  command
    .option('--csr <file>', "the platform's certificate request (PKCS#10, PEM): proves that it holds the private key")
    .option('--public-key <file>', "the platform's public key (PEM)")
    .option('--new-key <dir>', 'make a key pair for it in this folder (for trying: a platform should make its own)')
    .option('--algorithm <name>', `what the key signs with: ${ALGORITHMS.join(', ')}`, 'RSA2')
    .option('--key-serial <serial>', "the serial its messages will name (default: the certificate's)")
    .option('--valid-days <days>', 'how long the key may be used', '730');

/** Makes the registration of a key. SM2 keys are registered bare; all others get a certificate. Throws `Mistake`. */
export async function platformKey(
  paths: Paths,
  platformNo: string,
  organisation: string,
  options: KeyOptions,
): Promise<{ key: PlatformKey; files: KeyFilesTold }> {
  const algorithm = options.algorithm;
  if (!isAlgorithm(algorithm)) throw new Mistake(`--algorithm: one of ${ALGORITHMS.join(', ')}`);
  const validDays = Number(options.validDays);
  if (!Number.isInteger(validDays) || validDays < 1) throw new Mistake('--valid-days: a whole number of days');
  const { source, privateKeyFile } = await keySource(platformNo, algorithm, options);
  if (algorithm === 'SM2') {
    if ('csrPem' in source || options.keySerial === undefined)
      throw new Mistake('an SM2 key is registered bare: give --public-key or --new-key, and --key-serial');
    const publicKey = spkiPem(readPublicKey(source.publicKeyPem, algorithm).spki);
    const now = Date.now();
    const key = {
      keySerial: options.keySerial,
      algorithm,
      publicKey,
      validFrom: now,
      validTo: now + validDays * DAY_MS,
    };
    return { key, files: { ...(privateKeyFile === undefined ? {} : { privateKeyFile }) } };
  }
  const authority = await openAuthority(paths.authority);
  const issued = await authority.issue({
    platformNo,
    algorithm,
    key: source,
    validDays,
    ...(/^[\p{L}\p{N}]/u.test(organisation) ? { organisation } : {}),
  });
  const certificateFile = options.newKey === undefined ? undefined : join(options.newKey, 'platform.cert.pem');
  if (certificateFile !== undefined) await writeNewFile(certificateFile, issued.certificatePem, 0o644);
  return {
    key: {
      keySerial: options.keySerial ?? issued.serialNumber,
      algorithm,
      publicKey: issued.publicKeyPem,
      certificate: issued.certificatePem,
      validFrom: issued.notBefore.getTime(),
      validTo: issued.notAfter.getTime(),
    },
    files: {
      ...(privateKeyFile === undefined ? {} : { privateKeyFile }),
      ...(certificateFile === undefined ? {} : { certificateFile }),
    },
  };
}

type KeySource = { readonly csrPem: string } | { readonly publicKeyPem: string };

async function keySource(
  platformNo: string,
  algorithm: Algorithm,
  { csr, publicKey, newKey }: KeyOptions,
): Promise<{ source: KeySource; privateKeyFile?: string }> {
  const given = [csr, publicKey, newKey].filter((option) => option !== undefined);
  if (given.length !== 1) throw new Mistake('give one of --csr FILE, --public-key FILE or --new-key DIR');
  if (csr !== undefined) return { source: { csrPem: await readFile(csr, 'utf8') } };
  if (publicKey !== undefined) return { source: { publicKeyPem: await readFile(publicKey, 'utf8') } };
  const folder = newKey ?? '';
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { privateKeyFile, publicKeyPem } = await createKeyFiles(join(folder, `platform-${platformNo}.pem`), {
    algorithm,
  });
  return { source: { publicKeyPem }, privateKeyFile };
}
