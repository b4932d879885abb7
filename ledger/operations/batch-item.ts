/**
 * One trade of a batch: decided as the trade it is, on the books as they are when it is its turn. How it ends is told to the platform, item by
 * item (protocol section 3).
 */
import { isRejection, type Rejection } from '../../contract/codes.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import type { SyncTransaction } from '../../contract/requests/sync-transaction.ts';
import { formatTimestamp } from '../../contract/time.ts';
import type { InstructionOf, Operation } from '../operation.ts';
import { decided, failure, success, told } from './answers.ts';
import { decideTrade } from './trade/decide.ts';
import { followTrade, readsOfTrade } from './trade/reads.ts';

type Item = InstructionOf<'BATCH_ITEM'>;

export const batchItem: Operation<'BATCH_ITEM'> = {
  accepted: true,
  reads: ({ act }) => readsOfTrade(act.request),
  follow: ({ act }, book) => followTrade(act.request, book),

  decide(instruction, book) {
    const effect = decideTrade(instruction.act.request, book, instruction);
    return isRejection(effect)
      ? effect
      : decided({ answer: success(), ...effect, results: [itemTold(aboutOf(instruction))] });
  },
};

interface About {
  readonly platformNo: string;
  readonly item: SyncTransaction;
  /** Epoch milliseconds. */
  readonly at: number;
}
const aboutOf = ({ platformNo, act, receivedAt }: Item): About => ({ platformNo, item: act.request, at: receivedAt });

/** What a platform is told of an item: how it ended, and why when it was refused. */
export function itemTold({ platformNo, item, at }: About, refusal?: Rejection): ResultMessage {
  const { requestNo, tradeType } = item;
  const state = refusal === undefined ? 'SUCCESS' : 'FAIL';
  const fields = {
    asyncRequestNo: requestNo,
    bizType: tradeType,
    bizOrigin: 'DISPERSION',
    createTime: formatTimestamp(at),
    transactionTime: formatTimestamp(at),
    status: state,
  };
  const answer = refusal === undefined ? success(fields) : failure(refusal, fields);
  return told({ platformNo, requestNo, serviceName: 'ASYNC_TRANSACTION' }, state, at, answer);
}

/** What a refused item tells. */
export const itemRefused = (instruction: Item, rejection: Rejection): ResultMessage =>
  itemTold(aboutOf(instruction), rejection);
