/**
 * The signature algorithms of the platform protocol (section 1) and the error that everything about keys throws. An algorithm is a
 * property of a registered key, never of a message: whoever checks a signature asks the key, not the sender.
 */

/**
 * - `RSA2` RSASSA-PKCS1-v1_5 with SHA-256, the default
 * - `RSA1` RSASSA-PKCS1-v1_5 with SHA-1, which old clients use: only for keys whose registration says so
 * - `SM2` SM2 with SM3 (GM/T 0003.2), user id 1234567812345678, signature in DER (GM/T 0009)
 * - `ED25519` RFC 8032, 64 bytes
 * - `P256` ECDSA over P-256 with SHA-256, signature in IEEE P1363 form (r ‖ s), 64 bytes
 */
export type Algorithm = 'RSA2' | 'RSA1' | 'SM2' | 'ED25519' | 'P256';

export const ALGORITHMS: readonly Algorithm[] = ['RSA2', 'RSA1', 'SM2', 'ED25519', 'P256'];

export const isAlgorithm = (text: string): text is Algorithm => ALGORITHMS.some((algorithm) => algorithm === text);

/** A key, certificate or secret file that cannot be used, and what to do about it. The text never holds key material. */
export class KeyProblem extends Error {
  override readonly name = 'KeyProblem';
}

/** What an error says, for the text of another one. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
