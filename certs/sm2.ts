/**
 * SM2 with SM3 as GM/T 0003.2 wants it, through node:crypto. The one-shot `crypto.sign('sm3')` computes another digest (an empty
 * user id) and is not interoperable; the stream form signs exactly what it is given, so Z, the hash over the user id, the curve and
 * the public key, is put in front of the message here. Relies on keys having been read from PEM or DER: a key straight from
 * `generateKeyPair` would do plain ECDSA.
 */
import { createHash, createSign, createVerify, type KeyObject } from 'node:crypto';

/** SubjectPublicKeyInfo of an SM2 key (id-ecPublicKey on 1.2.156.10197.1.301, uncompressed) up to the 64 bytes of x and y. */
const SPKI_PREFIX = Buffer.from('3059301306072a8648ce3d020106082a811ccf5501822d03420004', 'hex');

/** ENTL (128 bits), the user id, then a, b, xG, yG of the recommended curve (GM/T 0003.5). */
const Z_PREFIX = Buffer.concat([
  Buffer.from('0080', 'hex'),
  Buffer.from('1234567812345678', 'latin1'),
  Buffer.from(
    'fffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc' +
      '28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93' +
      '32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7' +
      'bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0',
    'hex',
  ),
]);

/** Whether a DER SubjectPublicKeyInfo holds an SM2 key with an uncompressed point. */
export const isSm2Spki = (spki: Buffer): boolean =>
  spki.length === SPKI_PREFIX.length + 64 && spki.subarray(0, SPKI_PREFIX.length).equals(SPKI_PREFIX);

/** The SubjectPublicKeyInfo of a bare point `04 ‖ x ‖ y`, the form in which SM2 keys are often handed over. */
export const sm2SpkiOfPoint = (point: Buffer): Buffer => Buffer.concat([SPKI_PREFIX.subarray(0, -1), point]);

/** Z of GM/T 0003.2 section 5.5: what the message's hash begins with. */
export const sm2Z = (spki: Buffer): Buffer =>
  createHash('sm3').update(Z_PREFIX).update(spki.subarray(SPKI_PREFIX.length)).digest();

/** A DER signature over `bytes`. Runs on the calling thread (about 0.4 ms): node:crypto has no asynchronous stream form. */
export const sm2Sign = (key: KeyObject, z: Buffer, bytes: Uint8Array): Buffer =>
  createSign('sm3').update(z).update(bytes).sign(key);

export const sm2Verify = (key: KeyObject, z: Buffer, bytes: Uint8Array, signature: Uint8Array): boolean =>
  createVerify('sm3').update(z).update(bytes).verify(key, signature);
