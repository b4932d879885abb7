/** No card, ID or mobile number leaves through a log, under whatever name it came there. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openLog } from '../../runtime/log.ts';
import { firstPersonal, mask, passesLuhn } from '../../runtime/mask.ts';

/** A log whose lines are kept. */
function kept(): { log: ReturnType<typeof openLog>; text: () => string } {
  let text = '';
  const log = openLog({
    name: 'test',
    level: 'trace',
    destination: {
      write: (line) => {
        text += line;
      },
    },
  });
  return { log, text: () => text };
}

/** Digits completed to pass Luhn. */
function withLuhn(digits: string): string {
  const check = [...'0123456789'].find((digit) => passesLuhn(digits + digit));
  return digits + check;
}

/** The digits and their check character, GB 11643. */
function withIdCheck(digits: string): string {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((all, weight, place) => all + weight * Number(digits[place]), 0);
  return digits + '10X98765432'[sum % 11];
}

const digitsOf = (length: number) =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(''));
const card = fc.integer({ min: 12, max: 18 }).chain(digitsOf).map(withLuhn);
const idCard = fc
  .tuple(
    fc.integer({ min: 110_000, max: 659_999 }),
    fc.date({ min: new Date('1900-01-01'), max: new Date('2026-12-31'), noInvalidDate: true }),
    fc.integer({ min: 0, max: 999 }),
  )
  .map(([region, day, sequence]) =>
    withIdCheck(`${region}${day.toISOString().slice(0, 10).replaceAll('-', '')}${String(sequence).padStart(3, '0')}`),
  );
const mobile = digitsOf(10).map((digits) => `1${digits}`);
const around = fc.string({ maxLength: 10 }).filter((text) => !/\d/.test(text));

describe('the mask', () => {
  test('hides every card, ID and mobile number, wherever it stands in a line', () => {
    fc.assert(
      fc.property(fc.oneof(card, idCard, mobile), around, around, (number, before, after) => {
        const masked = mask(`${before}${number}${after}`);
        expect(masked).not.toContain(number);
        expect(firstPersonal(masked)).toBeUndefined();
      }),
    );
  });

  test('hides a card that is printed in groups, and a mobile with its country', () => {
    expect(mask('card 6222 0212 3456 7894 of')).toMatch(/^card \*\*\*7894 of$/);
    expect(mask('+8613812345678')).toBe('+***5678');
  });

  test('leaves amounts, dates, identifiers and times alone', () => {
    for (const text of [
      '2026-11-24T15:00:00.123Z',
      '20261124150000',
      '019aabcd-1234-7abc-8def-0123456789ab',
      'amount 999999999.99',
      '{"fen":"99999999999"}',
      'PLATFORM_0001',
    ])
      expect(mask(text)).toBe(text);
  });
});

describe('the log', () => {
  test('shows no personal number in a message, a field, a nested field, an error, its cause or a child', () => {
    const { log, text } = kept();
    const number = withLuhn('622202123456789');
    const id = withIdCheck('11010119900307123');
    log.info({ number, deep: { list: [`a${id}b`] } }, `mobile 13812345678`);
    log.error({ err: new Error(`card ${number}`, { cause: new Error(`id ${id}`) }) }, 'failed');
    log.child({ mobile: '13912345678' }).warn('child');
    expect(text().split('\n').filter(Boolean)).toHaveLength(3);
    expect(firstPersonal(text())).toBeUndefined();
    for (const secret of [number, id, '13812345678', '13912345678']) expect(text()).not.toContain(secret);
  });

  test('writes of an error its kind, text, place and code, and none of the fields that quote values', () => {
    const { log, text } = kept();
    const error = Object.assign(new Error('duplicate'), {
      code: '23505',
      constraint: 'user_pkey',
      detail: 'Key (name)=(Zhang San) already exists.',
    });
    log.error({ err: error }, 'failed');
    const { err } = JSON.parse(text());
    expect(err).toMatchObject({ type: 'Error', message: 'duplicate', code: '23505', constraint: 'user_pkey' });
    expect(text()).not.toContain('Zhang San');
  });

  test('every line says its time as text and its process', () => {
    const { log, text } = kept();
    log.info('hello');
    expect(JSON.parse(text())).toMatchObject({ name: 'test', msg: 'hello', time: expect.stringMatching(/^\d{4}-/) });
  });
});
