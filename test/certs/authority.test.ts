/** The certificate authority: what it issues, what it refuses, what it revokes, and what openssl says to that. */
import { chmod, readFile, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Algorithm } from '../../certs/algorithms.ts';
import { type Authority, createAuthority, openAuthority } from '../../certs/authority.ts';
import { readCertificate } from '../../certs/certificate.ts';
import { verifyChain } from '../../certs/chain.ts';
import { writeSecretFile } from '../../certs/key-file.ts';
import { newKeyPair } from '../../certs/key-pair.ts';
import { signerFromPem } from '../../certs/signer.ts';
import { verifierOf } from '../../certs/verifier.ts';
import { testFolder } from './folder.ts';
import { describeWithOpenssl, openssl, opensslAgrees } from './openssl.ts';
import { newCsr } from './requests.ts';

const CERTIFIED = ['RSA2', 'RSA1', 'ED25519', 'P256'] as const;

const newAuthority = async (): Promise<{ authority: Authority; folder: string }> => {
  const folder = join(await testFolder(), 'ca');
  return { authority: await createAuthority(folder, 'Qianzhi Test Root'), folder };
};
const publicKeyPem = async (algorithm: Algorithm = 'P256') => (await newKeyPair({ algorithm })).publicKeyPem;

test('an authority is a folder whose key only its owner reads, and opens again as itself', async () => {
  const { authority, folder } = await newAuthority();
  expect((await stat(join(folder, 'root.key.pem'))).mode & 0o777).toBe(0o600);
  expect((await openAuthority(folder)).certificatePem).toBe(authority.certificatePem);
  const facts = readCertificate(authority.certificatePem);
  expect(facts).toMatchObject({ commonName: 'Qianzhi Test Root', subject: facts.issuer });
});

test('an authority is not created over another, and not opened with a loose or a foreign key, or where there is none', async () => {
  const { folder } = await newAuthority();
  const other = await newAuthority();
  await expect(createAuthority(folder, 'Second')).rejects.toThrow('exists already; nothing was overwritten');
  await chmod(join(folder, 'root.key.pem'), 0o640);
  await expect(openAuthority(folder)).rejects.toThrow('permission is 0640, expected 0600; run chmod 600');
  await unlink(join(folder, 'root.key.pem'));
  await writeSecretFile(join(folder, 'root.key.pem'), await readFile(join(other.folder, 'root.key.pem'), 'utf8'));
  await expect(openAuthority(folder)).rejects.toThrow('is not the key of');
  await expect(openAuthority(join(folder, 'none'))).rejects.toThrow('does not exist; create an authority there first');
});

test('the root key can be kept under a passphrase', async () => {
  const folder = await testFolder();
  const passphraseFile = join(folder, 'passphrase');
  await writeSecretFile(passphraseFile, 'correct horse\n');
  await createAuthority(join(folder, 'ca'), 'Root', { passphraseFile });
  await expect(openAuthority(join(folder, 'ca'))).rejects.toThrow('the key is encrypted');
  const authority = await openAuthority(join(folder, 'ca'), { passphraseFile });
  const issued = await authority.issue({
    platformNo: 'P1',
    algorithm: 'P256',
    key: { publicKeyPem: await publicKeyPem() },
  });
  expect(issued.commonName).toBe('P1');
});

