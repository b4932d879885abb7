/**
 * QUERY_TRANSACTION 单笔业务查询: what became of one number, as a record of its type. A refused number has a record too, from what was kept of
 * its act. Types whose services are not open have no records (100007).
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import type { TransactionType } from '../../contract/enumerations.ts';
import type { PlatformAct } from '../../contract/internal/instruction.ts';
import type { Fields } from '../../contract/internal/reply.ts';
import { type Book, instructionKey } from '../book.ts';
import { success } from '../operations/answers.ts';
import type { InstructionRow } from '../rows.ts';
import {
  adjustmentRecord,
  freezeRecord,
  interceptionRecord,
  rechargeRecord,
  unfreezeRecord,
  withdrawalRecord,
} from './payment-records.ts';
import type { Query } from './query.ts';
import { cancellationRecord, preTransactionRecord, saleRecord, tradeRecord } from './trade-records.ts';

/** A number's record: of the type, or nothing when the number is of another. */
type RecordOf = (row: InstructionRow, act: PlatformAct, book: Book) => Fields | undefined;

const records: { readonly [T in TransactionType]: RecordOf | 'closed' } = {
  RECHARGE: rechargeRecord,
  WITHDRAW: withdrawalRecord,
  PRETRANSACTION: preTransactionRecord,
  TRANSACTION: tradeRecord,
  CANCEL_PRETRANSACTION: cancellationRecord,
  FREEZE: freezeRecord,
  UNFREEZE: unfreezeRecord,
  DEBENTURE_SALE: saleRecord,
  INTERCEPT_WITHDRAW: interceptionRecord,
  ADJUST_URGENT_BALANCE: adjustmentRecord,
  UPDATE_BANKCARD_AUDIT: 'closed',
};

export const queryTransaction: Query<'QUERY_TRANSACTION'> = {
  reads: ({ requestNo, transactionType }) => ({
    instructions: [requestNo],
    ...(transactionType === 'RECHARGE' ? { recharges: [requestNo] } : {}),
    ...(transactionType === 'WITHDRAW' ? { withdrawals: [requestNo] } : {}),
    ...(transactionType === 'PRETRANSACTION' || transactionType === 'FREEZE' ? { holds: [requestNo] } : {}),
    ...(transactionType === 'DEBENTURE_SALE' ? { sales: [requestNo] } : {}),
  }),

  follow({ requestNo, transactionType }, book) {
    const act = book.instructions.get(instructionKey('PLATFORM', requestNo))?.act;
    return transactionType === 'UNFREEZE' && act?.service === 'UNFREEZE'
      ? { holds: [act.request.originalFreezeRequestNo] }
      : {};
  },

  answer({ requestNo, transactionType }, book): ReturnType<typeof success> | Rejection {
    const recordOf = records[transactionType];
    const row = book.instructions.get(instructionKey('PLATFORM', requestNo));
    if (recordOf === 'closed' || row?.act === undefined) return reject('100007');
    const record = recordOf(row, row.act, book);
    return record === undefined ? reject('100007') : success({ records: [record] });
  },
};
