/**
 * Reads one object of the configuration, field by field, and notes every mistake with its path instead of stopping at the first. A field
 * that nobody asked for is a mistake too, since it is most often a misspelt one. What it answers after a mistake is not used.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

export class Reading {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #home: string;
  readonly #mistakes: string[];
  readonly #asked = new Set<string>();

  constructor(value: unknown, path: string, home: string, mistakes: string[]) {
    this.#path = path;
    this.#home = home;
    this.#mistakes = mistakes;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      this.#object = value as Record<string, unknown>;
    } else {
      this.#object = {};
      mistakes.push(`${path || 'the whole'}: must be an object`);
    }
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #wrong(name: string, expectation: string): void {
    this.#mistakes.push(`${this.#at(name)}: ${expectation}`);
  }

  #take(name: string): unknown {
    this.#asked.add(name);
    return this.#object[name] ?? undefined;
  }

  /** The value as it is, when a field has more than one form. */
  literal(name: string): unknown {
    return this.#take(name);
  }

  /** @param missing what is said when it is not there and there is nothing otherwise. */
  text(name: string, otherwise?: string, missing = 'is missing'): string {
    const value = this.#take(name) ?? otherwise;
    if (typeof value === 'string' && value !== '') return value;
    this.#wrong(name, value === undefined ? missing : 'must be a text');
    return '';
  }

  optionalText(name: string): string | undefined {
    return this.#take(name) === undefined ? undefined : this.text(name);
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.#take(name) ?? otherwise;
    if (typeof value === 'boolean') return value;
    this.#wrong(name, 'must be true or false');
    return otherwise;
  }

  whole(name: string, least: number, most: number, otherwise?: number): number {
    const value = this.#take(name) ?? otherwise;
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
    this.#wrong(name, value === undefined ? 'is missing' : `must be a whole number from ${least} to ${most}`);
    return least;
  }

  wholes(name: string, least: number, most: number, otherwise: readonly number[]): readonly number[] {
    const value = this.#take(name) ?? otherwise;
    const fits = (one: unknown): boolean =>
      Number.isInteger(one) && (one as number) >= least && (one as number) <= most;
    if (Array.isArray(value) && value.every(fits)) return value;
    this.#wrong(name, `must be a list of whole numbers from ${least} to ${most}`);
    return otherwise;
  }

  oneOf<T extends string>(name: string, known: readonly T[], otherwise?: T): T {
    const value = this.#take(name) ?? otherwise;
    const found = known.find((one) => one === value);
    if (found !== undefined) return found;
    this.#wrong(name, `must be one of ${known.join(', ')}`);
    return known[0] as T;
  }

  /** An absolute URL without a password in it; what the environment says comes first, and is the operator's own affair. */
  url(name: string, protocols: readonly string[], fromEnvironment?: string): string {
    if (fromEnvironment !== undefined) {
      this.#take(name);
      return fromEnvironment;
    }
    const text = this.text(name);
    if (text === '') return '';
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !protocols.includes(url.protocol)) {
      this.#wrong(name, `must be a URL with ${protocols.join(' or ')}`);
    } else if (url.password !== '') {
      this.#wrong(name, 'must not contain a password; name a file in passwordFile');
    }
    return text;
  }

  optionalUrl(name: string, protocols: readonly string[], fromEnvironment?: string): string | undefined {
    const absent = this.#take(name) === undefined && fromEnvironment === undefined;
    return absent ? undefined : this.url(name, protocols, fromEnvironment);
  }

  /** The absolute path of a file that we can read. */
  file(name: string): string {
    const text = this.text(name);
    if (text === '') return '';
    const path = isAbsolute(text) ? text : join(this.#home, text);
    try {
      accessSync(path, constants.R_OK);
    } catch {
      this.#wrong(name, `names a file that cannot be read (${path})`);
    }
    return path;
  }

  /** The content of the file that is named, without the line's end; undefined when none is named. */
  secret(name: string): string | undefined {
    if (this.#take(name) === undefined) return undefined;
    const before = this.#mistakes.length;
    const path = this.file(name);
    return this.#mistakes.length > before ? undefined : readFileSync(path, 'utf8').trimEnd();
  }

  inner(name: string): Reading | undefined {
    const value = this.#take(name);
    return value === undefined ? undefined : new Reading(value, this.#at(name), this.#home, this.#mistakes);
  }

  /** An empty object in place of one that had to be there; the absence is noted. */
  missing(name: string): Reading {
    this.#wrong(name, 'is missing');
    return new Reading({}, this.#at(name), this.#home, []);
  }

  /** The fields of an object whose names are not known beforehand. */
  each(): readonly (readonly [string, Reading])[] {
    return Object.entries(this.#object).map(
      ([name, value]) => [name, new Reading(value, this.#at(name), this.#home, this.#mistakes)] as const,
    );
  }

  /** The names of the fields, when they are not known beforehand. */
  names(): readonly string[] {
    return Object.keys(this.#object);
  }

  /** Notes the fields that nobody asked for. */
  done(): void {
    for (const name of Object.keys(this.#object)) {
      if (!this.#asked.has(name)) this.#wrong(name, 'is not known here');
    }
  }
}
