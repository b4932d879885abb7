/** A line's words, taken from the front or by their name. What is left over is a mistake in the scenario. */
import { type Fen, fen, formatYuan, parseYuan } from '../../../contract/money.ts';

export class Words {
  readonly line: string;
  readonly #left: string[];

  constructor(line: string) {
    this.line = line;
    this.#left = line.split(/\s+/).filter((word) => word !== '');
  }
  get empty(): boolean {
    return this.#left.length === 0;
  }
  peek(): string | undefined {
    return this.#left[0];
  }
  next(what: string): string {
    const word = this.#left.shift();
    if (word === undefined) throw new Error(`${what} is missing`);
    return word;
  }
  /** Takes a word if it is next. */
  skip(word: string): boolean {
    if (this.#left[0] !== word) return false;
    this.#left.shift();
    return true;
  }
  must(word: string): void {
    if (!this.skip(word)) throw new Error(`"${word}" is missing`);
  }
  /** The word after a name, wherever it stands. */
  option(name: string): string | undefined {
    const at = this.#left.indexOf(name);
    if (at < 0) return undefined;
    const [, value] = this.#left.splice(at, 2);
    if (value === undefined) throw new Error(`${name} what?`);
    return value;
  }
  flag(name: string): boolean {
    const at = this.#left.indexOf(name);
    if (at < 0) return false;
    this.#left.splice(at, 1);
    return true;
  }
  rest(): string {
    return this.#left.splice(0).join(' ');
  }
  end(): void {
    if (!this.empty) throw new Error(`what is "${this.rest()}"?`);
  }
}

/** Yuan to fen; a sign is allowed, since a channel's net may be negative. */
export function yuan(text: string): Fen {
  const amount = parseYuan(text.replace(/^-/, ''));
  if (typeof amount === 'string') throw new Error(`${text}: ${amount}`);
  return text.startsWith('-') ? fen(-amount) : amount;
}
export const written = (amount: Fen): string => formatYuan(amount);

/** D1 is the payment company's first clearing day, 20251201. */
export const CHANNEL = 'SIM';
export const dayOf = (name: string): string => {
  const match = /^D(\d{1,2})$/.exec(name);
  if (match === null) throw new Error(`${name} is no clearing day`);
  return `202512${(match[1] ?? '').padStart(2, '0')}`;
};
export const lotNamed = (name: string): string => {
  const [day = '', late] = name.split('-');
  return `${CHANNEL}-${dayOf(day)}${late === undefined ? '' : `-${late}`}`;
};

/** `I` is a user, `002` a platform account, in messages. */
export const numberOf = (name: string): string => (/^00\d$/.test(name) ? `SYS_GENERATE_${name}` : name);

/** `I`, `002`, `COLLECT:D1`, `CUSTODY` as the books write them. */
export function codeOf(name: string): string {
  if (/^00\d$/.test(name)) return `FN:${name}`;
  if (/^(CUSTODY|RECEIVABLE|REMIT|SUSPENSE)$/.test(name)) return name;
  const [kind = '', lot] = name.split(':');
  return lot === undefined ? `USER:${name}` : `${kind}:${lotNamed(lot)}`;
}

/** The other way round: the books' words as a scenario writes them. */
export const shown = (text: string): string =>
  text
    .replace(/SIM-202512(\d\d)/g, (_, day: string) => `D${Number(day)}`)
    .replace(/\bUSER:/g, '')
    .replace(/\bFN:/g, '');
