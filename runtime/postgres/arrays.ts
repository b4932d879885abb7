/**
 * Whole columns as PostgreSQL's array texts, for `unnest`: built here because the driver's own way is slower by an order of magnitude at the
 * length of a batch.
 */

/** A column of whole numbers (or of epoch milliseconds, for `to_timestamp`). */
export const numberArray = (values: readonly (bigint | number | null)[]): string => {
  let text = '';
  for (const value of values) text += text === '' ? (value ?? 'null') : `,${value ?? 'null'}`;
  return `{${text}}`;
};

/** A column of text, or of what text casts to. */
export const textArray = (values: readonly (string | null | undefined)[]): string => {
  let text = '';
  for (const value of values) {
    const element = value === null || value === undefined ? 'null' : quoted(value);
    text += text === '' ? element : `,${element}`;
  }
  return `{${text}}`;
};

const SPECIAL = /["\\]/;
const quoted = (value: string): string => (SPECIAL.test(value) ? `"${value.replace(/["\\]/g, '\\$&')}"` : `"${value}"`);
