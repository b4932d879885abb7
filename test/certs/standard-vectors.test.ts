/** The vectors of the standards themselves, through the product's verifier, and the openssl command's opinion on SM2. */
import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ALGORITHMS } from '../../certs/algorithms.ts';
import { newKeyPair } from '../../certs/key-pair.ts';
import { KNOWN_ANSWERS } from '../../certs/known-answers.ts';
import { readPublicKey } from '../../certs/public-key.ts';
import { knownAnswerFailure, selfTest, selfTestFailures } from '../../certs/self-test.ts';
import { signerFromPem } from '../../certs/signer.ts';
import { sm2Z } from '../../certs/sm2.ts';
import { verifierOf, verifyBase64 } from '../../certs/verifier.ts';
import { testFolder } from './folder.ts';
import { describeWithOpenssl, openssl, opensslAgrees } from './openssl.ts';
import { rfc9421Vector } from './vectors.ts';

test('every algorithm passes the start-up self-test', async () => {
  expect(await selfTestFailures(ALGORITHMS)).toEqual([]);
  await expect(selfTest(ALGORITHMS)).resolves.toBeUndefined();
});

test('every algorithm has one known answer, and none verifies under another algorithm', () => {
  expect(KNOWN_ANSWERS.map((answer) => answer.algorithm).sort()).toEqual([...ALGORITHMS].sort());
  const [rsa2, rsa1] = KNOWN_ANSWERS;
  for (const answer of [rsa2, rsa1]) {
    const other = answer?.algorithm === 'RSA2' ? 'RSA1' : 'RSA2';
    const verifier = verifierOf(answer?.publicKey ?? '', other);
    expect(verifier.verify(Buffer.from(answer?.message ?? ''), Buffer.from(answer?.signature ?? '', 'hex'))).toBe(
      false,
    );
  }
});

test('the self-test notices an answer that is wrong, of another message, or of another key', async () => {
  for (const answer of KNOWN_ANSWERS) {
    expect(knownAnswerFailure(answer)).toBeUndefined();
    const wrong = answer.signature.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    const { publicKeyPem } = await newKeyPair({ algorithm: answer.algorithm });
    for (const spoilt of [
      { ...answer, signature: wrong },
      { ...answer, message: `${answer.message} ` },
      { ...answer, publicKey: publicKeyPem },
    ]) {
      expect(knownAnswerFailure(spoilt), answer.algorithm).toContain('does not verify');
    }
  }
});

test('the signature of RFC 9421 appendix B.2.6 verifies, and not over one character less', () => {
  const { publicKeyJwk, signature, signatureBase } = rfc9421Vector();
  const pem = createPublicKey({ key: publicKeyJwk, format: 'jwk' }).export({ type: 'spki', format: 'pem' }).toString();
  const verifier = verifierOf(pem, 'ED25519');
  const base64 = /:([^:]+):$/.exec(signature)?.[1] ?? '';
  expect(verifyBase64(verifier, Buffer.from(signatureBase), base64)).toBe(true);
  expect(verifyBase64(verifier, Buffer.from(signatureBase.slice(1)), base64)).toBe(false);
});

/** GM/T 0003.5-2012 annex A.2: the recommended curve, user id 1234567812345678, message `message digest`. */
const GMT = {
  publicKey:
    '0409f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020' +
    'ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13',
  z: 'b2e14c5c79c6df5b85f4fe7ed8db7a262b9da7e07ccb0ea9f4747b8ccda8a4f3',
  signature:
    '3046022100f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
    '022100b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
};

test('Z and the signature of GM/T 0003.5 annex A.2 come out as printed', () => {
  expect(sm2Z(readPublicKey(GMT.publicKey, 'SM2').spki).toString('hex')).toBe(GMT.z);
  const verifier = verifierOf(GMT.publicKey, 'SM2');
  expect(verifier.verify(Buffer.from('message digest'), Buffer.from(GMT.signature, 'hex'))).toBe(true);
  expect(verifier.verify(Buffer.from('message digest.'), Buffer.from(GMT.signature, 'hex'))).toBe(false);
});

describeWithOpenssl('the openssl command', () => {
  const DISTID = ['-pkeyopt', 'distid:1234567812345678'];
  const verifyArguments = (key: string) =>
    ['pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-digest', 'sm3', ...DISTID].concat([
      '-in',
      'message',
      '-sigfile',
      'signature',
    ]);

  test('agrees on the GM/T vector', async () => {
    const folder = await testFolder();
    await writeFile(join(folder, 'key.pem'), pemOf(GMT.publicKey));
    await writeFile(join(folder, 'message'), 'message digest');
    await writeFile(join(folder, 'signature'), Buffer.from(GMT.signature, 'hex'));
    expect(opensslAgrees(verifyArguments('key.pem'), folder)).toBe(true);
    await writeFile(join(folder, 'message'), 'message digesT');
    expect(opensslAgrees(verifyArguments('key.pem'), folder)).toBe(false);
  });

  test('verifies our SM2 signatures, and we verify its own', async () => {
    const folder = await testFolder();
    const pair = await newKeyPair({ algorithm: 'SM2' });
    const message = Buffer.from('{"requestNo":"R1","name":"张三"}');
    const signer = await signerFromPem(pair.privateKeyPem, 'S', 'SM2');
    await writeFile(join(folder, 'private.pem'), pair.privateKeyPem);
    await writeFile(join(folder, 'public.pem'), pair.publicKeyPem);
    await writeFile(join(folder, 'message'), message);
    await writeFile(join(folder, 'signature'), await signer.sign(message));
    expect(opensslAgrees(verifyArguments('public.pem'), folder)).toBe(true);

    const sign = ['pkeyutl', '-sign', '-inkey', 'private.pem', '-rawin', '-digest', 'sm3', ...DISTID, '-in', 'message'];
    openssl([...sign, '-out', 'theirs'], folder);
    const base64 = openssl(['base64', '-in', 'theirs'], folder);
    expect(verifyBase64(verifierOf(pair.publicKeyPem, 'SM2'), message, base64)).toBe(true);
  });

  test('takes the keys we make, and we take keys that it makes', async () => {
    const folder = await testFolder();
    const making = {
      RSA2: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
      RSA1: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
      SM2: ['-algorithm', 'SM2'],
      ED25519: ['-algorithm', 'ED25519'],
      P256: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    } as const;
    for (const algorithm of ALGORITHMS) {
      const pair = await newKeyPair({ algorithm });
      await writeFile(join(folder, 'ours.pem'), pair.privateKeyPem);
      expect(openssl(['pkey', '-in', 'ours.pem', '-pubout'], folder).trim()).toBe(pair.publicKeyPem.trim());
      const signer = await signerFromPem(openssl(['genpkey', ...making[algorithm]], folder), 'S', algorithm);
      expect(signer.algorithm).toBe(algorithm);
    }
  });
});

const pemOf = (point: string): string =>
  readPublicKey(point, 'SM2').key.export({ type: 'spki', format: 'pem' }).toString();
