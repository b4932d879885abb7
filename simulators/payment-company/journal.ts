/**
 * The company's memory on disk: one line per commit, a JSON array of events. Commits that come together share one write to the disk, and
 * nobody is answered before it. A line torn by a kill is not a line: nobody was told of it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { fen } from '../../contract/money.ts';
import type { Event } from './state.ts';

export interface Journal {
  /** Takes events as one commit, after all before it. */
  append(events: readonly Event[]): void;
  /** Resolves once all that was appended before this call is on the disk. Rejects when it cannot be written, and ever after. */
  kept(): Promise<void>;
  close(): Promise<void>;
}

const print = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? { fen: inner.toString() } : inner));

const parse = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !('fen' in inner)) return inner;
    return typeof inner.fen === 'string' ? fen(BigInt(inner.fen)) : inner;
  });

/** Opens the journal, replaying each event that was committed. A torn last line is cut off. */
export async function openJournal(path: string, replay: (event: Event) => void): Promise<Journal> {
  let whole = 0;
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    whole = bytes.lastIndexOf(0x0a) + 1;
    for (const line of bytes.subarray(0, whole).toString('utf8').split('\n')) {
      if (line !== '') for (const event of parse(line) as Event[]) replay(event);
    }
  }
  const file = await open(path, existsSync(path) ? 'r+' : 'w+', 0o600);
  await file.truncate(whole);
  let position = whole;
  let lines: string[] = [];
  let writing: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const write = async (): Promise<void> => {
    const bytes = Buffer.from(lines.join(''), 'utf8');
    lines = [];
    await file.write(bytes, 0, bytes.length, position);
    await file.datasync();
    position += bytes.length;
  };
  const kept = (): Promise<void> => {
    if (lines.length === 0) return writing ?? Promise.resolve();
    // What comes while one write is under way goes with the next one, together.
    next ??= (writing ?? Promise.resolve()).then(() => {
      writing = next;
      next = undefined;
      return write();
    });
    return next;
  };
  return {
    append: (events) => {
      lines.push(`${print(events)}\n`);
    },
    kept,
    close: async () => {
      await kept();
      await file.close();
    },
  };
}
