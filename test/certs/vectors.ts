/** Reads the vector files of this folder into the few fields the tests use; a file of another shape fails here. */
import { readFileSync } from 'node:fs';

export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: Buffer;
  readonly sig: Buffer;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

export interface VectorGroup {
  readonly publicKeyPem: string;
  readonly tests: readonly Vector[];
}

interface VectorFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKeyPem: string;
    readonly tests: readonly (Omit<Vector, 'msg' | 'sig'> & { readonly msg: string; readonly sig: string })[];
  }[];
}

const load = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8')) as T;

const fromHex = (text: string): Buffer => {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new Error(`not hex: ${text}`);
  return Buffer.from(text, 'hex');
};

/** The groups of a Wycheproof file, after counting that all its tests are there. */
export const wycheproofGroups = (name: string): VectorGroup[] => {
  const file = load<VectorFile>(name);
  const groups = file.testGroups.map(({ publicKeyPem, tests }) => ({
    publicKeyPem,
    tests: tests.map((each) => ({ ...each, msg: fromHex(each.msg), sig: fromHex(each.sig) })),
  }));
  const count = groups.reduce((sum, group) => sum + group.tests.length, 0);
  if (count !== file.numberOfTests) throw new Error(`${name}: ${count} tests, its head says ${file.numberOfTests}`);
  if (!groups.every((group) => group.tests.every((each) => ['valid', 'invalid', 'acceptable'].includes(each.result)))) {
    throw new Error(`${name}: a result that is neither valid, invalid nor acceptable`);
  }
  return groups;
};

/** RFC 9421 appendix B.2.6. */
export const rfc9421Vector = () =>
  load<{
    readonly publicKeyJwk: { readonly kty: string; readonly crv: string; readonly x: string };
    readonly signature: string;
    readonly signatureBase: string;
  }>('rfc9421-b26-ed25519.json');
