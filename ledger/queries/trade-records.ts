/** The records of QUERY_TRANSACTION that are of trades, each with the fields and the order of the protocol's table (section 4). */
import type { PlatformAct } from '../../contract/internal/instruction.ts';
import type { Fields } from '../../contract/internal/reply.ts';
import { sum, ZERO } from '../../contract/money.ts';
import { numberOf } from '../accounts.ts';
import type { Book } from '../book.ts';
import { fieldsOf } from '../operations/answers.ts';
import { type InstructionRow, remainder } from '../rows.ts';
import { errorOf, statusOf, time } from './record.ts';

/** INIT while the page waits, FREEZED while something is reserved, UNFREEZED when all was confirmed or cancelled. */
export function preTransactionRecord(instruction: InstructionRow, act: PlatformAct, book: Book): Fields | undefined {
  if (
    act.service !== 'USER_PRE_TRANSACTION' &&
    act.service !== 'USER_AUTO_PRE_TRANSACTION' &&
    act.service !== 'FREEZE_PRE_TRANSACTION'
  )
    return undefined;
  const { request } = act;
  const hold = book.holds.get(request.requestNo);
  const frozen = hold !== undefined && remainder(hold) > 0n ? 'FREEZED' : 'UNFREEZED';
  return fieldsOf({
    bizType: request.bizType,
    platformUserNo: request.platformUserNo ?? (hold === undefined ? undefined : numberOf(hold.account)),
    freezeAmount: hold?.amount ?? ZERO,
    unfreezeAmount: hold?.captured ?? ZERO,
    cancelAmount: hold?.released ?? ZERO,
    status: hold === undefined ? statusOf(instruction) : frozen,
    createTime: time(instruction.receivedAt),
    transactionTime: time(hold?.createdAt),
    ...errorOf(instruction),
  });
}

export function tradeRecord(instruction: InstructionRow, act: PlatformAct): Fields | undefined {
  if (act.service !== 'SYNC_TRANSACTION') return undefined;
  const { request } = act;
  return fieldsOf({
    projectNo: request.projectNo,
    confirmTradeType: request.tradeType,
    requestNo: request.requestNo,
    commission: sum(request.details.filter(({ bizType }) => bizType === 'COMMISSION').map(({ amount }) => amount)),
    status: statusOf(instruction),
    createTime: time(instruction.receivedAt),
    transactionTime: time(instruction.endedAt),
    ...errorOf(instruction),
  });
}

export function cancellationRecord(instruction: InstructionRow, act: PlatformAct): Fields | undefined {
  if (act.service !== 'CANCEL_PRE_TRANSACTION') return undefined;
  const { request } = act;
  return fieldsOf({
    requestNo: request.requestNo,
    preTransactionNo: request.preTransactionNo,
    amount: request.amount,
    status: statusOf(instruction),
    createTime: time(instruction.receivedAt),
    transactionTime: time(instruction.endedAt),
    ...errorOf(instruction),
  });
}

/** A sale that was refused never was on sale: FAIL, with the error. */
export function saleRecord(instruction: InstructionRow, act: PlatformAct, book: Book): Fields | undefined {
  if (act.service !== 'DEBENTURE_SALE') return undefined;
  const { request } = act;
  const sale = book.sales.get(request.requestNo);
  return fieldsOf({
    platformUserNo: request.platformUserNo,
    projectNo: request.projectNo,
    saleShare: request.saleShare,
    preSalingShare: sale?.preSalingShare ?? ZERO,
    confirmedShare: sale?.confirmedShare ?? ZERO,
    status: sale?.status ?? statusOf(instruction),
    createTime: time(instruction.receivedAt),
    transactionTime: time(instruction.endedAt),
    completedTime: time(sale?.endedAt),
    ...errorOf(instruction),
  });
}
