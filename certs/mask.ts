/**
 * What may be shown of personal data: enough for its owner to recognise it, too little for anybody else to use it. Values that do
 * not look like their kind are masked more, never less.
 */
import type { PersonalKind } from '../contract/sealed.ts';

/** The masked form of a normalised value (see `normalised`). */
export const masked = (kind: PersonalKind, value: string): string => {
  switch (kind) {
    case 'NAME':
      return maskedName(value);
    case 'ID_CARD':
      return /^[0-9A-Z]{15,18}$/.test(value) ? keep(value, 2, 2, value.length - 4) : keepFew(value);
    case 'BANK_CARD':
      return /^\d{12,19}$/.test(value) ? keep(value, 4, 4, 4) : keepFew(value);
    case 'MOBILE':
      return /^\d{11}$/.test(value) ? keep(value, 3, 4, 4) : keepFew(value);
  }
};

/** 张三 is 张*, 欧阳娜娜 is 欧***; code points, not UTF-16 units, so that a rare character is not cut in half. */
const maskedName = (name: string): string => {
  const [first = '', ...rest] = [...name];
  return rest.length === 0 ? '*' : first + '*'.repeat(Math.min(rest.length, 3));
};

const keep = (value: string, head: number, tail: number, stars: number): string =>
  value.slice(0, head) + '*'.repeat(stars) + value.slice(value.length - tail);

/** Passports, foreign numbers and whatever else: at most the last quarter, at most four characters. */
const keepFew = (value: string): string => {
  const characters = [...value];
  const tail = Math.min(4, Math.floor(characters.length / 4));
  return `****${characters.slice(characters.length - tail).join('')}`;
};
