/** Holds 冻结. What made a hold never changes; only what of it is captured or released does. */
import type { PreTransactionBizType } from '../../contract/enumerations.ts';
import { type Fen, ZERO } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { HoldRow } from '../rows.ts';
import { fromFloats, numbers, present, texts, toFloats } from './columns.ts';

/** Kinds by their letter in the table, which is their first. */
const kinds = { P: 'PRETRANSACTION', G: 'GENERAL', W: 'WITHDRAWAL', R: 'REFUND' } as const;

export interface HoldRecord {
  readonly platform_no: string;
  readonly request_no: string;
  readonly kind: keyof typeof kinds;
  readonly account: string;
  readonly biz_type: PreTransactionBizType | null;
  readonly project_no: string | null;
  readonly amount: Fen;
  readonly marketing_amount: Fen | null;
  readonly marketing_captured: Fen | null;
  readonly captured: Fen;
  readonly released: Fen;
  readonly pins: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const selectHolds = (platformNos: readonly string[], requestNos: readonly string[]): Statement => sql`
  select platform_no, request_no, kind, account, biz_type, project_no, amount, marketing_amount, marketing_captured, captured, released, pins,
    created_at, updated_at
  from unnest(${texts(platformNos)}::text[], ${texts(requestNos)}::text[]) as wanted (platform_no, request_no)
  join ledger.hold using (platform_no, request_no)`;

export const toHold = (row: HoldRecord): HoldRow => ({
  requestNo: row.request_no,
  kind: kinds[row.kind],
  account: row.account,
  ...present({ bizType: row.biz_type, projectNo: row.project_no }),
  amount: row.amount,
  marketingAmount: row.marketing_amount ?? ZERO,
  marketingCaptured: row.marketing_captured ?? ZERO,
  captured: row.captured,
  released: row.released,
  ...(row.pins === null ? {} : { pins: toFloats(row.pins) }),
  createdAt: row.created_at.getTime(),
  updatedAt: row.updated_at.getTime(),
});

export interface HoldToWrite {
  readonly platformNo: string;
  readonly row: HoldRow;
}

const unlessZero = (amount: Fen): Fen | null => (amount === ZERO ? null : amount);

export const insertHolds = (holds: readonly HoldToWrite[]): Statement => sql`
  insert into ledger.hold (platform_no, request_no, kind, account, biz_type, project_no, amount, marketing_amount, marketing_captured,
    captured, released, pins, created_at, updated_at)
  select platform_no, request_no, kind::"char", account, biz_type, project_no, amount, marketing_amount, marketing_captured,
    captured, released, pins, to_timestamp(created_at / 1000), to_timestamp(updated_at / 1000)
  from unnest(
    ${texts(holds.map(({ platformNo }) => platformNo))}::text[],
    ${texts(holds.map(({ row }) => row.requestNo))}::text[],
    ${texts(holds.map(({ row }) => row.kind[0]))}::text[],
    ${texts(holds.map(({ row }) => row.account))}::text[],
    ${texts(holds.map(({ row }) => row.bizType))}::text[],
    ${texts(holds.map(({ row }) => row.projectNo))}::text[],
    ${numbers(holds.map(({ row }) => row.amount))}::int8[],
    ${numbers(holds.map(({ row }) => unlessZero(row.marketingAmount)))}::int8[],
    ${numbers(holds.map(({ row }) => unlessZero(row.marketingCaptured)))}::int8[],
    ${numbers(holds.map(({ row }) => row.captured))}::int8[],
    ${numbers(holds.map(({ row }) => row.released))}::int8[],
    ${texts(holds.map(({ row }) => (row.pins === undefined ? null : fromFloats(row.pins))))}::jsonb[],
    ${numbers(holds.map(({ row }) => row.createdAt))}::float8[],
    ${numbers(holds.map(({ row }) => row.updatedAt))}::float8[]
  ) as made (platform_no, request_no, kind, account, biz_type, project_no, amount, marketing_amount, marketing_captured, captured, released, pins,
    created_at, updated_at)`;

export const updateHolds = (holds: readonly HoldToWrite[]): Statement => sql`
  update ledger.hold as hold
  set captured = next.captured, released = next.released, marketing_captured = next.marketing_captured,
    updated_at = to_timestamp(next.updated_at / 1000)
  from unnest(
    ${texts(holds.map(({ platformNo }) => platformNo))}::text[],
    ${texts(holds.map(({ row }) => row.requestNo))}::text[],
    ${numbers(holds.map(({ row }) => row.captured))}::int8[],
    ${numbers(holds.map(({ row }) => row.released))}::int8[],
    ${numbers(holds.map(({ row }) => unlessZero(row.marketingCaptured)))}::int8[],
    ${numbers(holds.map(({ row }) => row.updatedAt))}::float8[]
  ) as next (platform_no, request_no, captured, released, marketing_captured, updated_at)
  where hold.platform_no = next.platform_no and hold.request_no = next.request_no`;
