/**
 * Run at start by every process that signs or verifies: proves with published vectors that this build of Node and OpenSSL computes
 * each algorithm as the standards say, and that the verifier still refuses. SM2 is the reason: it depends on behaviour of
 * node:crypto that no document promises; and some systems switch SHA-1 signatures off. Takes some tens of milliseconds.
 */
import { createHash } from 'node:crypto';
import { type Algorithm, KeyProblem, textOf } from './algorithms.ts';
import { newKeyPair } from './key-pair.ts';
import { KNOWN_ANSWERS, type KnownAnswer } from './known-answers.ts';
import { signerFromPem } from './signer.ts';
import { verifierOf } from './verifier.ts';

export interface SelfTestFailure {
  readonly algorithm: Algorithm;
  readonly reason: string;
}

/** Each algorithm that does not work here, with the reason; an empty list is good news. Never throws. */
export const selfTestFailures = async (algorithms: readonly Algorithm[]): Promise<SelfTestFailure[]> => {
  const failures: SelfTestFailure[] = [];
  for (const algorithm of algorithms) {
    const reason = await failureOf(algorithm);
    if (reason !== undefined) failures.push({ algorithm, reason });
  }
  return failures;
};

/** Throws KeyProblem that names each of these algorithms that does not work here. */
export const selfTest = async (algorithms: readonly Algorithm[]): Promise<void> => {
  const failures = await selfTestFailures(algorithms);
  if (failures.length > 0) {
    const list = failures.map(({ algorithm, reason }) => `${algorithm}: ${reason}`).join('; ');
    throw new KeyProblem(
      `the signature self-test failed under Node ${process.version} with OpenSSL ${process.versions.openssl}: ${list}`,
    );
  }
};

const failureOf = async (algorithm: Algorithm): Promise<string | undefined> => {
  try {
    const answer = KNOWN_ANSWERS.find((each) => each.algorithm === algorithm);
    if (answer === undefined) return 'there is no known answer for it';
    return knownAnswerFailure(answer) ?? (await roundTripFailure(algorithm));
  } catch (error) {
    return textOf(error);
  }
};

/** Why a known answer does not hold here, or undefined when it does. */
export const knownAnswerFailure = ({
  algorithm,
  source,
  publicKey,
  message,
  signature,
}: KnownAnswer): string | undefined => {
  const verifier = verifierOf(publicKey, algorithm);
  const bytes = Buffer.from(message);
  const good = Buffer.from(signature, 'hex');
  if (!verifier.verify(bytes, good)) return `the known answer of ${source} does not verify`;
  const altered = Buffer.from(good);
  altered[good.length - 1] = (altered[good.length - 1] ?? 0) ^ 1;
  if (verifier.verify(bytes, altered)) return 'an altered signature verifies';
  if (verifier.verify(createHash('sha256').update(bytes).digest(), good))
    return 'a signature of another message verifies';
  return undefined;
};

/** Opening a signer signs and verifies once. RSA is left to the opening of the real key: making a pair takes 100 ms. */
const roundTripFailure = async (algorithm: Algorithm): Promise<string | undefined> => {
  if (algorithm === 'RSA2' || algorithm === 'RSA1') return undefined;
  const { privateKeyPem } = await newKeyPair({ algorithm });
  await signerFromPem(privateKeyPem, 'self-test', algorithm);
  return undefined;
};
