/**
 * Reads JSON text (RFC 8259) in one pass, in time that grows with its length alone: whoever signs a message chooses its bytes, and all
 * platforms share the process that reads them. Numbers keep the digits they were written with, a repeated key is refused, and depth and
 * members of one object are bounded.
 */

/** A JSON number, as it was written. */
export class WrittenNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export class DuplicateKey extends Error {
  override readonly name = 'DuplicateKey';
  constructor(key: string) {
    super(`duplicate key "${key.slice(0, 50)}"`);
  }
}

/** Deeper nesting is refused: the protocol's own depth is 4. */
const DEEPEST = 16;
/** More members of one object are refused: the protocol's longest has about 30. */
const MOST_MEMBERS = 256;

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SPACE = /[ \t\n\r]*/y;
/** A string's characters up to its end, an escape, or what no string may hold. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids just these in a string.
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const words: Readonly<Record<string, readonly [text: string, value: boolean | null]>> = {
  t: ['true', true],
  f: ['false', false],
  n: ['null', null],
};

/** Reads all of a text as one JSON value. Throws `DuplicateKey`, or `SyntaxError` without quoting the text. */
export function readJsonText(text: string): unknown {
  let at = 0;

  const wrong = (what: string): SyntaxError => new SyntaxError(`${what} at ${at}`);
  /** Moves over what a sticky pattern finds here. */
  const over = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const takes = (character: string): boolean => {
    over(SPACE);
    if (text[at] !== character) return false;
    at += 1;
    return true;
  };

  const string = (): string => {
    const start = at;
    at += 1;
    let escaped = false;
    for (;;) {
      over(PLAIN);
      const character = text[at];
      if (character === '"') break;
      if (character !== '\\') throw wrong('a string without an end');
      escaped = true;
      at += 2;
    }
    at += 1;
    // The language's own parser checks the escapes and takes them for what they mean.
    return escaped ? (JSON.parse(text.slice(start, at)) as string) : text.slice(start + 1, at - 1);
  };

  const object = (depth: number): unknown => {
    const members: Record<string, unknown> = {};
    let count = 0;
    at += 1;
    if (takes('}')) return members;
    do {
      over(SPACE);
      if (text[at] !== '"') throw wrong('no key');
      const key = string();
      if (Object.hasOwn(members, key)) throw new DuplicateKey(key);
      count += 1;
      if (count > MOST_MEMBERS) throw wrong(`more than ${MOST_MEMBERS} members`);
      if (!takes(':')) throw wrong('no colon');
      const inner = value(depth);
      // Assigning to it would set the object's prototype instead.
      if (key === '__proto__') Object.defineProperty(members, key, { value: inner, enumerable: true });
      else members[key] = inner;
    } while (takes(','));
    if (!takes('}')) throw wrong('an object without an end');
    return members;
  };

  const array = (depth: number): unknown => {
    const items: unknown[] = [];
    at += 1;
    if (takes(']')) return items;
    do items.push(value(depth));
    while (takes(','));
    if (!takes(']')) throw wrong('a list without an end');
    return items;
  };

  const value = (depth: number): unknown => {
    over(SPACE);
    const first = text[at];
    if (first === '{' || first === '[') {
      if (depth >= DEEPEST) throw wrong(`nested deeper than ${DEEPEST}`);
      return first === '{' ? object(depth + 1) : array(depth + 1);
    }
    if (first === '"') return string();
    const word = first === undefined || !Object.hasOwn(words, first) ? undefined : words[first];
    if (word !== undefined && text.startsWith(word[0], at)) {
      at += word[0].length;
      return word[1];
    }
    const start = at;
    if (!over(NUMBER)) throw wrong('no value');
    return new WrittenNumber(text.slice(start, at));
  };

  const read = value(0);
  over(SPACE);
  if (at !== text.length) throw wrong('more than one value');
  return read;
}
