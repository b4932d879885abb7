/** Sealing: what is sealed opens only as what it was, equal values are told by their hashes, and a rotation loses nothing. */
import { chmod, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyProblem } from '../../certs/algorithms.ts';
import { sha256Hex } from '../../certs/digest.ts';
import { masked } from '../../certs/mask.ts';
import { addMasterKey, createMasterKeys, parseMasterKeys, readMasterKeys } from '../../certs/master-key.ts';
import { openSealer, SealBroken, type Sealer } from '../../certs/seal.ts';
import type { Clear, PersonalKind, Sealed } from '../../contract/sealed.ts';
import { testFolder } from './folder.ts';

const clear = (text: string): Clear => text as Clear;
const KINDS: readonly PersonalKind[] = ['NAME', 'ID_CARD', 'BANK_CARD', 'MOBILE'];
const CARD = clear('6222020200112341234');

const newSealer = async (): Promise<Sealer> => {
  const path = join(await testFolder(), 'master.keys');
  await createMasterKeys(path);
  return openSealer(path);
};
const altered = (base64: string, at: number): string => {
  const bytes = Buffer.from(base64, 'base64');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
};

test('a value opens as it was sealed, and its sealed form does not contain it', async () => {
  const sealer = await newSealer();
  const values: readonly (readonly [PersonalKind, string])[] = [
    ['NAME', '张三'],
    ['NAME', '𠮷野家'],
    ['ID_CARD', '11010119900307123x'],
    ['BANK_CARD', CARD],
    ['MOBILE', '+86 138-1234-1234'],
    ['NAME', ''],
  ];
  for (const [kind, value] of values) {
    const sealed = sealer.seal(kind, clear(value));
    expect(sealer.open(kind, sealed)).toBe(value);
    if (value !== '') expect(JSON.stringify(sealed)).not.toContain(value);
  }
});

test('any text of up to 4 KiB comes back from sealing, and every longer one is refused', async () => {
  const sealer = await newSealer();
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fc.string({ unit: 'grapheme', maxLength: 200 }), (kind, text) => {
      expect(sealer.open(kind, sealer.seal(kind, clear(text)))).toBe(text);
    }),
    { numRuns: 200 },
  );
  expect(() => sealer.seal('NAME', clear('x'.repeat(4097)))).toThrow(RangeError);
});

test('the same value is sealed into another box each time, with the same hash', async () => {
  const sealer = await newSealer();
  const all = Array.from({ length: 50 }, () => sealer.seal('BANK_CARD', CARD));
  expect(new Set(all.map((sealed) => sealed.ciphertext)).size).toBe(50);
  expect(new Set(all.map((sealed) => sealed.keyedHash))).toEqual(new Set([sealer.keyedHash('BANK_CARD', CARD)]));
});

test('a hash tells equal values however they were written, and other values and other kinds apart', async () => {
  const { keyedHash } = await newSealer();
  const same = (kind: PersonalKind, a: string, b: string) => keyedHash(kind, clear(a)) === keyedHash(kind, clear(b));
  expect(same('ID_CARD', '11010119900307123x', ' 11010119900307123X')).toBe(true);
  expect(same('BANK_CARD', '6222 0202-0011 2341', '6222020200112341')).toBe(true);
  expect(same('MOBILE', '+8613812341234', '138 1234 1234')).toBe(true);
  expect(same('MOBILE', '8613812341234', '13812341234')).toBe(true);
  expect(same('NAME', '  John   Smith ', 'John Smith')).toBe(true);
  expect(same('NAME', '张三', '张四')).toBe(false);
  expect(same('BANK_CARD', '6222020200112341', '6222020200112342')).toBe(false);
  expect(new Set(KINDS.map((kind) => keyedHash(kind, clear('13812341234')))).size).toBe(4);
});

test('hashes under another key file have nothing in common, and none is a bare digest', async () => {
  const [one, other] = [await newSealer(), await newSealer()];
  expect(one.keyedHash('MOBILE', clear('13812341234'))).not.toBe(other.keyedHash('MOBILE', clear('13812341234')));
  expect(one.keyedHash('MOBILE', clear('13812341234'))).not.toBe(sha256Hex('13812341234'));
  expect(one.keyedHash('MOBILE', clear('13812341234'))).toMatch(/^[0-9a-f]{64}$/);
});

