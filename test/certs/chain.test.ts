/** Chains: the good ones lead to a root, and each way of being bad has its name. */
import { expect, test } from 'vitest';
import { KeyProblem } from '../../certs/algorithms.ts';
import { type ChainQuestion, verifyChain } from '../../certs/chain.ts';
import { x509 } from '../../certs/x509.ts';
import { newList, newParty, type Party } from './requests.ts';

const AT = new Date('2026-06-01T00:00:00Z');
const MAY = new Date('2026-05-01T00:00:00Z');
const JULY = new Date('2026-07-01T00:00:00Z');

const root = await newParty({ name: 'Root', ca: true });
const middle = await newParty({ name: 'Middle', ca: true, pathLength: 0, issuer: root });
const leaf = await newParty({ name: 'Leaf', issuer: middle });

const ask = (party: Party, more: Partial<ChainQuestion> = {}) =>
  verifyChain({
    certificatePem: party.certificatePem,
    roots: [root.certificatePem],
    intermediates: [middle.certificatePem],
    at: AT,
    ...more,
  });
const refusal = (reason: string, subject = 'CN=Leaf') => ({ trusted: false, refusal: reason, subject });

test('a certificate leads over an intermediate to the root, and the path is told', async () => {
  expect(await ask(leaf)).toEqual({ trusted: true, subjects: ['CN=Leaf', 'CN=Middle', 'CN=Root'] });
  expect(await ask(middle)).toEqual({ trusted: true, subjects: ['CN=Middle', 'CN=Root'] });
  expect(await ask(root)).toEqual({ trusted: true, subjects: ['CN=Root'] });
});

test('without its intermediate, or with another root of the same name, there is no way to a trusted root', async () => {
  expect(await ask(leaf, { intermediates: [] })).toEqual(refusal('NO_TRUSTED_ROOT'));
  const impostor = await newParty({ name: 'Root', ca: true });
  expect(await ask(leaf, { roots: [impostor.certificatePem] })).toEqual(refusal('NO_TRUSTED_ROOT'));
  const forged = await newParty({ name: 'Leaf', issuer: { ...middle, keys: impostor.keys } });
  expect(await ask(forged)).toEqual(refusal('NO_TRUSTED_ROOT'));
  expect(await ask(await newParty({ name: 'Leaf' }))).toEqual(refusal('NO_TRUSTED_ROOT'));
  expect(await ask(leaf, { roots: [] })).toEqual(refusal('NO_TRUSTED_ROOT'));
});

test('an intermediate that comes with the message is never a root', async () => {
  const own = await newParty({ name: 'Own', ca: true });
  const made = await newParty({ name: 'Leaf', issuer: own });
  expect(await ask(made, { intermediates: [own.certificatePem] })).toEqual(refusal('NO_TRUSTED_ROOT'));
});

test('before and after its time a certificate is refused, and so is everything under an expired issuer', async () => {
  expect(await ask(leaf, { at: new Date('2025-12-31T23:59:59Z') })).toEqual(refusal('NOT_YET_VALID'));
  expect(await ask(leaf, { at: new Date('2036-01-01T00:00:01Z') })).toEqual(refusal('EXPIRED'));
  const old = await newParty({ name: 'Old', ca: true, issuer: root, to: MAY });
  const under = await newParty({ name: 'Leaf', issuer: old });
  expect(await ask(under, { intermediates: [old.certificatePem] })).toEqual(refusal('EXPIRED', 'CN=Old'));
});

test('a platform cannot issue: an end certificate, and one without the usage, make no authority', async () => {
  const child = await newParty({ name: 'Child', issuer: leaf });
  const intermediates = [middle.certificatePem, leaf.certificatePem];
  expect(await ask(child, { intermediates })).toEqual(refusal('NOT_A_CA', 'CN=Leaf'));
  const signsOnly = await newParty({
    name: 'Signs',
    ca: true,
    issuer: root,
    usage: x509.KeyUsageFlags.digitalSignature,
  });
  const under = await newParty({ name: 'Leaf', issuer: signsOnly });
  expect(await ask(under, { intermediates: [signsOnly.certificatePem] })).toMatchObject({ trusted: false });
});

test('an authority that may issue end certificates only does not make another authority', async () => {
  const second = await newParty({ name: 'Second', ca: true, issuer: middle });
  const under = await newParty({ name: 'Leaf', issuer: second });
  const intermediates = [middle.certificatePem, second.certificatePem];
  expect(await ask(under, { intermediates })).toEqual(refusal('PATH_TOO_LONG', 'CN=Middle'));
});

test('a path of more than four intermediates is not followed, and a ring of authorities ends', async () => {
  const parties: Party[] = [root];
  for (let depth = 1; depth <= 5; depth += 1) {
    const issuer = parties.at(-1) ?? root;
    parties.push(await newParty({ name: `M${depth}`, ca: true, issuer }));
  }
  const intermediates = parties.slice(1).map((party) => party.certificatePem);
  const deep = await newParty({ name: 'Leaf', issuer: parties.at(-1) ?? root });
  expect(await ask(deep, { intermediates })).toEqual(refusal('NO_TRUSTED_ROOT'));
  const nearer = await newParty({ name: 'Leaf', issuer: parties.at(-2) ?? root });
  expect(await ask(nearer, { intermediates })).toMatchObject({ trusted: true });

  const a = await newParty({ name: 'A', ca: true });
  const b = await newParty({ name: 'B', ca: true, issuer: a });
  const aByB = await newParty({ name: 'A', ca: true, issuer: b });
  const under = await newParty({ name: 'Leaf', issuer: aByB });
  const ring = [a, b, aByB].map((party) => party.certificatePem);
  expect(await ask(under, { intermediates: ring })).toEqual(refusal('NO_TRUSTED_ROOT'));
});

