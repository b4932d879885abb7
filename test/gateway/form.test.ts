/** Forms and JSON envelopes, byte by byte, without a server. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRejection } from '../../contract/codes.ts';
import { readForm, readJson } from '../../gateway/http/form.ts';

const form = (text: string | Buffer) => readForm(Buffer.from(text as string, 'latin1'));
const words = (value: unknown): string => (isRejection(value) ? value.errorMessage : JSON.stringify(value));

describe('a form', () => {
  test('whatever URLSearchParams writes, is read as it was', () => {
    const field = fc.string({ unit: 'grapheme', maxLength: 40 });
    fc.assert(
      fc.property(fc.dictionary(field, field, { maxKeys: 10, noNullPrototype: true }), (fields) => {
        const read = readForm(Buffer.from(new URLSearchParams(fields).toString()));
        expect(Object.entries(read)).toEqual(Object.entries(fields));
      }),
    );
  });

  test('any bytes at all are read or refused, and never throw', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(typeof readForm(Buffer.from(bytes))).toBe('object');
        expect(typeof readJson(Buffer.from(bytes))).toBe('object');
      }),
    );
  });

  test.each(['a=%', 'a=%4', 'a=%zz', 'a=%4g', '%=a'])('%s is refused', (text) => {
    expect(words(form(text))).toContain('% without two hex digits');
  });

  test.each([
    ['a lone byte of a longer character', 'a=%E4%BD'],
    ['an overlong form', 'a=%C0%AF'],
    ['a surrogate', 'a=%ED%A0%80'],
    ['a raw byte', 'a=\xff'],
  ])('UTF-8 that is none (%s) is refused', (_, text) => {
    expect(words(form(text))).toContain('not UTF-8');
  });

  test('a byte order mark and NUL are kept: they were signed', () => {
    expect(form('a=%EF%BB%BFx%00')).toEqual({ a: '\ufeffx\0' });
  });

  test('a field given twice is refused, also when it is escaped differently', () => {
    expect(words(form('reqData=1&reqD%61ta=1'))).toContain('reqData: given once');
  });

  test('names of the prototype are names like others', () => {
    expect(Object.entries(form('__proto__=a&constructor=b'))).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  test('more fields than an envelope has are refused', () => {
    expect(words(form(Array.from({ length: 65 }, (_, index) => `f${index}=1`).join('&')))).toContain('at most 64');
  });
});

describe('a JSON envelope', () => {
  const json = (text: string) => readJson(Buffer.from(text));

  test('a repeated key is refused: written differently, with the same value, far apart', () => {
    for (const text of ['{"a":"1","a":"1"}', '{"a":"1","b":"{\\"a\\":1}","\\u0061":"2"}']) {
      expect(words(json(text))).toContain('duplicate key');
    }
  });

  test('keys within values do not count', () => {
    expect(json('{"a":"x\\\\","b":"y\\":\\"z","c":{"a":1,"b":[{"a":2}]}}')).toMatchObject({ a: 'x\\', b: 'y":"z' });
  });

  test('what JSON.stringify writes of distinct keys is read as it was', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.jsonValue()), { noNullPrototype: true }),
        (fields) => {
          fc.pre(!Object.hasOwn(fields, 'reqData') && !Object.hasOwn(fields, '__proto__'));
          expect(json(JSON.stringify(fields))).toEqual(JSON.parse(JSON.stringify(fields)));
        },
      ),
    );
  });

  test('half a surrogate pair in reqData is refused: it has no bytes that could have been signed', () => {
    expect(words(json('{"reqData":"\\ud800"}'))).toContain('not Unicode');
  });

  test('a byte order mark is not JSON', () => {
    expect(words(json('\ufeff{}'))).toContain('not JSON');
  });
});
