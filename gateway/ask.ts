/** Queries: asked of any living ledger process, answered by a reply, claiming nothing; at most once, so a lost one is a timeout. */
import { encode } from '../contract/internal/codec.ts';
import type { Answer, QueryMessage } from '../contract/internal/reply.ts';
import type { Bus } from '../runtime/bus/port.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Waiters } from './waiting.ts';

/** `full`: surely not asked. */
export type Ask = (
  platformNo: string,
  query: QueryMessage['query'],
  options: { readonly waitMs: number },
) => Promise<Answer | 'timeout' | 'full'>;

/** Correlation ids of questions begin with this, so that they are never taken for an instruction's. */
export const QUESTION = 'q-';

export function openAsk(bus: Pick<Bus, 'address' | 'ask'>, waiters: Waiters): Ask {
  return async (platformNo, query, { waitMs }) => {
    const correlationId = `${QUESTION}${uuidv7()}`;
    const waiting = waiters.expect(correlationId, platformNo, waitMs);
    const message: QueryMessage = { version: 1, platformNo, query, replyTo: { address: bus.address, correlationId } };
    if (bus.ask(platformNo, encode(message))) return waiting.answer;
    waiting.cancel();
    return 'full';
  };
}
