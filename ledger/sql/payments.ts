/** Recharges 充值 and withdrawals 提现. */
import type { ErrorCode } from '../../contract/codes.ts';
import type { Fen } from '../../contract/money.ts';
import type { Sealed } from '../../contract/sealed.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { RechargeRow, WithdrawalRow } from '../rows.ts';
import { isoTime, present, records, texts } from './columns.ts';

interface PaymentRecord {
  readonly platform_no: string;
  readonly request_no: string;
  readonly platform_user_no: string;
  readonly amount: Fen;
  readonly commission: Fen;
  readonly order_id: string | null;
  readonly pay_company: string | null;
  readonly pay_company_request_no: string | null;
  readonly lot: string | null;
  readonly created_at: Date;
  readonly transaction_time: Date | null;
}

export interface RechargeRecord extends PaymentRecord {
  readonly recharge_way: string;
  readonly status: RechargeRow['status'];
  readonly advance_trade_type: 'TENDER' | null;
  readonly advance_amount: Fen | null;
  readonly advance_project_no: string | null;
  readonly advance_used_by: string | null;
  readonly refunded: Fen | null;
  readonly refunded_commission: Fen | null;
  readonly error_code: ErrorCode | null;
  readonly error_message: string | null;
  readonly channel_error_code: string | null;
  readonly channel_error_message: string | null;
}

export interface WithdrawalRecord extends PaymentRecord {
  readonly withdraw_form: WithdrawalRow['withdrawForm'];
  readonly withdraw_type: WithdrawalRow['withdrawType'];
  readonly remit_type: WithdrawalRow['remitType'];
  readonly float_amount: Fen;
  readonly status: WithdrawalRow['status'];
  readonly back_roll_status: NonNullable<WithdrawalRow['backRollStatus']> | null;
  readonly bankcard: Sealed;
  readonly fail_reason: string | null;
  readonly remit_time: Date | null;
  readonly completed_time: Date | null;
}

const time = (date: Date | null): number | undefined => date?.getTime();

const payment = (row: PaymentRecord) => ({
  requestNo: row.request_no,
  platformUserNo: row.platform_user_no,
  amount: row.amount,
  commission: row.commission,
  createdAt: row.created_at.getTime(),
  ...present({
    orderId: row.order_id,
    payCompany: row.pay_company,
    payCompanyRequestNo: row.pay_company_request_no,
    lot: row.lot,
    transactionTime: time(row.transaction_time),
  }),
});

const paymentRecord = (row: (RechargeRow | WithdrawalRow) & { readonly platformNo: string }) => ({
  platform_no: row.platformNo,
  request_no: row.requestNo,
  platform_user_no: row.platformUserNo,
  amount: row.amount,
  commission: row.commission,
  status: row.status,
  order_id: row.orderId,
  pay_company: row.payCompany,
  pay_company_request_no: row.payCompanyRequestNo,
  lot: row.lot,
  created_at: isoTime(row.createdAt),
  transaction_time: isoTime(row.transactionTime),
});

export const selectRecharges = (platformNos: readonly string[], requestNos: readonly string[]): Statement => sql`
  select platform_no, request_no, platform_user_no, amount, commission, recharge_way, status, order_id, pay_company,
    pay_company_request_no, lot, advance_trade_type, advance_amount, advance_project_no, advance_used_by, refunded, refunded_commission,
    error_code, error_message, channel_error_code, channel_error_message, created_at, transaction_time
  from unnest(${texts(platformNos)}::text[], ${texts(requestNos)}::text[]) as wanted (platform_no, request_no)
  join ledger.recharge using (platform_no, request_no)`;

export const toRecharge = (row: RechargeRecord): RechargeRow => ({
  ...payment(row),
  rechargeWay: row.recharge_way,
  status: row.status,
  ...advanceOf(row),
  ...present({
    refunded: row.refunded,
    refundedCommission: row.refunded_commission,
    advanceUsedBy: row.advance_used_by,
    errorCode: row.error_code,
    errorMessage: row.error_message,
    channelErrorCode: row.channel_error_code,
    channelErrorMessage: row.channel_error_message,
  }),
});

function advanceOf(row: RechargeRecord): Pick<RechargeRow, 'advance'> {
  const { advance_trade_type: tradeType, advance_amount: amount, advance_project_no: projectNo } = row;
  return tradeType === null || amount === null || projectNo === null
    ? {}
    : { advance: { tradeType, amount, projectNo } };
}

