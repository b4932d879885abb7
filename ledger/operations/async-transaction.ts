/**
 * ASYNC_TRANSACTION 批量交易: many trades in one message. Accepting it claims its number and its items' numbers in one commit and answers;
 * each item is then decided as an instruction of its own (batch-item.ts), between lone instructions. A number that is taken, before or in
 * this very batch, is refused for its item alone.
 */
import { reject } from '../../contract/codes.ts';
import type { SyncTransaction } from '../../contract/requests/sync-transaction.ts';
import { instructionKey } from '../book.ts';
import type { Work } from '../decision.ts';
import type { InstructionOf, Operation } from '../operation.ts';
import type { InstructionRow } from '../rows.ts';
import { decided, inProgress, success } from './answers.ts';
import { itemTold } from './batch-item.ts';
import { keptTrade } from './sync-transaction.ts';

export const asyncTransaction: Operation<'ASYNC_TRANSACTION'> = {
  reads: ({ act }) => ({ instructions: act.request.bizDetails.map(({ requestNo }) => requestNo) }),

  decide(instruction, book) {
    const { request } = instruction.act;
    const taken = new Set([request.requestNo]);
    const instructions: InstructionRow[] = [];
    const work: Work[] = [];
    const results = request.bizDetails.flatMap((item, index) => {
      const { requestNo } = item;
      if (taken.has(requestNo) || book.instructions.get(instructionKey('PLATFORM', requestNo)) !== undefined)
        return [repeated(instruction, item, index)];
      taken.add(requestNo);
      instructions.push(accepted(instruction, item));
      work.push({
        origin: 'PLATFORM',
        number: requestNo,
        act: { service: 'BATCH_ITEM', batchNo: request.requestNo, request: item },
      });
      return [];
    });
    return decided({ answer: success({ batchNo: request.requestNo }), changes: { instructions }, work, results });
  },
};

type Batch = InstructionOf<'ASYNC_TRANSACTION'>;

/** The claim of an item, which is a trade like any other, and waits. */
const accepted = ({ digest, messageId, receivedAt }: Batch, item: SyncTransaction): InstructionRow => ({
  origin: 'PLATFORM',
  number: item.requestNo,
  service: 'SYNC_TRANSACTION',
  digest,
  messageId,
  state: 'OPEN',
  answer: inProgress(),
  act: keptTrade({ service: 'SYNC_TRANSACTION', request: item }),
  receivedAt,
});

/** It says nothing about who has the number, which may be at work still. */
function repeated({ platformNo, number, receivedAt }: Batch, item: SyncTransaction, index: number) {
  const told = itemTold({ platformNo, item, at: receivedAt }, reject('100013'));
  return { ...told, event: `${number}:${index}:REPEATED`, ended: false };
}