describe.each(CERTIFIED)('a certificate for a key of %s', (algorithm) => {
  test('names the platform, chains to the root, and verifies what the key signs', async () => {
    const { authority } = await newAuthority();
    const pair = await newKeyPair({ algorithm });
    const issued = await authority.issue({
      platformNo: 'PLAT_001',
      algorithm,
      key: { publicKeyPem: pair.publicKeyPem },
      organisation: '某某网络科技有限公司',
    });
    expect(issued).toMatchObject({ commonName: 'PLAT_001', publicKeyPem: pair.publicKeyPem });
    expect(issued.subject).toBe('O=某某网络科技有限公司, CN=PLAT_001');
    expect(issued.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
    const verdict = await verifyChain({
      certificatePem: issued.certificatePem,
      roots: [authority.certificatePem],
      crls: [await authority.crl()],
      at: new Date(),
    });
    expect(verdict).toMatchObject({ trusted: true });
    const signature = await (await signerFromPem(pair.privateKeyPem, 'S', algorithm)).sign(Buffer.from('m'));
    expect(verifierOf(issued.certificatePem, algorithm).verify(Buffer.from('m'), signature)).toBe(true);
    expect(verifierOf(issued.certificatePem, algorithm).verify(Buffer.from('n'), signature)).toBe(false);
  });

  test('is issued on a request that the key signed, whatever name the request gives', async () => {
    const { authority } = await newAuthority();
    const { privateKeyPem, publicKeyPem: requested } = await newKeyPair({ algorithm });
    const csrPem = await newCsr(privateKeyPem, 'CN=SOMEBODY_ELSE', algorithm);
    const issued = await authority.issue({ platformNo: 'P1', algorithm, key: { csrPem } });
    expect(issued).toMatchObject({ commonName: 'P1', subject: 'CN=P1', publicKeyPem: requested });
  });
});

test('a request that was not signed by the key in it gets no certificate', async () => {
  const { authority } = await newAuthority();
  const pair = await newKeyPair({ algorithm: 'P256' });
  const csrPem = await newCsr(pair.privateKeyPem, 'CN=P1', 'P256');
  const der = Buffer.from(csrPem.replace(/-----[^-]+-----/g, ''), 'base64');
  const stranger = Buffer.from((await publicKeyPem()).replace(/-----[^-]+-----/g, ''), 'base64').subarray(-64);
  const own = Buffer.from(pair.publicKeyPem.replace(/-----[^-]+-----/g, ''), 'base64').subarray(-64);
  const at = der.indexOf(own);
  expect(at).toBeGreaterThan(0);
  stranger.copy(der, at);
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const asked = { platformNo: 'P1', algorithm: 'P256' } as const;
  await expect(authority.issue({ ...asked, key: { csrPem: forged } })).rejects.toThrow(
    'is not signed by the key it names',
  );
  await expect(authority.issue({ ...asked, key: { csrPem } })).resolves.toMatchObject({ commonName: 'P1' });
});

test('a wrong key, number, name, length or request gets no certificate, and is told why', async () => {
  const { authority } = await newAuthority();
  const key = { publicKeyPem: await publicKeyPem() };
  const good = { platformNo: 'P1', algorithm: 'P256', key } as const;
  const refused = (request: Parameters<Authority['issue']>[0]) => expect(authority.issue(request)).rejects;
  await refused({ ...good, algorithm: 'RSA2' }).toThrow('expected an RSA key');
  await refused({ ...good, algorithm: 'SM2' }).toThrow('registered as bare public keys');
  for (const platformNo of ['', 'P 1', 'P1,O=Bank', 'P+1', '"P1"', '../P1', 'x'.repeat(51), '平台']) {
    await refused({ ...good, platformNo }).toThrow('platformNo: expected');
  }
  for (const organisation of ['', ' x', '#0500', '张"三"', 'a\\b', 'x'.repeat(65), 'a\nb']) {
    await refused({ ...good, organisation }).toThrow('organisation: expected');
  }
  for (const validDays of [0, -1, 1.5, Number.NaN, 3661])
    await refused({ ...good, validDays }).toThrow('validDays: expected');
  await refused({ ...good, validFrom: new Date('2046-01-01'), validDays: 3660 }).toThrow('would outlive the root');
  await refused({ ...good, key: { csrPem: key.publicKeyPem } }).toThrow('expected a PEM block CERTIFICATE REQUEST');
  await refused({
    ...good,
    key: { csrPem: '-----BEGIN CERTIFICATE REQUEST-----\nU0VDUkVU\n-----END CERTIFICATE REQUEST-----\n' },
  }).toThrow('this is not a certificate request');
  expect(await authority.issued()).toEqual([]);
});

test('serial numbers never repeat, and every certificate is kept', async () => {
  const { authority } = await newAuthority();
  const key = { publicKeyPem: await publicKeyPem() };
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, index) => authority.issue({ platformNo: `P${index}`, algorithm: 'P256', key })),
  );
  expect(new Set(all.map((issued) => issued.serialNumber)).size).toBe(20);
  const kept = await authority.issued();
  expect(kept.map((issued) => issued.commonName).sort()).toEqual(all.map((issued) => issued.commonName).sort());
});