export const upsertRecharges = (rows: readonly (RechargeRow & { readonly platformNo: string })[]): Statement => sql`
  insert into ledger.recharge (platform_no, request_no, platform_user_no, amount, commission, recharge_way, status, order_id, pay_company,
    pay_company_request_no, lot, advance_trade_type, advance_amount, advance_project_no, advance_used_by, refunded, refunded_commission,
    error_code, error_message, channel_error_code, channel_error_message, created_at, transaction_time)
  select platform_no, request_no, platform_user_no, amount, commission, recharge_way, status, order_id, pay_company,
    pay_company_request_no, lot, advance_trade_type, advance_amount, advance_project_no, advance_used_by, refunded, refunded_commission,
    error_code, error_message, channel_error_code, channel_error_message, created_at, transaction_time
  from json_populate_recordset(null::ledger.recharge, ${records(
    rows.map((row) => ({
      ...paymentRecord(row),
      recharge_way: row.rechargeWay,
      advance_trade_type: row.advance?.tradeType,
      advance_amount: row.advance?.amount,
      advance_project_no: row.advance?.projectNo,
      advance_used_by: row.advanceUsedBy,
      refunded: row.refunded,
      refunded_commission: row.refundedCommission,
      error_code: row.errorCode,
      error_message: row.errorMessage,
      channel_error_code: row.channelErrorCode,
      channel_error_message: row.channelErrorMessage,
    })),
  )}::json)
  on conflict (platform_no, request_no) do update set
    status = excluded.status, order_id = excluded.order_id, pay_company = excluded.pay_company,
    pay_company_request_no = excluded.pay_company_request_no, lot = excluded.lot,
    advance_used_by = excluded.advance_used_by, refunded = excluded.refunded,
    refunded_commission = excluded.refunded_commission, error_code = excluded.error_code,
    error_message = excluded.error_message, channel_error_code = excluded.channel_error_code,
    channel_error_message = excluded.channel_error_message, transaction_time = excluded.transaction_time`;

export const selectWithdrawals = (platformNos: readonly string[], requestNos: readonly string[]): Statement => sql`
  select platform_no, request_no, platform_user_no, amount, commission, withdraw_form, withdraw_type, remit_type, float_amount, status,
    back_roll_status, bankcard, order_id, pay_company, pay_company_request_no, lot, fail_reason, created_at, transaction_time, remit_time,
    completed_time
  from unnest(${texts(platformNos)}::text[], ${texts(requestNos)}::text[]) as wanted (platform_no, request_no)
  join ledger.withdrawal using (platform_no, request_no)`;

export const toWithdrawal = (row: WithdrawalRecord): WithdrawalRow => ({
  ...payment(row),
  withdrawForm: row.withdraw_form,
  withdrawType: row.withdraw_type,
  remitType: row.remit_type,
  floatAmount: row.float_amount,
  status: row.status,
  bankcard: row.bankcard,
  ...present({
    backRollStatus: row.back_roll_status,
    failReason: row.fail_reason,
    remitTime: time(row.remit_time),
    completedTime: time(row.completed_time),
  }),
});

export const upsertWithdrawals = (rows: readonly (WithdrawalRow & { readonly platformNo: string })[]): Statement => sql`
  insert into ledger.withdrawal (platform_no, request_no, platform_user_no, amount, commission, withdraw_form, withdraw_type, remit_type,
    float_amount, status, back_roll_status, bankcard, order_id, pay_company, pay_company_request_no, lot, fail_reason, created_at,
    transaction_time, remit_time, completed_time)
  select platform_no, request_no, platform_user_no, amount, commission, withdraw_form, withdraw_type, remit_type, float_amount, status,
    back_roll_status, bankcard, order_id, pay_company, pay_company_request_no, lot, fail_reason, created_at, transaction_time, remit_time,
    completed_time
  from json_populate_recordset(null::ledger.withdrawal, ${records(
    rows.map((row) => ({
      ...paymentRecord(row),
      withdraw_form: row.withdrawForm,
      withdraw_type: row.withdrawType,
      remit_type: row.remitType,
      float_amount: row.floatAmount,
      back_roll_status: row.backRollStatus,
      bankcard: row.bankcard,
      fail_reason: row.failReason,
      remit_time: isoTime(row.remitTime),
      completed_time: isoTime(row.completedTime),
    })),
  )}::json)
  on conflict (platform_no, request_no) do update set
    remit_type = excluded.remit_type, float_amount = excluded.float_amount, status = excluded.status, bankcard = excluded.bankcard,
    back_roll_status = excluded.back_roll_status, order_id = excluded.order_id, pay_company = excluded.pay_company,
    pay_company_request_no = excluded.pay_company_request_no, lot = excluded.lot, fail_reason = excluded.fail_reason,
    transaction_time = excluded.transaction_time, remit_time = excluded.remit_time, completed_time = excluded.completed_time`;
