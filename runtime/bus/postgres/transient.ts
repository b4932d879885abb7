/**
 * Replies and questions on PostgreSQL: rows of unlogged tables, with one notification per group and instance. All of it may be lost; none of
 * it may block who sends it. What nobody takes is forgotten after a minute.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { inTime } from '../../postgres/closing.ts';
import { KeptSession } from '../../postgres/kept.ts';
import type { Session } from '../../postgres/session.ts';
import type { Question, Subscription, TransientReply } from '../port.ts';
import {
  forgetTransient,
  insertQuestions,
  insertReplies,
  notify,
  type ReplyRow,
  takeQuestions,
  takeReplies,
} from './statements.ts';

/** A reply is an answer to somebody who waits, not a file: both implementations drop what is larger, alike. */
export const LARGEST_REPLY_BYTES = 1024 * 1024;
/** What waits to be sent; more is dropped. */
const WAITING = { messages: 10_000, bytes: 32 * 1024 * 1024 };
const GROUP = 200;
const QUESTIONS = 16;
const FORGET_MS = 60_000;
const FORGET_EVERY_MS = 10_000;
const AGAIN_MS = { first: 100, most: 2_000 };
const QUESTION_CHANNEL = 'qianzhi_question';
const replyChannel = (address: string): string => `qianzhi_reply_${address}`;

interface OutgoingReply extends TransientReply {
  readonly address: string;
}

export interface Transient {
  reply(address: string, replies: readonly TransientReply[]): void;
  onReply(take: (reply: TransientReply) => void): void;
  ask(body: string): boolean;
  serve(answer: (question: Question) => Promise<void>): Promise<Subscription>;
  readonly listening: boolean;
  close(): Promise<void>;
}

/** Sends what gathers, group by group, on one session. */
class Mouth {
  readonly #session: KeptSession;
  readonly #replies: OutgoingReply[] = [];
  readonly #questions: string[] = [];
  #bytes = 0;
  #sending: Promise<void> | undefined;

  constructor(session: KeptSession) {
    this.#session = session;
  }

  #fits(bytes: number): boolean {
    const messages = this.#replies.length + this.#questions.length;
    return messages < WAITING.messages && this.#bytes + bytes <= WAITING.bytes;
  }

  say(reply: OutgoingReply): boolean {
    if (!this.#fits(reply.body.length)) return false;
    this.#bytes += reply.body.length;
    this.#replies.push(reply);
    this.#start();
    return true;
  }

  ask(body: string): boolean {
    if (!this.#session.alive) {
      // Surely not sent; the next may find it open again.
      this.#session.get().catch(() => undefined);
      return false;
    }
    if (!this.#fits(body.length)) return false;
    this.#bytes += body.length;
    this.#questions.push(body);
    this.#start();
    return true;
  }

  #start(): void {
    this.#sending ??= Promise.resolve()
      .then(() => this.#send())
      .finally(() => {
        this.#sending = undefined;
      });
  }

  async #send(): Promise<void> {
    while (this.#replies.length + this.#questions.length > 0) {
      const replies = this.#replies.splice(0, GROUP);
      const questions = this.#questions.splice(0, GROUP);
      for (const { body } of replies) this.#bytes -= body.length;
      for (const body of questions) this.#bytes -= body.length;
      try {
        const session = await this.#session.get();
        const channels = [...new Set(replies.map(({ address }) => replyChannel(address)))];
        if (questions.length > 0) channels.push(QUESTION_CHANNEL);
        await Promise.all([
          replies.length > 0 ? session.execute(insertReplies(replies)) : undefined,
          questions.length > 0 ? session.execute(insertQuestions(questions)) : undefined,
          session.execute(notify(channels)),
        ]);
      } catch {
        // At most once: what could not be said is not said again.
      }
    }
  }

  async idle(): Promise<void> {
    await this.#sending;
  }
}

/** Takes something again and again: as often as it is asked to, but never twice at once. */
function repeated(act: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  return () => {
    again = true;
    if (running) return;
    running = true;
    void (async () => {
      while (again) {
        again = false;
        await act().catch(() => undefined);
      }
      running = false;
    })();
  };
}

/** Opens the transient half of the bus for one instance. Throws `Unavailable` when the database is away. */
export async function openTransient(open: () => Promise<Session>, address: string, log: Log): Promise<Transient> {
  const stopped = new AbortController();
  const sending = new KeptSession(open);
  const mouth = new Mouth(sending);
  let takeReply: (reply: TransientReply) => void = () => undefined;
  let answerQuestion: ((question: Question) => Promise<void>) | undefined;
  let answering = 0;
  let session: Session;

  const hearReplies = repeated(async () => {
    for (const row of await session.rows<ReplyRow>(takeReplies(address)))
      takeReply({ correlationId: row.correlation_id, body: row.body });
  });
  const hearQuestions = repeated(async () => {
    while (answerQuestion !== undefined && answering < QUESTIONS) {
      const rows = await session.rows<{ body: string }>(takeQuestions(QUESTIONS - answering));
      if (rows.length === 0) return;
      for (const { body } of rows) {
        answering++;
        answerQuestion({ body })
          .catch((error: unknown) => log.warn({ err: error }, 'bus: a question was not answered'))
          .finally(() => {
            answering--;
            hearQuestions();
          });
      }
    }
  });
  const listen = async (): Promise<void> => {
    session = await open();
    await session.listen(replyChannel(address), hearReplies);
    if (answerQuestion !== undefined) await session.listen(QUESTION_CHANNEL, hearQuestions);
  };
  await Promise.all([listen(), sending.get()]);

  const keep = async (): Promise<void> => {
    let waitMs = AGAIN_MS.first;
    for (;;) {
      await session.lost;
      if (stopped.signal.aborted) return;
      try {
        await listen();
        if (stopped.signal.aborted) await session.close();
        waitMs = AGAIN_MS.first;
        hearReplies();
        hearQuestions();
      } catch {
        await session.close();
        await sleep(waitMs, undefined, { signal: stopped.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, AGAIN_MS.most);
      }
    }
  };
  const kept = keep();
  // Also proves that a silent connection lives.
  const forget = setInterval(() => {
    session.execute(forgetTransient(FORGET_MS)).catch(() => session.close());
  }, FORGET_EVERY_MS);

  return {
    reply: (to, replies) => {
      for (const reply of replies) {
        if (reply.body.length > LARGEST_REPLY_BYTES || !mouth.say({ address: to, ...reply }))
          log.warn({ correlationId: reply.correlationId, bytes: reply.body.length }, 'bus: a reply was dropped');
      }
    },
    onReply: (take) => {
      takeReply = take;
    },
    ask: (body) => mouth.ask(body),
    serve: async (answer) => {
      answerQuestion = answer;
      await session.listen(QUESTION_CHANNEL, hearQuestions);
      hearQuestions();
      return {
        close: async () => {
          answerQuestion = undefined;
          while (answering > 0) await sleep(10);
        },
      };
    },
    get listening() {
      return session.alive;
    },
    close: async () => {
      stopped.abort();
      clearInterval(forget);
      await inTime(mouth.idle());
      await sending.close();
      await session.close();
      await kept;
    },
  };
}
