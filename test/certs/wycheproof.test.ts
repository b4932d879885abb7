/** Project Wycheproof's vectors, all of them, through the verifier that messages pass. */
import { expect, test } from 'vitest';
import type { Algorithm } from '../../certs/algorithms.ts';
import { verifierOf } from '../../certs/verifier.ts';
import { p1363OfDer } from './der.ts';
import { type VectorGroup, wycheproofGroups } from './vectors.ts';

/** The vectors on which the verifier says other than the file; what the file calls acceptable counts as to be refused. */
const disagreements = (groups: readonly VectorGroup[], algorithm: Algorithm): string[] =>
  groups.flatMap((group) => {
    const verifier = verifierOf(group.publicKeyPem, algorithm);
    return group.tests
      .filter((each) => verifier.verify(each.msg, each.sig) !== (each.result === 'valid'))
      .map((each) => `${each.tcId} ${each.comment}`);
  });

test('RSA2 agrees with all 257 vectors for keys with a usual exponent, and refuses what is merely acceptable', () => {
  const groups = wycheproofGroups('rsa_signature_2048_sha256_test.json');
  const usual = groups.filter((group) => group.tests.length > 1);
  expect(usual.flatMap((group) => group.tests)).toHaveLength(257);
  expect(disagreements(usual, 'RSA2')).toEqual([]);
});

test('the two RSA vectors with exponent 3 never reach a verifier: their keys are refused at registration', () => {
  const small = wycheproofGroups('rsa_signature_2048_sha256_test.json').filter((group) => group.tests.length === 1);
  expect(small).toHaveLength(2);
  for (const group of small) expect(() => verifierOf(group.publicKeyPem, 'RSA2')).toThrow('public exponent 3');
});

test('no valid RSA2 signature verifies for the same key registered as RSA1', () => {
  const valid = wycheproofGroups('rsa_signature_2048_sha256_test.json').slice(0, 1);
  const accepted = valid.flatMap((group) => {
    const verifier = verifierOf(group.publicKeyPem, 'RSA1');
    return group.tests.filter((each) => each.result === 'valid' && verifier.verify(each.msg, each.sig));
  });
  expect(accepted).toEqual([]);
});

test('ED25519 agrees with all 151 vectors', () => {
  const groups = wycheproofGroups('ed25519_test.json');
  expect(groups.flatMap((group) => group.tests)).toHaveLength(151);
  expect(disagreements(groups, 'ED25519')).toEqual([]);
});

test('P256 agrees with every vector whose signature has an IEEE P1363 form', () => {
  const groups = wycheproofGroups('ecdsa_secp256r1_sha256_test.json').map((group) => ({
    ...group,
    tests: group.tests.flatMap((each) => {
      const sig = p1363OfDer(each.sig);
      return sig === undefined ? [] : [{ ...each, sig }];
    }),
  }));
  const converted = groups.flatMap((group) => group.tests);
  expect(converted.filter((each) => each.result === 'valid')).toHaveLength(174);
  expect(converted.filter((each) => each.result === 'invalid').length).toBeGreaterThan(20);
  expect(disagreements(groups, 'P256')).toEqual([]);
});

test('P256 refuses all 484 signatures in the DER form the file gives them, valid ones too: the key says P1363', () => {
  const groups = wycheproofGroups('ecdsa_secp256r1_sha256_test.json');
  expect(groups.flatMap((group) => group.tests)).toHaveLength(484);
  const accepted = groups.flatMap((group) => {
    const verifier = verifierOf(group.publicKeyPem, 'P256');
    return group.tests.filter((each) => verifier.verify(each.msg, each.sig));
  });
  expect(accepted).toEqual([]);
});
