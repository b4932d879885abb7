/** Signing and verifying with each algorithm: what is made verifies, and nothing else does. */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign as oneShotSign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALGORITHMS, type Algorithm } from '../../certs/algorithms.ts';
import { type KeyPair, newKeyPair } from '../../certs/key-pair.ts';
import { type KeySigner, signBase64, signerFromPem, signerOf } from '../../certs/signer.ts';
import { verifierOf, verifyBase64 } from '../../certs/verifier.ts';
import { derOfP1363, p1363OfDer } from './der.ts';

const MESSAGE = Buffer.from('{"requestNo":"R1","amount":500.00,"name":"张三","timestamp":"20260101120000"}');

const pairs = new Map<Algorithm, KeyPair>();
const signers = new Map<Algorithm, KeySigner>();
for (const algorithm of ALGORITHMS) {
  const pair = await newKeyPair({ algorithm });
  pairs.set(algorithm, pair);
  signers.set(algorithm, await signerFromPem(pair.privateKeyPem, `S-${algorithm}`, algorithm));
}
const madeFor = <T>(made: ReadonlyMap<Algorithm, T>, algorithm: Algorithm): T => {
  const found = made.get(algorithm);
  if (found === undefined) throw new Error(`nothing was made for ${algorithm}`);
  return found;
};
const signerFor = (algorithm: Algorithm): KeySigner => madeFor(signers, algorithm);
/** Another key of the same algorithm. */
const stranger = async (algorithm: Algorithm): Promise<KeySigner> =>
  signerFromPem((await newKeyPair({ algorithm })).privateKeyPem, 'STRANGER', algorithm);

describe.each(ALGORITHMS)('%s', (algorithm) => {
  const signer = signerFor(algorithm);
  const verifier = verifierOf(signer.publicKeyPem, algorithm);

  test('a signature verifies over the bytes that were signed, also of nothing and of a megabyte', async () => {
    for (const bytes of [MESSAGE, Buffer.alloc(0), Buffer.alloc(1_048_576, 7)]) {
      expect(verifier.verify(bytes, await signer.sign(bytes))).toBe(true);
    }
  });

  test('one flipped bit in the message is refused, wherever it is', async () => {
    const signature = await signer.sign(MESSAGE);
    for (let at = 0; at < MESSAGE.length; at += 1) {
      expect(verifier.verify(flipped(MESSAGE, at, at % 8), signature)).toBe(false);
    }
  });

  test('one flipped bit in the signature is refused, wherever it is', async () => {
    const signature = await signer.sign(MESSAGE);
    for (let at = 0; at < signature.length; at += 1) {
      expect(verifier.verify(MESSAGE, flipped(signature, at, at % 8)), `byte ${at}`).toBe(false);
    }
  });

  test('a signature by another key is refused', async () => {
    expect(verifier.verify(MESSAGE, await (await stranger(algorithm)).sign(MESSAGE))).toBe(false);
  });

  test('an empty, truncated, lengthened, zero, repeated or enormous signature is refused without a throw', async () => {
    const signature = await signer.sign(MESSAGE);
    const malformed = [
      Buffer.alloc(0),
      signature.subarray(1),
      signature.subarray(0, -1),
      Buffer.concat([signature, Buffer.from([0])]),
      Buffer.concat([Buffer.from([0]), signature]),
      Buffer.concat([signature, signature]),
      Buffer.alloc(signature.length),
      Buffer.alloc(signature.length, 0xff),
      Buffer.alloc(2 ** 20, 0x30),
      Buffer.from('3006020100020100', 'hex'),
      Buffer.from('3080', 'hex'),
      Buffer.from(signature.toString('base64')),
    ];
    for (const each of malformed) expect(verifier.verify(MESSAGE, each)).toBe(false);
  });

  test('whatever bytes come as a signature, the answer is no and never a throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => !verifier.verify(MESSAGE, bytes)),
      { numRuns: 300 },
    );
  });

  test('a signature of any other algorithm is refused', async () => {
    for (const other of ALGORITHMS.filter((each) => each !== algorithm)) {
      expect(verifier.verify(MESSAGE, await signerFor(other).sign(MESSAGE)), other).toBe(false);
    }
  });

  test('200 signatures made at once all verify, each for its own message', async () => {
    const messages = Array.from({ length: 200 }, (_, index) => Buffer.from(`message ${index}`));
    const signatures = await Promise.all(messages.map((message) => signer.sign(message)));
    const verdicts = messages.map((message, index) => verifier.verify(message, signatures[index] ?? Buffer.alloc(0)));
    expect(verdicts.every(Boolean)).toBe(true);
    expect(verifier.verify(messages[0] ?? MESSAGE, signatures[1] ?? Buffer.alloc(0))).toBe(false);
  });

  test('the bytes may be overwritten once sign has returned', async () => {
    const bytes = Buffer.from(MESSAGE);
    const pending = signer.sign(bytes);
    bytes.fill(0);
    expect(verifier.verify(MESSAGE, await pending)).toBe(true);
  });

  test('base64 travels both ways', async () => {
    expect(verifyBase64(verifier, MESSAGE, await signBase64(signer, MESSAGE))).toBe(true);
  });

  test('a key of another kind cannot become a signer of this algorithm', async () => {
    const isRsa = (each: Algorithm) => each === 'RSA1' || each === 'RSA2';
    for (const other of ALGORITHMS.filter((each) => each !== algorithm && !(isRsa(each) && isRsa(algorithm)))) {
      const { privateKeyPem } = madeFor(pairs, other);
      await expect(signerFromPem(privateKeyPem, 'S', algorithm), other).rejects.toThrow(
        `cannot be used for ${algorithm}`,
      );
    }
  });
});