describe('revoking', () => {
  const issue = async (authority: Authority, platformNo: string) =>
    authority.issue({ platformNo, algorithm: 'P256', key: { publicKeyPem: await publicKeyPem() } });
  const verdictOn = async (authority: Authority, certificatePem: string) =>
    verifyChain({ certificatePem, roots: [authority.certificatePem], crls: [await authority.crl()], at: new Date() });

  test('ends the trust in one certificate and no other, and outlives the process', async () => {
    const { authority, folder } = await newAuthority();
    const [lost, kept] = [await issue(authority, 'P1'), await issue(authority, 'P2')];
    expect(await verdictOn(authority, lost.certificatePem)).toMatchObject({ trusted: true });
    await authority.revoke(lost.serialNumber.toLowerCase(), 'keyCompromise');
    const again = await openAuthority(folder);
    expect(await verdictOn(again, lost.certificatePem)).toMatchObject({ trusted: false, refusal: 'REVOKED' });
    expect(await verdictOn(again, kept.certificatePem)).toMatchObject({ trusted: true });
    await again.revoke(kept.serialNumber, 'superseded');
    await again.refreshCrl();
    for (const each of [lost, kept]) {
      expect(await verdictOn(again, each.certificatePem)).toMatchObject({ trusted: false, refusal: 'REVOKED' });
    }
  });

  test('twice is once, a number never issued is refused, and two at the same time do not lose one', async () => {
    const { authority, folder } = await newAuthority();
    const one = await issue(authority, 'P1');
    await authority.revoke(one.serialNumber, 'keyCompromise');
    await authority.revoke(one.serialNumber, 'superseded');
    expect(await verdictOn(authority, one.certificatePem)).toMatchObject({ refusal: 'REVOKED' });
    await expect(authority.revoke('00FF', 'unspecified')).rejects.toThrow('no certificate with the serial number 00FF');
    await writeFile(join(folder, 'authority.lock'), '1\n');
    await expect(authority.refreshCrl()).rejects.toThrow('another command is at work; if none is, remove this file');
    await unlink(join(folder, 'authority.lock'));
    await authority.refreshCrl();
    await expect(stat(join(folder, 'authority.lock'))).rejects.toThrow('ENOENT');
  });

  test('never goes on from a list that another authority signed, or from none', async () => {
    const { authority, folder } = await newAuthority();
    const other = await newAuthority();
    const one = await issue(authority, 'P1');
    await writeFile(join(folder, 'root.crl.pem'), await other.authority.crl());
    await expect(authority.revoke(one.serialNumber, 'unspecified')).rejects.toThrow('is not signed by this authority');
    await unlink(join(folder, 'root.crl.pem'));
    await expect(authority.revoke(one.serialNumber, 'unspecified')).rejects.toThrow('restore it from a copy');
  });
});

describeWithOpenssl('the openssl command', () => {
  test('agrees with what we issue and revoke, and its requests are taken', async () => {
    const { authority, folder } = await newAuthority();
    openssl(
      ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'k.pem', '-out', 'csr.pem', '-subj', '/CN=x'],
      folder,
    );
    const csrPem = await readFile(join(folder, 'csr.pem'), 'utf8');
    const issued = await authority.issue({ platformNo: 'P1', algorithm: 'RSA2', key: { csrPem } });
    const path = join('issued', `${issued.serialNumber}.pem`);
    const check = [
      'verify',
      '-x509_strict',
      '-crl_check',
      '-CRLfile',
      'root.crl.pem',
      '-CAfile',
      'root.cert.pem',
      path,
    ];
    expect(opensslAgrees(check, folder)).toBe(true);
    expect(openssl(['x509', '-in', path, '-noout', '-serial'], folder).trim()).toBe(`serial=${issued.serialNumber}`);
    await authority.revoke(issued.serialNumber, 'keyCompromise');
    expect(opensslAgrees(check, folder)).toBe(false);
    expect(openssl(['crl', '-in', 'root.crl.pem', '-noout', '-text'], folder)).toContain('Key Compromise');
  });

  test('makes a request with SHA-1, which is refused', async () => {
    const { authority, folder } = await newAuthority();
    const making = ['req', '-new', '-sha1', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'k.pem', '-subj', '/CN=x'];
    openssl([...making, '-out', 'csr.pem'], folder);
    const csrPem = await readFile(join(folder, 'csr.pem'), 'utf8');
    await expect(authority.issue({ platformNo: 'P1', algorithm: 'RSA2', key: { csrPem } })).rejects.toThrow(
      'is not signed',
    );
  });
});
