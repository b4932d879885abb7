/**
 * SQL is SQL: a tag that turns a template into text with numbered parameters, so that a value can never become text. Each template gets a
 * name made of its text, under which the driver keeps it prepared on every connection: a hot statement is parsed and planned once.
 */
import { createHash } from 'node:crypto';

export interface Statement {
  /** The prepared statement's name; absent for text that is sent once. */
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/** A name of a schema, table, column, channel or role, spliced into the text as it is. */
export class Identifier {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

const NAME = /^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/;

/**
 * A name to splice into a template: lower-case letters, digits and `_`, with at most one dot (`schema.table`).
 * @throws RangeError for anything else, since it would be text that somebody else wrote.
 */
export function identifier(text: string): Identifier {
  if (!NAME.test(text)) throw new RangeError('not an SQL name');
  return new Identifier(text);
}

interface Prepared {
  readonly name: string;
  readonly text: string;
}
const sites = new WeakMap<TemplateStringsArray, Map<string, Prepared>>();

function prepare(strings: TemplateStringsArray, values: readonly unknown[]): Prepared {
  let parameters = 0;
  let text = strings[0] ?? '';
  values.forEach((value, index) => {
    text += value instanceof Identifier ? value.text : `$${++parameters}`;
    text += strings[index + 1] ?? '';
  });
  return { name: `q${createHash('sha256').update(text).digest('base64url').slice(0, 20)}`, text };
}

/** Makes a statement: `${value}` becomes a parameter, `${identifier('x')}` a name. */
export function sql(strings: TemplateStringsArray, ...values: readonly unknown[]): Statement {
  let names = '';
  let parameters: readonly unknown[] = values;
  if (values.some((value) => value instanceof Identifier)) {
    names = values.map((value) => (value instanceof Identifier ? value.text : '?')).join();
    parameters = values.filter((value) => !(value instanceof Identifier));
  }
  const variants = sites.get(strings) ?? new Map<string, Prepared>();
  let prepared = variants.get(names);
  if (prepared === undefined) {
    prepared = prepare(strings, values);
    variants.set(names, prepared);
    sites.set(strings, variants);
  }
  return { name: prepared.name, text: prepared.text, values: parameters };
}

/** The same statement, not kept prepared: for what is sent once, and for what cannot be prepared. */
export function once({ text, values }: Statement): Statement {
  return { text, values };
}