describe('a sealed value that was touched does not open', () => {
  test('whichever byte of the box it was', async () => {
    const sealer = await newSealer();
    const sealed = sealer.seal('BANK_CARD', CARD);
    const length = Buffer.from(sealed.ciphertext, 'base64').length;
    expect(length).toBe(16 + 12 + CARD.length + 16);
    for (let at = 0; at < length; at += 1) {
      expect(() => sealer.open('BANK_CARD', { ...sealed, ciphertext: altered(sealed.ciphertext, at) })).toThrow(
        SealBroken,
      );
    }
  });

  test('nor as another kind, under another version, with another hash, cut short, or as no base64', async () => {
    const sealer = await newSealer();
    const sealed = sealer.seal('BANK_CARD', CARD);
    for (const kind of KINDS.filter((each) => each !== 'BANK_CARD')) {
      expect(() => sealer.open(kind, sealed)).toThrow(SealBroken);
    }
    const other = sealer.seal('BANK_CARD', clear('6222020200112345678'));
    const touched: Sealed[] = [
      { ...sealed, keyVersion: 2 },
      { ...sealed, keyVersion: -1 },
      { ...sealed, keyedHash: other.keyedHash },
      { ...sealed, ciphertext: sealed.ciphertext.slice(0, 40) },
      { ...sealed, ciphertext: '' },
      { ...sealed, ciphertext: `${sealed.ciphertext}!` },
    ];
    for (const each of touched) expect(() => sealer.open('BANK_CARD', each)).toThrow(SealBroken);
    expect(sealer.open('BANK_CARD', sealed)).toBe(CARD);
  });

  test('nor with the keys of another file, and the error does not tell the value', async () => {
    const sealed = (await newSealer()).seal('NAME', clear('张三丰'));
    const stranger = await newSealer();
    expect(() => stranger.open('NAME', sealed)).toThrow('a sealed NAME was altered, or sealed as something else');
    expect(() => stranger.open('NAME', sealed)).not.toThrow(/张/);
  });
});

describe('evidence', () => {
  test('opens under its label only, from nothing to 8 MiB', async () => {
    const sealer = await newSealer();
    for (const bytes of [Buffer.alloc(0), Buffer.from('{"amount":500.00}'), Buffer.alloc(8 * 1_048_576, 0x41)]) {
      const box = sealer.sealBytes('P1:R1', bytes);
      expect(sealer.openBytes('P1:R1', box).equals(bytes)).toBe(true);
      expect(() => sealer.openBytes('P1:R2', box)).toThrow(SealBroken);
    }
  });

  test('does not open when a byte was changed or cut off, and a view into a larger buffer is read right', async () => {
    const sealer = await newSealer();
    const box = sealer.sealBytes('L', Buffer.from('evidence'));
    for (let at = 0; at < box.length; at += 1) {
      const touched = Buffer.from(box);
      touched[at] = (touched[at] ?? 0) ^ 0x80;
      expect(() => sealer.openBytes('L', touched)).toThrow(SealBroken);
      expect(() => sealer.openBytes('L', box.subarray(0, at))).toThrow(SealBroken);
    }
    const within = new Uint8Array(box.length + 20);
    within.set(box, 7);
    expect(sealer.openBytes('L', within.subarray(7, 7 + box.length)).toString()).toBe('evidence');
  });

  test('and personal data are under keys of their own: a box of one does not open as the other', async () => {
    const sealer = await newSealer();
    const box = sealer.sealBytes('NAME', Buffer.from('张三'));
    const forged = { ...sealer.seal('NAME', clear('张三')), ciphertext: box.subarray(4).toString('base64') };
    expect(() => sealer.open('NAME', forged)).toThrow(SealBroken);
  });
});

describe('rotation', () => {
  test('a newer key seals, older ones still open, and hashes stay the same', async () => {
    const path = join(await testFolder(), 'master.keys');
    await createMasterKeys(path);
    const before = await openSealer(path);
    const old = before.seal('ID_CARD', clear('110101199003071234'));
    const oldBox = before.sealBytes('L', Buffer.from('x'));
    expect(await addMasterKey(path)).toBe(2);
    expect(await addMasterKey(path)).toBe(3);
    const after = await openSealer(path);
    const young = after.seal('ID_CARD', clear('110101199003071234'));
    expect([old.keyVersion, young.keyVersion]).toEqual([1, 3]);
    expect(after.open('ID_CARD', old)).toBe('110101199003071234');
    expect(after.openBytes('L', oldBox).toString()).toBe('x');
    expect(young.keyedHash).toBe(old.keyedHash);
    expect(() => before.open('ID_CARD', young)).toThrow('there is no master key of version 3 in the key file');
  });

  test('two at the same time do not both become the next version', async () => {
    const path = join(await testFolder(), 'master.keys');
    await createMasterKeys(path);
    const outcomes = await Promise.allSettled([addMasterKey(path), addMasterKey(path)]);
    const made = outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
    expect(new Set(made).size).toBe(made.length);
    expect((await readMasterKeys(path)).newest).toBe(1 + made.length);
    expect(await addMasterKey(path)).toBe(2 + made.length);
  });

  test('a value sealed by version 1 does not open as one of version 2', async () => {
    const path = join(await testFolder(), 'master.keys');
    await createMasterKeys(path);
    const sealed = (await openSealer(path)).seal('NAME', clear('张三'));
    await addMasterKey(path);
    const sealer = await openSealer(path);
    expect(() => sealer.open('NAME', { ...sealed, keyVersion: 2 })).toThrow(SealBroken);
  });
});

