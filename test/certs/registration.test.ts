/** Which public keys are taken, in which forms, and how base64 is read: the strictness that verifying rests on. */
import { createPublicKey, verify as cryptoVerify, generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { KeyProblem } from '../../certs/algorithms.ts';
import { fromBase64 } from '../../certs/base64.ts';
import { newKeyPair } from '../../certs/key-pair.ts';
import { KNOWN_ANSWERS } from '../../certs/known-answers.ts';
import { isLowOrderEd25519 } from '../../certs/low-order.ts';
import { verifierOf, verifyBase64 } from '../../certs/verifier.ts';

const spki = (pair: { publicKey: { export(form: { type: 'spki'; format: 'pem' }): string | Buffer } }): string =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString();

test('an RSA key under 2048 bits is refused, with the size it has and the size it needs', () => {
  const small = spki(generateKeyPairSync('rsa', { modulusLength: 1024 }));
  expect(() => verifierOf(small, 'RSA2')).toThrow('it has 1024 bits, at least 2048 are needed');
  expect(() => verifierOf(small, 'RSA1')).toThrow(KeyProblem);
});

test('an RSA key with exponent 3 or with a 40-bit exponent is refused', () => {
  const low = spki(generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }));
  expect(() => verifierOf(low, 'RSA2')).toThrow('public exponent 3 is not');
  const n = createPublicKey(low).export({ format: 'jwk' }).n ?? '';
  const high = createPublicKey({
    key: { kty: 'RSA', n, e: Buffer.from('ff00000001', 'hex').toString('base64url') },
    format: 'jwk',
  });
  expect(() => verifierOf(spki({ publicKey: high }), 'RSA2')).toThrow('public exponent 1095216660481 is not');
});

test('an RSA-PSS key, a P-384 key, a secp256k1 key and an Ed448 key fit nothing', () => {
  const pss = spki(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }));
  const p384 = spki(generateKeyPairSync('ec', { namedCurve: 'P-384' }));
  const koblitz = spki(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }));
  const ed448 = spki(generateKeyPairSync('ed448'));
  expect(() => verifierOf(pss, 'RSA2')).toThrow('expected an RSA key, found rsa-pss');
  expect(() => verifierOf(p384, 'P256')).toThrow('found ec on secp384r1');
  expect(() => verifierOf(koblitz, 'SM2')).toThrow('expected an SM2 key');
  expect(() => verifierOf(ed448, 'ED25519')).toThrow('expected an Ed25519 key, found ed448');
});

test('a P-256 key with its curve written out in place of its name is refused', () => {
  const explicit = spki(generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }));
  expect(() => verifierOf(explicit, 'P256')).toThrow('cannot be used for P256');
});

test('a private key given as a public one is refused and called disclosed', async () => {
  const { privateKeyPem, publicKeyPem } = await newKeyPair({ algorithm: 'P256' });
  expect(() => verifierOf(privateKeyPem, 'P256')).toThrow('treat the private one as disclosed');
  expect(() => verifierOf(publicKeyPem + privateKeyPem, 'P256')).toThrow('treat the private one as disclosed');
});

test('two keys in one text are refused, and so is what is no key at all, without quoting it', async () => {
  const { publicKeyPem } = await newKeyPair({ algorithm: 'P256' });
  expect(() => verifierOf(publicKeyPem + publicKeyPem, 'P256')).toThrow('found 2');
  for (const text of ['', 'SECRET', 'U0VDUkVU', '-----BEGIN PUBLIC KEY-----\nU0VDUkVU\n-----END PUBLIC KEY-----\n']) {
    expect(() => verifierOf(text, 'P256')).toThrow(KeyProblem);
    expect(() => verifierOf(text, 'P256')).not.toThrow(/SECRET|U0VD/);
  }
});

test('PEM, PEM with CRLF, bare base64, and PKCS#1 for RSA are the same key', () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const forms = [
    pem.replaceAll('\n', '\r\n'),
    publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    `  ${publicKey.export({ type: 'pkcs1', format: 'pem' }).toString()}`,
  ];
  for (const form of [pem, ...forms]) expect(verifierOf(form, 'RSA2').algorithm).toBe('RSA2');
});

/** [order] R = identity, S = 0 is a signature over any message for which h·A is the identity: one in 8 or more of all messages. */
const FORGED = Buffer.concat([Buffer.from([1]), Buffer.alloc(63)]);

test('an Ed25519 key of low order, for which anybody can sign, is refused at registration', () => {
  const points = [
    '01'.padEnd(64, '0'),
    '00'.repeat(32),
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];
  for (const point of points) {
    const der = Buffer.from(`302a300506032b6570032100${point}`, 'hex');
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    // First that the danger is real: the library accepts a signature nobody's key made.
    const forgeable = Array.from({ length: 256 }, (_, index) => Buffer.from(`m${index}`)).some((message) =>
      cryptoVerify(null, message, key, FORGED),
    );
    expect(forgeable, point).toBe(true);
    expect(() => verifierOf(der.toString('base64'), 'ED25519'), point).toThrow('low order');
  }
  expect(
    isLowOrderEd25519(Buffer.from('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', 'hex')),
  ).toBe(false);
});

test('base64 is read strictly: standard alphabet, its padding, no bits left over', () => {
  const bytes = Buffer.from('fbff00', 'hex');
  expect(fromBase64('+/8A', 100)).toEqual(bytes);
  expect(fromBase64(' \r\n+/8A\n', 100)).toEqual(bytes);
  expect(fromBase64('+/\r\n8A', 100)).toEqual(bytes);
  for (const text of [
    '',
    ' ',
    '-_8A',
    ' /8A',
    '+ 8A',
    '+/8',
    '+/8A=',
    '+/8A====',
    '+/9=x',
    'YQ',
    'YR==',
    'YWJ=',
    '+/8Aé',
    '+/8A\0',
  ]) {
    expect(fromBase64(text, 100), JSON.stringify(text)).toBeUndefined();
  }
  expect(fromBase64('A'.repeat(136), 100)).toBeUndefined();
  expect(fromBase64('A'.repeat(4_000_000), 100)).toBeUndefined();
});

test('a signature whose + a form turned into a blank is refused, not repaired; one in lines of 76 is read', () => {
  const answer = KNOWN_ANSWERS.find((each) => each.algorithm === 'RSA2');
  const verifier = verifierOf(answer?.publicKey ?? '', 'RSA2');
  const message = Buffer.from(answer?.message ?? '');
  const text = Buffer.from(answer?.signature ?? '', 'hex').toString('base64');
  expect(text).toContain('+');
  expect(verifyBase64(verifier, message, text)).toBe(true);
  expect(verifyBase64(verifier, message, text.replaceAll('+', ' '))).toBe(false);
  expect(verifyBase64(verifier, message, (text.match(/.{1,76}/g) ?? []).join('\r\n'))).toBe(true);
  expect(verifyBase64(verifier, message, '')).toBe(false);
});
