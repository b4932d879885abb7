/**
 * Publishes into PostgreSQL by group commit: what arrives while a commit is under way goes with the next, all lines together. Two lanes, so
 * that a large message does not hold up the small ones. Listeners are notified behind the commit, not inside of it, since a notifying
 * commit holds a lock of the whole server until it is on disk.
 */
import { Unavailable } from '../../failure.ts';
import type { Log } from '../../log.ts';
import { sqlState } from '../../postgres/errors.ts';
import { KeptSession } from '../../postgres/kept.ts';
import type { Session } from '../../postgres/session.ts';
import { lineFor } from '../lines.ts';
import type { Outgoing, Publication } from '../port.ts';
import type { Send } from '../publishing.ts';
import { channelOf, insertMessages, notify } from './statements.ts';

export interface PublisherOptions {
  open(): Promise<Session>;
  /** A line longer than this refuses. */
  readonly longest: number;
  readonly log: Log;
}

export interface Publisher {
  readonly send: Send;
  close(): Promise<void>;
}

const LANES = 2;
/** Of one commit. */
const GROUP = { messages: 500, bytes: 4 * 1024 * 1024 };
const UNDEFINED_TABLE = '42P01';

interface Waiting {
  readonly message: Outgoing;
  readonly line: string;
  readonly untilMs: number;
  readonly settle: (publication: Publication) => void;
}

/** One line's part of a group: the first so many were taken in, the others refused. */
function answer(waiting: readonly Waiting[], taken: number): void {
  waiting.forEach(({ settle }, place) => {
    settle(place < taken ? 'accepted' : 'full');
  });
}

function byLine(group: readonly Waiting[]): readonly (readonly [string, readonly Waiting[]])[] {
  const parts = new Map<string, Waiting[]>();
  for (const waiting of group) {
    const part = parts.get(waiting.line);
    if (part === undefined) parts.set(waiting.line, [waiting]);
    else part.push(waiting);
  }
  return [...parts];
}

const insertion = (line: string, waiting: readonly Waiting[], longest: number) =>
  insertMessages(
    line,
    waiting.map(({ message }) => message),
    longest,
  );

export function openPublisher({ open, longest, log }: PublisherOptions): Publisher {
  let waiting: Waiting[] = [];
  const lanes = Array.from({ length: LANES }, () => new KeptSession(open));
  const idle = [...lanes];

  const tell = (session: Session, lines: readonly string[]): void => {
    // Lost with the connection: then the consumer looks by itself.
    session.execute(notify(lines.map(channelOf))).catch(() => undefined);
  };

  const sendLine = async (session: Session, line: string, part: readonly Waiting[]): Promise<void> => {
    try {
      const inserted = session.execute(insertion(line, part, longest));
      tell(session, [line]);
      answer(part, await inserted);
    } catch (error) {
      fail(part, error);
    }
  };

  const fail = (part: readonly Waiting[], error: unknown): void => {
    const unroutable = sqlState(error) === UNDEFINED_TABLE;
    if (!unroutable) log.warn({ err: error, messages: part.length }, 'publishing: unknown');
    for (const { settle } of part) settle(unroutable ? 'unroutable' : 'unknown');
  };

  const flush = async (lane: KeptSession, group: readonly Waiting[]): Promise<void> => {
    let session: Session;
    try {
      session = await lane.get();
    } catch (error) {
      fail(group, error);
      return;
    }
    const parts = byLine(group);
    const [first, ...others] = parts;
    if (first !== undefined && others.length === 0) {
      await sendLine(session, ...first);
      return;
    }
    try {
      const counts = await session.transaction((transaction) =>
        Promise.all(parts.map(([line, part]) => transaction.execute(insertion(line, part, longest)))),
      );
      tell(
        session,
        parts.map(([line]) => line),
      );
      parts.forEach(([, part], index) => {
        answer(part, counts[index] ?? 0);
      });
    } catch (error) {
      if (error instanceof Unavailable) fail(group, error);
      // Surely rolled back: a line that is not there must not stop the others.
      else for (const [line, part] of parts) await sendLine(session, line, part);
    }
  };

  /** Lines that a lane is writing to: the other leaves them alone, so that a line keeps the order of publishing. */
  const busy = new Set<string>();

  /** The next group: the first that wait, of lines that nobody is writing to. */
  const take = (): Waiting[] => {
    const group: Waiting[] = [];
    const left: Waiting[] = [];
    const now = performance.now();
    let bytes = 0;
    let enough = false;
    for (const one of waiting) {
      if (!enough && group.length > 0 && bytes + one.message.body.length > GROUP.bytes) enough = true;
      if (enough || busy.has(one.line)) {
        left.push(one);
      } else if (one.untilMs < now) {
        one.settle('unknown');
      } else {
        group.push(one);
        bytes += one.message.body.length;
        enough = group.length === GROUP.messages;
      }
    }
    waiting = left;
    return group;
  };

  const pump = (): void => {
    for (let lane = idle.pop(); lane !== undefined; lane = idle.pop()) {
      const used = lane;
      const group = take();
      if (group.length === 0) {
        idle.push(used);
        return;
      }
      const taken = new Set(group.map(({ line }) => line));
      for (const line of taken) busy.add(line);
      void flush(used, group).finally(() => {
        for (const line of taken) busy.delete(line);
        idle.push(used);
        pump();
      });
    }
  };
  let pumping = false;

  return {
    send: (message, untilMs) =>
      new Promise((settle) => {
        waiting.push({ message, line: lineFor(message), untilMs, settle });
        if (pumping) return;
        pumping = true;
        // After the caller's turn, so that what he publishes together travels together.
        queueMicrotask(() => {
          pumping = false;
          pump();
        });
      }),
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
