/**
 * What one platform keeps: every byte it sent, every answer and notification with whether the bank's signature held, what its users did in
 * their browsers, and what it expected of each number. It grows in a file, so that half an hour of load costs no memory; whoever judges
 * reads it event by event.
 */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/**
 * What a number must come to. `gateway:<code>`: refused at the counter, and claims nothing. `refused:<code>`: the books refuse it. `conflict`:
 * another content of the number was sent too, and only one of them may be done.
 */
export type Expected = 'success' | 'any' | `refused:${string}` | `gateway:${string}` | 'conflict';

export type HistoryEvent =
  /** A content of a number is about to be sent for the first time. */
  | { readonly t: 'meant'; readonly no: string; readonly digest: string; readonly expected: Expected }
  | {
      readonly t: 'sent';
      readonly id: number;
      readonly at: number;
      readonly no: string;
      readonly service: string;
      readonly path: string;
      readonly body: string;
      readonly accept?: string;
    }
  /** JSON that answered `id`; `verified` is whether the bank's signature over these bytes held. */
  | {
      readonly t: 'answered';
      readonly id: number;
      readonly at: number;
      readonly http: number;
      readonly text: string;
      readonly verified: boolean;
    }
  /** HTML answered `id`; `opened` is whether it is the page of its number, to be approved or waited on. */
  | { readonly t: 'shown'; readonly id: number; readonly at: number; readonly http: number; readonly opened: boolean }
  | { readonly t: 'nothing'; readonly id: number; readonly at: number; readonly why: string }
  /** What a browser did at the bank, with the cookie it had. */
  | {
      readonly t: 'browsed';
      readonly at: number;
      readonly no: string;
      readonly method: string;
      readonly url: string;
      readonly cookie: string;
      readonly body: string;
    }
  /** A user's way through the pages ended with the signed CALLBACK. */
  | {
      readonly t: 'callback';
      readonly at: number;
      readonly no: string;
      readonly text: string;
      readonly verified: boolean;
    }
  /** A notification that came in, and whether the endpoint took it. */
  | {
      readonly t: 'told';
      readonly at: number;
      readonly service: string;
      readonly text: string;
      readonly verified: boolean;
      readonly taken: boolean;
    };

export interface History {
  readonly platformNo: string;
  readonly file: string;
  /** A number for the next message that is sent. */
  nextId(): number;
  add(event: HistoryEvent): void;
  /** Everything so far, in order. */
  events(): AsyncIterable<HistoryEvent>;
  /** Writes what is left, and closes the file; it can still be read. */
  close(): Promise<void>;
}

const FLUSH_MS = 250;
const MOST_WAITING = 500;

/** Opens an empty history in a file. What cannot be written ends the run: a judge without a history would find nothing. */
export async function openHistory(platformNo: string, file: string): Promise<History> {
  const handle = await open(file, 'w', 0o600);
  let waiting: string[] = [];
  let writing: Promise<void> = Promise.resolve();
  let ids = 0;
  const flush = (): Promise<void> => {
    if (waiting.length === 0) return writing;
    const text = waiting.join('');
    waiting = [];
    writing = writing.then(async () => void (await handle.appendFile(text)));
    return writing;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  timer.unref();
  return {
    platformNo,
    file,
    nextId: () => (ids += 1),
    add: (event) => {
      waiting.push(`${JSON.stringify(event)}\n`);
      if (waiting.length >= MOST_WAITING) void flush();
    },
    async *events() {
      await flush();
      yield* readHistory(file);
    },
    close: async () => {
      clearInterval(timer);
      await flush();
      await handle.close();
    },
  };
}

/** Reads a history's file. */
export async function* readHistory(file: string): AsyncIterable<HistoryEvent> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
  for await (const line of lines) if (line !== '') yield JSON.parse(line) as HistoryEvent;
}

/** The fields of a form that was sent, with its reqData read. */
export function readBody(body: string): {
  readonly service: string;
  readonly reqData: Readonly<Record<string, unknown>>;
} {
  const form = new URLSearchParams(body);
  return {
    service: form.get('serviceName') ?? '',
    reqData: JSON.parse(form.get('reqData') ?? '{}') as Record<string, unknown>,
  };
}
