/** The records of QUERY_TRANSACTION that are of payments and freezes, each with the fields and the order of the protocol's table (section 4). */
import type { PlatformAct } from '../../contract/internal/instruction.ts';
import type { Fields } from '../../contract/internal/reply.ts';
import { minus, ZERO } from '../../contract/money.ts';
import { numberOf } from '../accounts.ts';
import type { Book } from '../book.ts';
import { fieldsOf } from '../operations/answers.ts';
import { type InstructionRow, remainder } from '../rows.ts';
import { errorOf, statusOf, time } from './record.ts';

export function rechargeRecord(instruction: InstructionRow, act: PlatformAct, book: Book): Fields | undefined {
  if (act.service !== 'RECHARGE') return undefined;
  const { request } = act;
  const row = book.recharges.get(request.requestNo);
  return fieldsOf({
    amount: request.amount,
    platformUserNo: request.platformUserNo,
    createTime: time(instruction.receivedAt),
    transactionTime: time(row?.transactionTime),
    status: row?.status ?? statusOf(instruction),
    rechargeWay: request.rechargeWay,
    payCompany: row?.payCompany,
    payCompanyRequestNo: row?.payCompanyRequestNo,
    refundAmount: row?.refunded,
    ...(row === undefined ? errorOf(instruction) : { errorCode: row.errorCode, errorMessage: row.errorMessage }),
    channelErrorCode: row?.channelErrorCode,
    channelErrorMessage: row?.channelErrorMessage,
  });
}

export function withdrawalRecord(instruction: InstructionRow, act: PlatformAct, book: Book): Fields | undefined {
  if (act.service !== 'WITHDRAW') return undefined;
  const { request } = act;
  const row = book.withdrawals.get(request.requestNo);
  return fieldsOf({
    amount: request.amount,
    commission: request.commission ?? ZERO,
    platformUserNo: request.platformUserNo,
    createTime: time(instruction.receivedAt),
    transactionTime: time(row?.transactionTime),
    remitTime: time(row?.remitTime),
    completedTime: time(row?.completedTime),
    status: row?.status ?? statusOf(instruction),
    bankcardNo: row?.bankcard.masked.slice(-4),
    withdrawForm: request.withdrawForm ?? 'IMMEDIATE',
    backRollStatus: row?.backRollStatus,
    remitType: row?.remitType,
    withdrawWay: request.withdrawType ?? 'NORMAL',
    floatAmount: row?.floatAmount,
    failReason: row === undefined ? instruction.answer.errorMessage : row.failReason,
  });
}

/** FREEZED while something of it is reserved, UNFREEZED when nothing is. */
export function freezeRecord(instruction: InstructionRow, act: PlatformAct, book: Book): Fields | undefined {
  if (act.service !== 'FREEZE') return undefined;
  const { request } = act;
  const hold = book.holds.get(request.requestNo);
  const frozen = hold !== undefined && remainder(hold) > 0n ? 'FREEZED' : 'UNFREEZED';
  return fieldsOf({
    platformUserNo: request.platformUserNo,
    requestNo: request.requestNo,
    amount: request.amount,
    unfreezeAmount: hold === undefined ? ZERO : minus(hold.amount, remainder(hold)),
    status: hold === undefined ? statusOf(instruction) : frozen,
    createTime: time(instruction.receivedAt),
    transactionTime: time(hold?.createdAt),
    ...errorOf(instruction),
  });
}

export function unfreezeRecord(instruction: InstructionRow, act: PlatformAct, book: Book): Fields | undefined {
  if (act.service !== 'UNFREEZE') return undefined;
  const { request } = act;
  const hold = book.holds.get(request.originalFreezeRequestNo);
  return fieldsOf({
    platformUserNo: hold === undefined ? request.platformUserNo : numberOf(hold.account),
    requestNo: request.requestNo,
    originalFreezeRequestNo: request.originalFreezeRequestNo,
    amount: request.amount,
    unfreezeAmount: instruction.state === 'DONE' ? request.amount : ZERO,
    status: statusOf(instruction),
    createTime: time(instruction.receivedAt),
    transactionTime: time(instruction.endedAt),
    ...errorOf(instruction),
  });
}

export function interceptionRecord(instruction: InstructionRow, act: PlatformAct): Fields | undefined {
  if (act.service !== 'INTERCEPT_WITHDRAW') return undefined;
  return fieldsOf({
    requestNo: act.request.requestNo,
    withdrawRequestNo: act.request.withdrawRequestNo,
    createTime: time(instruction.receivedAt),
    completedTime: time(instruction.endedAt),
    status: statusOf(instruction),
    ...errorOf(instruction),
  });
}

export function adjustmentRecord(instruction: InstructionRow, act: PlatformAct): Fields | undefined {
  if (act.service !== 'ADJUST_URGENT_BALANCE') return undefined;
  const { lastAmount, newestAmount } = instruction.answer.fields;
  return fieldsOf({
    requestNo: act.request.requestNo,
    accountAdjustType: act.request.adjustType,
    adjustAmount: act.request.amount,
    lastAmount,
    newestAmount,
    status: statusOf(instruction),
    createTime: time(instruction.receivedAt),
    transactionTime: time(instruction.endedAt),
    ...errorOf(instruction),
  });
}
