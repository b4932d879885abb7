/** The JSON reader: the same language as JSON.parse, nothing lost, and no text that takes longer than its length. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DuplicateKey, readJsonText, WrittenNumber } from '../../contract/json-reader.ts';

/** What it read, with numbers as JSON.parse makes them. */
function plain(value: unknown): unknown {
  if (value instanceof WrittenNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

const outcome = (read: () => unknown): unknown => {
  try {
    return { value: read() };
  } catch (error) {
    return error instanceof SyntaxError ? 'refused' : error;
  }
};

describe('the JSON reader', () => {
  test('reads every value that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(plain(readJsonText(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  test('takes and refuses the same texts as JSON.parse', () => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        '\\',
        '"a"',
        '"b":',
        '\\u0041',
        '\\"',
        '\\x',
        ' ',
        '\n',
        '\u00a0',
        '\t',
        '\u0000',
      ],
      ...['1', '-', '0', '01', '1.', '.5', '1e5', '-0', 'true', 'tru', 'false', 'null', 'NaN', '\ud83d', '人', '/'],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 9 }), (parts) => {
        const text = parts.join('');
        const read = outcome(() => plain(readJsonText(text)));
        if (read instanceof DuplicateKey) return;
        expect(read).toEqual(outcome(() => JSON.parse(text) as unknown));
      }),
      { numRuns: 5_000 },
    );
  });

  test.each([
    '{"a":1,"a":2}',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    '{"x":{"a":1,"a":{}}}',
    '{"__proto__":1,"__proto__":1}',
  ])('refuses a repeated key however it is written: %s', (text) => {
    expect(() => readJsonText(text)).toThrow(DuplicateKey);
  });

  test('a member named __proto__ is a member, and nobody inherits from it', () => {
    const value = readJsonText('{"__proto__":{"amount":1}}') as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value['amount']).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('an object that looks like a number is an object', () => {
    expect(readJsonText('{"text":"1","isLosslessNumber":true}')).not.toBeInstanceOf(WrittenNumber);
  });

  test('refuses depth and a crowd of members', () => {
    expect(() => readJsonText('['.repeat(17) + ']'.repeat(17))).toThrow(SyntaxError);
    expect(() => readJsonText('['.repeat(1_000_000))).toThrow(SyntaxError);
    const members = Array.from({ length: 257 }, (_, index) => `"k${index}":1`).join(',');
    expect(() => readJsonText(`{${members}}`)).toThrow(SyntaxError);
  });

  const MIB = 1024 * 1024;
  const hostile: Readonly<Record<string, string>> = {
    'an endless string of escapes': `{"a":"${'\\"'.repeat(MIB / 2)}`,
    'an endless string of backslashes': `{"a":"${'\\'.repeat(MIB + 1)}`,
    'a long string': `{"a":"${'a'.repeat(MIB)}"}`,
    'a long number': `{"a":${'1'.repeat(MIB)}}`,
    'a long number that is none': `{"a":${'1'.repeat(MIB)}.}`,
    'white space': `{${' '.repeat(MIB)}`,
    'many strings': `[${'"",'.repeat(MIB / 3)}""`,
  };
  test.each(Object.entries(hostile))(
    'a mebibyte of %s takes no longer than many small texts of its length',
    (_, text) => {
      const harmless = JSON.stringify(Array.from({ length: MIB / 64 }, () => ({ amount: 'a'.repeat(40) })));
      const took = (work: () => unknown): number => {
        const times = Array.from({ length: 3 }, () => {
          const since = performance.now();
          outcome(work);
          return performance.now() - since;
        });
        return Math.min(...times);
      };
      // Not a speed: what is quadratic takes a thousand times as long and more.
      expect(took(() => readJsonText(text))).toBeLessThan(50 * took(() => readJsonText(harmless)));
    },
  );
});
