/**
 * Canaries: messages that say nothing and are answered by whoever consumes a line, so that somebody can learn whether a line lives from end to
 * end. They travel like business and in its order, but no handler ever sees one: the bus itself takes them out of each batch, and answers
 * once everything before them was handled. One that nobody answers costs its reader nothing when he comes.
 */
import { partitionOf } from '../../contract/topology.ts';
import { familyInto, type Line } from './lines.ts';
import type { Bus, Delivered, Outgoing, Question } from './port.ts';

/** Message ids of business are UUIDs, so none begins like this. */
const MARK = 'canary:';
/** Questions have no id: theirs stands at the beginning of the body, which business writes as JSON of an object. */
const QUESTION = `"${MARK}`;

export const isCanary = ({ messageId }: Pick<Delivered, 'messageId'>): boolean => messageId.startsWith(MARK);

/** A platform's number that leads into a partition; it is nobody's. */
function leadingInto(partition: number): string {
  for (let number = 0; ; number++) {
    const platformNo = `${MARK}${number}`;
    if (partitionOf(platformNo) === partition) return platformNo;
  }
}

/** A canary for a line; it is answered to this address. The correlation id must not be used twice. */
export function canaryFor(line: Line, address: string, correlationId: string): Outgoing {
  return {
    family: familyInto(line.queue),
    platformNo: leadingInto(line.partition),
    messageId: `${MARK}${correlationId}`,
    body: JSON.stringify({ address, correlationId }),
  };
}

/** A canary that nobody answers, only its receipt tells that it arrived. */
export function quietCanaryFor(line: Line, receipt: string): Outgoing {
  return { ...canaryFor(line, '', receipt), body: '{}', receipt };
}

/** The body of a canary among questions. */
export const canaryQuestion = (address: string, correlationId: string): string =>
  `${QUESTION}${address}:${correlationId}"`;

/** Answers a canary; what is none, or wrong, is answered nothing. Never throws. */
export function answerCanary({ messageId, body }: Pick<Delivered, 'messageId' | 'body'>, reply: Bus['reply']): void {
  try {
    const { address, correlationId } = JSON.parse(body) as { address?: unknown; correlationId?: unknown };
    if (typeof address === 'string' && messageId === `${MARK}${String(correlationId)}`)
      reply(address, [{ correlationId: String(correlationId), body: '{}' }]);
  } catch {
    // Nobody waits for what we cannot read.
  }
}

/** A server of questions that also answers canaries. */
export function withCanaries(
  answer: (question: Question) => Promise<void>,
  reply: Bus['reply'],
): (question: Question) => Promise<void> {
  return async (question) => {
    if (!question.body.startsWith(QUESTION)) return answer(question);
    const [address = '', correlationId = ''] = question.body.slice(QUESTION.length, -1).split(':', 2);
    reply(address, [{ correlationId, body: '{}' }]);
  };
}
