/** SYNC_TRANSACTION 单笔交易: one confirmed trade (trade/decide.ts). */
import { isRejection } from '../../contract/codes.ts';
import type { ActOf } from '../../contract/internal/instruction.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { decideTrade } from './trade/decide.ts';
import { followTrade, readsOfTrade } from './trade/reads.ts';

/** Queries of a trade need its commission, not its other details. */
export const keptTrade = ({ service, request }: ActOf<'SYNC_TRANSACTION'>): ActOf<'SYNC_TRANSACTION'> => ({
  service,
  request: { ...request, details: request.details.filter(({ bizType }) => bizType === 'COMMISSION') },
});

export const syncTransaction: Operation<'SYNC_TRANSACTION'> = {
  kept: keptTrade,
  reads: ({ act }) => readsOfTrade(act.request),
  follow: ({ act }, book) => followTrade(act.request, book),

  decide(instruction, book) {
    const effect = decideTrade(instruction.act.request, book, instruction);
    return isRejection(effect) ? effect : decided({ answer: success(), ...effect });
  },
};
