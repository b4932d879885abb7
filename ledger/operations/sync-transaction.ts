/** SYNC_TRANSACTION 单笔交易: one confirmed trade (trade/decide.ts). */
import { isRejection } from '../../contract/codes.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { decideTrade, followTrade, readsOfTrade } from './trade/decide.ts';

export const syncTransaction: Operation<'SYNC_TRANSACTION'> = {
  /** Queries of a trade need its commission, not its other details. */
  kept: ({ service, request }) => ({
    service,
    request: { ...request, details: request.details.filter(({ bizType }) => bizType === 'COMMISSION') },
  }),
  reads: ({ act }) => readsOfTrade(act.request),
  follow: ({ act }, book) => followTrade(act.request, book),

  decide(instruction, book) {
    const effect = decideTrade(instruction.act.request, book, instruction);
    return isRejection(effect) ? effect : decided({ answer: success(), ...effect });
  },
};
