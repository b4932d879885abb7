/** Questions: any ledger process answers any of them, from one snapshot of the books, and changes nothing. */
import { encode } from '../contract/internal/codec.ts';
import type { Answer, QueryMessage, ReplyMessage } from '../contract/internal/reply.ts';
import type { Bus, Question } from '../runtime/bus/port.ts';
import type { Database } from '../runtime/postgres/database.ts';
import { Book } from './book.ts';
import type { Reads } from './decision.ts';
import { load, loadPlatforms } from './load.ts';
import { readQuestion } from './messages.ts';

/** The queries, as the shell sees them. */
export interface Queries {
  reads(question: QueryMessage): Reads;
  follow(question: QueryMessage, book: Book): Reads;
  answer(question: QueryMessage, book: Book): Answer;
}

/** Answers a question from the books as they are committed. Throws `Unavailable`. */
export function answerFrom(
  database: Pick<Database, 'transaction'>,
  queries: Queries,
  question: QueryMessage,
): Promise<Answer> {
  return database.transaction(
    async (transaction) => {
      const book = new Book(question.platformNo);
      await loadPlatforms(transaction, [book]);
      if (book.platform !== undefined) {
        await load(transaction, [[book, queries.reads(question)]]);
        await load(transaction, [[book, queries.follow(question, book)]]);
      }
      return queries.answer(question, book);
    },
    { isolation: 'repeatable read', readOnly: true },
  );
}

/** What the bus's `serve` calls for each question: the answer goes to who asked. */
export function openAnswering(
  database: Pick<Database, 'transaction'>,
  queries: Queries,
  reply: Bus['reply'],
): (question: Question) => Promise<void> {
  return async ({ body }) => {
    const question = readQuestion(body);
    const answer = await answerFrom(database, queries, question);
    const { address, correlationId } = question.replyTo;
    const message: ReplyMessage = { version: 1, correlationId, platformNo: question.platformNo, answer };
    reply(address, [{ correlationId, body: encode(message) }]);
  };
}