describe('the file of master keys', () => {
  test('is 0600 from the start and after a rotation, and is not read when others may', async () => {
    const path = join(await testFolder(), 'master.keys');
    await createMasterKeys(path);
    await addMasterKey(path);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await expect(createMasterKeys(path)).rejects.toThrow('exists already');
    await chmod(path, 0o640);
    await expect(openSealer(path)).rejects.toThrow(`permission is 0640, expected 0600; run chmod 600 ${path}`);
  });

  test('names line and expectation where it is wrong, and never the key', async () => {
    const path = join(await testFolder(), 'master.keys');
    await createMasterKeys(path);
    const text = await readFile(path, 'utf8');
    const key = /^1 (.+)$/m.exec(text)?.[1] ?? '';
    const wrong: readonly (readonly [string, string])[] = [
      [`${text}1 ${key}\n`, 'line 4: version 1 appears twice'],
      [`${text}hash ${key}\n`, 'line 4: a second hash key'],
      [`${text}0 ${key}\n`, 'line 4: expected a version from 1 to 2147483647'],
      [`${text}x ${key}\n`, 'line 4: expected a version from 1 to 2147483647'],
      [`${text}2147483648 ${key}\n`, 'line 4: expected a version from 1 to 2147483647'],
      [`${text}2 ${key.slice(4)}\n`, 'line 4: expected a version or "hash", and the base64 of 32 bytes'],
      [`${text}2 ${key} ${key}\n`, 'line 4: expected a version or "hash"'],
      [`1 ${key}\n`, 'no line with the hash key'],
      [`hash ${key}\n`, 'no line with a master key'],
    ];
    for (const [content, said] of wrong) {
      expect(() => parseMasterKeys(content, 'K')).toThrow(new RegExp(`^K.*${said}`));
      expect(() => parseMasterKeys(content, 'K')).toThrow(KeyProblem);
      expect(() => parseMasterKeys(content, 'K')).not.toThrow(key.slice(4));
    }
    expect((await readMasterKeys(path)).newest).toBe(1);
  });
});

test('masks show enough to recognise and no more', () => {
  const shown: readonly (readonly [PersonalKind, string, string])[] = [
    ['BANK_CARD', '6222020200112341234', '6222****1234'],
    ['BANK_CARD', '622202020011', '6222****0011'],
    ['BANK_CARD', '62220202001', '****01'],
    ['BANK_CARD', 'ABC', '****'],
    ['NAME', '张三', '张*'],
    ['NAME', '欧阳娜娜', '欧***'],
    ['NAME', '𠮷野', '𠮷*'],
    ['NAME', '张', '*'],
    ['NAME', '', '*'],
    ['NAME', 'Maximilian Mustermann', 'M***'],
    ['ID_CARD', '11010119900307123X', '11**************3X'],
    ['ID_CARD', '110101900307123', '11***********23'],
    ['ID_CARD', 'E12345678', '****78'],
    ['MOBILE', '13812341234', '138****1234'],
    ['MOBILE', '+4915112345678', '****678'],
    ['MOBILE', '1234', '****4'],
  ];
  for (const [kind, value, expected] of shown) expect(masked(kind, value)).toBe(expected);
});

test('a mask is made of the normalised value, and never is the value', async () => {
  const sealer = await newSealer();
  expect(sealer.seal('BANK_CARD', clear('6222 0202 0011 2341 234')).masked).toBe('6222****1234');
  expect(sealer.seal('ID_CARD', clear('11010119900307123x')).masked).toBe('11**************3X');
  expect(sealer.seal('MOBILE', clear('+86 138 1234 1234')).masked).toBe('138****1234');
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fc.string({ minLength: 1, maxLength: 30 }), (kind, text) => {
      fc.pre(!/^\**$/.test(text.trim()) && !text.includes('*'));
      expect(masked(kind, text)).not.toBe(text);
      expect(masked(kind, text)).toContain('*');
    }),
  );
});

test('a digest is the SHA-256 of the UTF-8 bytes, in lower-case hex', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(sha256Hex(Buffer.from('张三'))).toBe(sha256Hex('张三'));
});
