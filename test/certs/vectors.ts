/** Reads the vector files of this folder into the few fields the tests use; a file of another shape fails here. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const hex = z
  .string()
  .regex(/^(?:[0-9a-f]{2})*$/)
  .transform((text): Buffer => Buffer.from(text, 'hex'));

const wycheproof = z.object({
  numberOfTests: z.number(),
  testGroups: z.array(
    z.object({
      publicKeyPem: z.string(),
      tests: z.array(
        z.object({
          tcId: z.number(),
          comment: z.string(),
          msg: hex,
          sig: hex,
          result: z.enum(['valid', 'invalid', 'acceptable']),
        }),
      ),
    }),
  ),
});

const rfc9421 = z.object({
  publicKeyJwk: z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: z.string() }),
  signature: z.string(),
  signatureBase: z.string(),
});

const load = (name: string): unknown => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'));

export type Vectors = z.infer<typeof wycheproof>;

export const wycheproofVectors = (name: string): Vectors => {
  const vectors = wycheproof.parse(load(name));
  const count = vectors.testGroups.reduce((sum, group) => sum + group.tests.length, 0);
  if (count !== vectors.numberOfTests)
    throw new Error(`${name}: ${count} tests, its head says ${vectors.numberOfTests}`);
  return vectors;
};

export const rfc9421Vector = (): z.infer<typeof rfc9421> => rfc9421.parse(load('rfc9421-b26-ed25519.json'));
