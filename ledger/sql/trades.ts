/** What trades keep besides projects and shares: sales, purchases, claims, entrusted payments, and what a project's holds still reserve. */
import type { EntrustedType } from '../../contract/enumerations.ts';
import type { Fen } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { ClaimRow, EntrustmentRow, PurchaseRow, SaleRow } from '../rows.ts';
import { isoTime, numbers, present, records, texts } from './columns.ts';

type Written<Row> = Row & { readonly platformNo: string };

export interface SaleRecord {
  readonly platform_no: string;
  readonly request_no: string;
  readonly project_no: string;
  readonly platform_user_no: string;
  readonly sale_share: Fen;
  readonly pre_saling_share: Fen;
  readonly confirmed_share: Fen;
  readonly status: SaleRow['status'];
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

export const selectSales = (platformNos: readonly string[], requestNos: readonly string[]): Statement => sql`
  select platform_no, request_no, project_no, platform_user_no, sale_share, pre_saling_share, confirmed_share, status, created_at, ended_at
  from unnest(${texts(platformNos)}::text[], ${texts(requestNos)}::text[]) as wanted (platform_no, request_no)
  join ledger.debenture_sale using (platform_no, request_no)`;

export const toSale = (row: SaleRecord): SaleRow => ({
  requestNo: row.request_no,
  projectNo: row.project_no,
  platformUserNo: row.platform_user_no,
  saleShare: row.sale_share,
  preSalingShare: row.pre_saling_share,
  confirmedShare: row.confirmed_share,
  status: row.status,
  createdAt: row.created_at.getTime(),
  ...present({ endedAt: row.ended_at?.getTime() }),
});

export const upsertSales = (sales: readonly Written<SaleRow>[]): Statement => sql`
  insert into ledger.debenture_sale (platform_no, request_no, project_no, platform_user_no, sale_share, pre_saling_share, confirmed_share,
    status, created_at, ended_at)
  select platform_no, request_no, project_no, platform_user_no, sale_share, pre_saling_share, confirmed_share, status, created_at, ended_at
  from json_populate_recordset(null::ledger.debenture_sale, ${records(
    sales.map((row) => ({
      platform_no: row.platformNo,
      request_no: row.requestNo,
      project_no: row.projectNo,
      platform_user_no: row.platformUserNo,
      sale_share: row.saleShare,
      pre_saling_share: row.preSalingShare,
      confirmed_share: row.confirmedShare,
      status: row.status,
      created_at: isoTime(row.createdAt),
      ended_at: isoTime(row.endedAt),
    })),
  )}::json)
  on conflict (platform_no, request_no) do update set pre_saling_share = excluded.pre_saling_share,
    confirmed_share = excluded.confirmed_share, status = excluded.status, ended_at = excluded.ended_at`;

export interface PurchaseRecord {
  readonly platform_no: string;
  readonly request_no: string;
  readonly sale_no: string;
  readonly share: Fen;
  readonly confirmed: Fen;
}

export const selectPurchases = (platformNos: readonly string[], requestNos: readonly string[]): Statement => sql`
  select platform_no, request_no, sale_no, share, confirmed
  from unnest(${texts(platformNos)}::text[], ${texts(requestNos)}::text[]) as wanted (platform_no, request_no)
  join ledger.purchase using (platform_no, request_no)`;

export const toPurchase = (row: PurchaseRecord): PurchaseRow => ({
  requestNo: row.request_no,
  saleNo: row.sale_no,
  share: row.share,
  confirmed: row.confirmed,
});

export const upsertPurchases = (purchases: readonly Written<PurchaseRow>[]): Statement => sql`
  insert into ledger.purchase (platform_no, request_no, sale_no, share, confirmed)
  select * from unnest(
    ${texts(purchases.map(({ platformNo }) => platformNo))}::text[],
    ${texts(purchases.map(({ requestNo }) => requestNo))}::text[],
    ${texts(purchases.map(({ saleNo }) => saleNo))}::text[],
    ${numbers(purchases.map(({ share }) => share))}::int8[],
    ${numbers(purchases.map(({ confirmed }) => confirmed))}::int8[])
  on conflict (platform_no, request_no) do update set confirmed = excluded.confirmed`;

export interface ClaimRecord {
  readonly platform_no: string;
  readonly project_no: string;
  readonly platform_user_no: string;
  readonly on_sale: Fen;
  readonly compensated: Fen;
}

export const selectClaims = (
  platformNos: readonly string[],
  projectNos: readonly string[],
  platformUserNos: readonly string[],
): Statement => sql`
  select platform_no, project_no, platform_user_no, on_sale, compensated
  from unnest(${texts(platformNos)}::text[], ${texts(projectNos)}::text[], ${texts(platformUserNos)}::text[])
    as wanted (platform_no, project_no, platform_user_no)
  join ledger.claim using (platform_no, project_no, platform_user_no)`;

export const toClaim = (row: ClaimRecord): ClaimRow => ({
  projectNo: row.project_no,
  platformUserNo: row.platform_user_no,
  onSale: row.on_sale,
  compensated: row.compensated,
});

export const upsertClaims = (claims: readonly Written<ClaimRow>[]): Statement => sql`
  insert into ledger.claim (platform_no, project_no, platform_user_no, on_sale, compensated)
  select * from unnest(
    ${texts(claims.map(({ platformNo }) => platformNo))}::text[],
    ${texts(claims.map(({ projectNo }) => projectNo))}::text[],
    ${texts(claims.map(({ platformUserNo }) => platformUserNo))}::text[],
    ${numbers(claims.map(({ onSale }) => onSale))}::int8[],
    ${numbers(claims.map(({ compensated }) => compensated))}::int8[])
  on conflict (platform_no, project_no, platform_user_no) do update set on_sale = excluded.on_sale, compensated = excluded.compensated`;

export interface EntrustmentRecord {
  readonly platform_no: string;
  readonly project_no: string;
  readonly request_no: string;
  readonly entrusted_type: EntrustedType;
  readonly entrusted_platform_user_no: string;
  readonly created_at: Date;
}

export const selectEntrustments = (platformNos: readonly string[], projectNos: readonly string[]): Statement => sql`
  select platform_no, project_no, request_no, entrusted_type, entrusted_platform_user_no, created_at
  from unnest(${texts(platformNos)}::text[], ${texts(projectNos)}::text[]) as wanted (platform_no, project_no)
  join ledger.entrustment using (platform_no, project_no)`;

export const toEntrustment = (row: EntrustmentRecord): EntrustmentRow => ({
  projectNo: row.project_no,
  requestNo: row.request_no,
  entrustedType: row.entrusted_type,
  entrustedPlatformUserNo: row.entrusted_platform_user_no,
  createdAt: row.created_at.getTime(),
});

export const upsertEntrustments = (entrustments: readonly Written<EntrustmentRow>[]): Statement => sql`
  insert into ledger.entrustment (platform_no, project_no, request_no, entrusted_type, entrusted_platform_user_no, created_at)
  select platform_no, project_no, request_no, entrusted_type, entrusted_platform_user_no, created_at
  from json_populate_recordset(null::ledger.entrustment, ${records(
    entrustments.map((row) => ({
      platform_no: row.platformNo,
      project_no: row.projectNo,
      request_no: row.requestNo,
      entrusted_type: row.entrustedType,
      entrusted_platform_user_no: row.entrustedPlatformUserNo,
      created_at: isoTime(row.createdAt),
    })),
  )}::json)
  on conflict (platform_no, project_no) do update set request_no = excluded.request_no, entrusted_type = excluded.entrusted_type,
    entrusted_platform_user_no = excluded.entrusted_platform_user_no, created_at = excluded.created_at`;

/** Of each of these projects, at most so many of the holds that still reserve something. */
export const selectStanding = (
  platformNos: readonly string[],
  projectNos: readonly string[],
  most: number,
): Statement => sql`
  select hold.*
  from unnest(${texts(platformNos)}::text[], ${texts(projectNos)}::text[]) as wanted (platform_no, project_no)
  cross join lateral (
    select * from ledger.hold
    where hold.platform_no = wanted.platform_no and hold.project_no = wanted.project_no and captured + released < amount
    order by request_no limit ${most}
  ) as hold`;