test('an unknown critical extension is refused, an unknown plain one is passed over', async () => {
  const value = Buffer.from('0500', 'hex');
  const critical = await newParty({
    name: 'Leaf',
    issuer: middle,
    extensions: [new x509.Extension('1.2.3.4', true, value)],
  });
  const plain = await newParty({
    name: 'Leaf',
    issuer: middle,
    extensions: [new x509.Extension('1.2.3.4', false, value)],
  });
  expect(await ask(critical)).toEqual(refusal('UNKNOWN_CRITICAL_EXTENSION'));
  expect(await ask(plain)).toMatchObject({ trusted: true });
});

test('a signature with SHA-1 is too weak, except the one of a root on itself, which nobody relies on', async () => {
  const weak = await newParty({ name: 'Leaf', issuer: middle, hash: 'SHA-1' });
  expect(await ask(weak)).toEqual(refusal('WEAK_SIGNATURE'));
  const weakRoot = await newParty({ name: 'WeakRoot', ca: true, hash: 'SHA-1' });
  const under = await newParty({ name: 'Leaf', issuer: weakRoot });
  expect(await ask(under, { roots: [weakRoot.certificatePem] })).toMatchObject({ trusted: true });
});

test('revocation is asked of every issuer on the path: revoked, missing, stale and foreign lists are told apart', async () => {
  const ofRoot = await newList(root, [], MAY, JULY);
  const ofMiddle = await newList(middle, [], MAY, JULY);
  expect(await ask(leaf, { crls: [ofRoot, ofMiddle] })).toMatchObject({ trusted: true });
  expect(await ask(leaf, { crls: [ofRoot] })).toEqual(refusal('CRL_MISSING'));
  expect(await ask(leaf, { crls: [ofMiddle] })).toEqual(refusal('CRL_MISSING', 'CN=Middle'));
  expect(await ask(leaf, { crls: [] })).toEqual(refusal('CRL_MISSING'));

  const stale = await newList(middle, [], MAY, MAY);
  expect(await ask(leaf, { crls: [ofRoot, stale] })).toEqual(refusal('CRL_STALE'));
  expect(await ask(leaf, { crls: [ofRoot, stale, ofMiddle] })).toMatchObject({ trusted: true });

  const revoking = await newList(middle, [leaf.certificate.serialNumber], MAY, JULY);
  expect(await ask(leaf, { crls: [ofRoot, revoking] })).toEqual(refusal('REVOKED'));
  const long = await newList(middle, [leaf.certificate.serialNumber], MAY, MAY);
  expect(await ask(leaf, { crls: [ofRoot, long] })).toEqual(refusal('REVOKED'));
  const above = await newList(root, [middle.certificate.serialNumber], MAY, JULY);
  expect(await ask(leaf, { crls: [above, ofMiddle] })).toEqual(refusal('REVOKED', 'CN=Middle'));

  const impostor = await newParty({ name: 'Middle', ca: true });
  const foreign = await newList(impostor, [], MAY, JULY);
  expect(await ask(leaf, { crls: [ofRoot, foreign] })).toEqual(refusal('CRL_MISSING'));
});

test('a list that only covers a part, or whose signer may not sign lists, clears nobody', async () => {
  const ofRoot = await newList(root, [], MAY, JULY);
  const delta = new x509.Extension('2.5.29.27', true, Buffer.from('020101', 'hex'));
  const partial = await newList(middle, [], MAY, JULY, [delta]);
  expect(await ask(leaf, { crls: [ofRoot, partial] })).toEqual(refusal('CRL_MISSING'));
  const mute = await newParty({ name: 'Mute', ca: true, issuer: root, usage: x509.KeyUsageFlags.keyCertSign });
  const under = await newParty({ name: 'Leaf', issuer: mute });
  const intermediates = [mute.certificatePem];
  const crls = [ofRoot, await newList(mute, [], MAY, JULY)];
  expect(await ask(under, { intermediates })).toMatchObject({ trusted: true });
  expect(await ask(under, { intermediates, crls })).toEqual(refusal('CRL_MISSING'));
});

test('an old list never hides what a newer one revokes', async () => {
  const ofRoot = await newList(root, [], MAY, JULY);
  const older = await newList(middle, [], MAY, JULY);
  const newer = await newList(middle, [leaf.certificate.serialNumber], new Date('2026-05-02T00:00:00Z'), JULY);
  expect(await ask(leaf, { crls: [ofRoot, older, newer] })).toEqual(refusal('REVOKED'));
  expect(await ask(leaf, { crls: [newer, older, ofRoot] })).toEqual(refusal('REVOKED'));
});

test('what is no certificate is refused when it comes from outside, and thrown when it is our own configuration', async () => {
  for (const text of [
    '',
    'x',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    leaf.certificatePem.repeat(2),
  ]) {
    expect(await ask(leaf, { certificatePem: text })).toEqual(refusal('NOT_A_CERTIFICATE', ''));
    expect(await ask(leaf, { intermediates: [text] })).toEqual(refusal('NOT_A_CERTIFICATE', ''));
    await expect(ask(leaf, { roots: [text] })).rejects.toThrow(KeyProblem);
    await expect(ask(leaf, { crls: [text] })).rejects.toThrow(KeyProblem);
  }
});
