/** What operators settle by hand: suspense 挂账, refunds 退款, fees 手续费. */
import type { Fen } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { FeeRow, RefundRow, SuspenseRow } from '../rows.ts';
import { isoTime, plainDay, present, records, texts } from './columns.ts';

type Written<Row> = Row & { readonly platformNo: string };

export interface SuspenseRecord {
  readonly platform_no: string;
  readonly source: SuspenseRow['source'];
  readonly number: string;
  readonly amount: Fen;
  readonly lot: string | null;
  readonly status: SuspenseRow['status'];
  readonly platform_user_no: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export const selectSuspenses = (
  platformNos: readonly string[],
  sources: readonly string[],
  suspended: readonly string[],
): Statement => sql`
  select platform_no, source, number, amount, lot, status, platform_user_no, created_at, ended_at
  from unnest(${texts(platformNos)}::text[], ${texts(sources)}::text[], ${texts(suspended)}::text[])
    as wanted (platform_no, source, number)
  join ledger.suspense using (platform_no, source, number)`;

export const toSuspense = (row: SuspenseRecord): SuspenseRow => ({
  source: row.source,
  number: row.number,
  amount: row.amount,
  status: row.status,
  createdAt: row.created_at.getTime(),
  ...present({ lot: row.lot, platformUserNo: row.platform_user_no, endedAt: row.ended_at?.getTime() }),
});

export const upsertSuspenses = (rows: readonly Written<SuspenseRow>[]): Statement => sql`
  insert into ledger.suspense (platform_no, source, number, amount, lot, status, platform_user_no, created_at, ended_at)
  select platform_no, source, number, amount, lot, status, platform_user_no, created_at, ended_at
  from json_populate_recordset(null::ledger.suspense, ${records(
    rows.map(({ platformNo, platformUserNo, createdAt, endedAt, ...row }) => ({
      ...row,
      platform_no: platformNo,
      platform_user_no: platformUserNo,
      created_at: isoTime(createdAt),
      ended_at: isoTime(endedAt),
    })),
  )}::json)
  on conflict (platform_no, source, number) do update set
    status = excluded.status, platform_user_no = excluded.platform_user_no, ended_at = excluded.ended_at`;

export interface RefundRecord {
  readonly platform_no: string;
  readonly refund_no: string;
  readonly request_no: string;
  readonly account: string;
  readonly amount: Fen;
  readonly commission: Fen;
  readonly lot: string;
  readonly status: RefundRow['status'];
  readonly order_id: string | null;
  readonly channel_order_no: string | null;
  readonly clearing_day: string | null;
  readonly fail_reason: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export const selectRefunds = (platformNos: readonly string[], refundNos: readonly string[]): Statement => sql`
  select platform_no, refund_no, request_no, account, amount, commission, lot, status, order_id, channel_order_no, clearing_day,
    fail_reason, created_at, ended_at
  from unnest(${texts(platformNos)}::text[], ${texts(refundNos)}::text[]) as wanted (platform_no, refund_no)
  join ledger.refund using (platform_no, refund_no)`;

export const toRefund = (row: RefundRecord): RefundRow => ({
  refundNo: row.refund_no,
  requestNo: row.request_no,
  account: row.account,
  amount: row.amount,
  commission: row.commission,
  lot: row.lot,
  status: row.status,
  createdAt: row.created_at.getTime(),
  ...present({
    orderId: row.order_id,
    channelOrderNo: row.channel_order_no,
    clearingDay: row.clearing_day === null ? null : plainDay(row.clearing_day),
    failReason: row.fail_reason,
    endedAt: row.ended_at?.getTime(),
  }),
});

export const upsertRefunds = (rows: readonly Written<RefundRow>[]): Statement => sql`
  insert into ledger.refund (platform_no, refund_no, request_no, account, amount, commission, lot, status, order_id, channel_order_no,
    clearing_day, fail_reason, created_at, ended_at)
  select platform_no, refund_no, request_no, account, amount, commission, lot, status, order_id, channel_order_no, clearing_day,
    fail_reason, created_at, ended_at
  from json_populate_recordset(null::ledger.refund, ${records(
    rows.map((row) => ({
      platform_no: row.platformNo,
      refund_no: row.refundNo,
      request_no: row.requestNo,
      account: row.account,
      amount: row.amount,
      commission: row.commission,
      lot: row.lot,
      status: row.status,
      order_id: row.orderId,
      channel_order_no: row.channelOrderNo,
      clearing_day: row.clearingDay,
      fail_reason: row.failReason,
      created_at: isoTime(row.createdAt),
      ended_at: isoTime(row.endedAt),
    })),
  )}::json)
  on conflict (platform_no, refund_no) do update set
    status = excluded.status, order_id = excluded.order_id, channel_order_no = excluded.channel_order_no,
    clearing_day = excluded.clearing_day, fail_reason = excluded.fail_reason, ended_at = excluded.ended_at`;

export interface FeeRecord {
  readonly platform_no: string;
  readonly invoice_no: string;
  readonly kind: FeeRow['kind'];
  readonly amount: Fen;
  readonly lot: string | null;
  readonly status: FeeRow['status'];
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export const selectFees = (platformNos: readonly string[], invoiceNos: readonly string[]): Statement => sql`
  select platform_no, invoice_no, kind, amount, lot, status, created_at, ended_at
  from unnest(${texts(platformNos)}::text[], ${texts(invoiceNos)}::text[]) as wanted (platform_no, invoice_no)
  join ledger.fee using (platform_no, invoice_no)`;

export const toFee = (row: FeeRecord): FeeRow => ({
  invoiceNo: row.invoice_no,
  kind: row.kind,
  amount: row.amount,
  status: row.status,
  createdAt: row.created_at.getTime(),
  ...present({ lot: row.lot, endedAt: row.ended_at?.getTime() }),
});

export const upsertFees = (rows: readonly Written<FeeRow>[]): Statement => sql`
  insert into ledger.fee (platform_no, invoice_no, kind, amount, lot, status, created_at, ended_at)
  select platform_no, invoice_no, kind, amount, lot, status, created_at, ended_at
  from json_populate_recordset(null::ledger.fee, ${records(
    rows.map((row) => ({
      platform_no: row.platformNo,
      invoice_no: row.invoiceNo,
      kind: row.kind,
      amount: row.amount,
      lot: row.lot,
      status: row.status,
      created_at: isoTime(row.createdAt),
      ended_at: isoTime(row.endedAt),
    })),
  )}::json)
  on conflict (platform_no, invoice_no) do update set
    lot = excluded.lot, status = excluded.status, ended_at = excluded.ended_at`;

/** Something that an operator may have to settle, as text. */
export interface OpenItemRecord {
  readonly kind: 'SUSPENSE' | 'REFUND' | 'FEE';
  readonly number: string;
  readonly amount: Fen;
  readonly status: string;
  readonly about: string;
  readonly since: Date;
}

/** What is in suspense, refunds that are not ended, and invoices that are not paid; the oldest first. */
export const selectOpenItems = (platformNo: string): Statement => sql`
  select 'SUSPENSE' as kind, number, amount, status, lower(source) || coalesce(' of ' || lot, '') as about, created_at as since
  from ledger.suspense where platform_no = ${platformNo} and status in ('OPEN', 'RETURNING', 'REFUNDING')
  union all
  select 'REFUND', refund_no, amount, status, 'recharge ' || request_no || ' of ' || lot, created_at
  from ledger.refund where platform_no = ${platformNo} and status in ('WAITING', 'REFUNDING', 'CLEARING')
  union all
  select 'FEE', invoice_no, amount, status, lower(kind) || coalesce(' of ' || lot, ''), created_at
  from ledger.fee where platform_no = ${platformNo} and status <> 'PAID'
  order by since, kind, number`;