describe('RSA', () => {
  test('one key registered as RSA1 and as RSA2 keeps the two apart', async () => {
    const { privateKeyPem, publicKeyPem } = madeFor(pairs, 'RSA2');
    const sha1 = await (await signerFromPem(privateKeyPem, 'S', 'RSA1')).sign(MESSAGE);
    const sha256 = await (await signerFromPem(privateKeyPem, 'S', 'RSA2')).sign(MESSAGE);
    expect(verifierOf(publicKeyPem, 'RSA1').verify(MESSAGE, sha1)).toBe(true);
    expect(verifierOf(publicKeyPem, 'RSA2').verify(MESSAGE, sha256)).toBe(true);
    expect(verifierOf(publicKeyPem, 'RSA2').verify(MESSAGE, sha1)).toBe(false);
    expect(verifierOf(publicKeyPem, 'RSA1').verify(MESSAGE, sha256)).toBe(false);
  });

  test('a signature over the digest in place of the message is refused', async () => {
    const digest = createHash('sha256').update(MESSAGE).digest();
    const signature = await signerFor('RSA2').sign(digest);
    expect(verifierOf(signerFor('RSA2').publicKeyPem, 'RSA2').verify(MESSAGE, signature)).toBe(false);
  });
});

describe('P256', () => {
  test('a signature is 64 bytes, and its DER form is refused', async () => {
    const signer = signerFor('P256');
    const signature = await signer.sign(MESSAGE);
    expect(signature).toHaveLength(64);
    expect(verifierOf(signer.publicKeyPem, 'P256').verify(MESSAGE, derOfP1363(signature))).toBe(false);
  });
});

describe('SM2', () => {
  const signer = signerFor('SM2');
  const verifier = verifierOf(signer.publicKeyPem, 'SM2');

  test('a signature is DER, and its r ‖ s form is refused', async () => {
    const signature = await signer.sign(MESSAGE);
    const plain = p1363OfDer(signature);
    expect(plain).toHaveLength(64);
    expect(verifier.verify(MESSAGE, plain ?? signature)).toBe(false);
    expect(derOfP1363(plain ?? signature)).toEqual(signature);
  });

  test("the library's one-shot signature, which leaves out the user id, is refused", () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const own = createPrivateKey(pem);
    const publicKeyPem = createPublicKey(own).export({ type: 'spki', format: 'pem' }).toString();
    expect(verifierOf(publicKeyPem, 'SM2').verify(MESSAGE, oneShotSign('sm3', MESSAGE, own))).toBe(false);
  });

  test('a key straight from the generator, which would do plain ECDSA, is caught when the signer opens', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'SM2' });
    await expect(signerOf(privateKey, 'S', 'SM2')).rejects.toThrow('does not verify with its own public key');
  });
});

const flipped = (bytes: Buffer, at: number, bit: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
};
