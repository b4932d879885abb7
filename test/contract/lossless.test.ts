/** JSON without loss: digits kept, money printed, and one canonical text per content. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from '../../contract/internal/codec.ts';
import { canonical, contentToDigest, parseLossless, printAnswer } from '../../contract/lossless.ts';
import { fen } from '../../contract/money.ts';

test('an answer writes money as a JSON number with 2 decimals', () => {
  expect(printAnswer({ code: '0', amount: fen(50_000n), list: [{ fee: fen(5n) }], gone: undefined })).toBe(
    '{"code":"0","amount":500.00,"list":[{"fee":0.05}]}',
  );
});

test('the order of keys and white space do not change the content, a number’s digits do', () => {
  const a = contentToDigest(
    'RECHARGE',
    parseLossless('{"b":[1.50,{"z":null,"y":"é"}],"a":true,"timestamp":"1"}') as object as never,
  );
  const b = contentToDigest(
    'RECHARGE',
    parseLossless('{ "timestamp":"2","a":true, "b":[1.50,{"y":"\\u00e9","z":null}] }') as never,
  );
  const c = contentToDigest('RECHARGE', parseLossless('{"a":true,"b":[1.5,{"y":"é","z":null}]}') as never);
  expect(a).toBe(b);
  expect(a).not.toBe(c);
});

test('only the top-level timestamp is left out of the content', () => {
  const text = (inner: string) => contentToDigest('X', parseLossless(`{"a":{"timestamp":"${inner}"}}`) as never);
  expect(text('1')).not.toBe(text('2'));
});

test('the service belongs to the content', () => {
  expect(contentToDigest('A', {})).not.toBe(contentToDigest('B', {}));
});

test('keys are ordered by UTF-16 code units, as RFC 8785 says', () => {
  const keys = [...canonical(parseLossless('{"\\ud83d\\ude00":1,"\\ue000":2,"1":3,"\\r":4}')).matchAll(/"([^"]+)":/g)];
  expect(keys.map(([, key]) => key)).toEqual(['\\r', '1', '\u{1f600}', '\ue000']);
});

test('what rooms tell each other comes back as it was, amounts exact', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.jsonValue({ noUnicodeString: false }), (amount, anything) => {
      const message = {
        version: 1,
        amount: fen(amount),
        lines: [{ deep: fen(amount) }],
        anything: JSON.stringify(anything),
      };
      expect(decode(encode(message))).toEqual(message);
    }),
  );
});

test('a message of an unknown version is refused', () => {
  expect(() => decode('{"version":9}')).toThrow(SyntaxError);
});
