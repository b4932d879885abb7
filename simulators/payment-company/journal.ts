/**
 * The company's memory on disk: one line per commit, a JSON array of events, on the disk before anybody is answered. A line torn by a
 * kill is not a line: nobody was told of it.
 */
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { fen } from '../../contract/money.ts';
import type { Event } from './state.ts';

export interface Journal {
  /** Writes events as one commit; returns once they are on the disk. */
  append(events: readonly Event[]): void;
  close(): void;
}

const print = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (typeof inner === 'bigint' ? { fen: inner.toString() } : inner));

const parse = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !('fen' in inner)) return inner;
    return typeof inner.fen === 'string' ? fen(BigInt(inner.fen)) : inner;
  });

/** Opens the journal, replaying each event that was committed. A torn last line is cut off. */
export function openJournal(path: string, replay: (event: Event) => void): Journal {
  let whole = 0;
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    whole = bytes.lastIndexOf(0x0a) + 1;
    for (const line of bytes.subarray(0, whole).toString('utf8').split('\n')) {
      if (line !== '') for (const event of parse(line) as Event[]) replay(event);
    }
  }
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
  ftruncateSync(file, whole);
  let position = whole;
  return {
    append: (events) => {
      const line = Buffer.from(`${print(events)}\n`, 'utf8');
      writeSync(file, line, 0, line.length, position);
      fdatasyncSync(file);
      position += line.length;
    },
    close: () => closeSync(file),
  };
}
