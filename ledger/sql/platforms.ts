/** Platforms, and their lots. */
import type { BorrowerLimits } from '../../contract/enumerations.ts';
import { fen } from '../../contract/money.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { LotRow, PlatformRow } from '../rows.ts';
import { plainDay, present, records, texts } from './columns.ts';

export interface PlatformRecord {
  readonly platform_no: string;
  readonly profile: PlatformRow['profile'];
  readonly state: PlatformRow['state'];
  readonly currency: PlatformRow['currency'];
  readonly open_day: string;
  readonly limits: unknown;
}

export const selectPlatforms = (platformNos: readonly string[]): Statement => sql`
  select platform_no, profile, state, currency, open_day, limits from ledger.platform
  where platform_no = any (${texts(platformNos)}::text[])`;

export const toPlatform = (row: PlatformRecord): PlatformRow => ({
  platformNo: row.platform_no,
  profile: row.profile,
  state: row.state,
  currency: row.currency,
  openDay: plainDay(row.open_day),
  ...(row.limits === null ? {} : { limits: toLimits(row.limits) }),
});

/** `{"personal":"20000000"}`, as `records` writes it. */
function toLimits(value: unknown): BorrowerLimits {
  const { personal, organization } = value as { readonly [L in keyof BorrowerLimits]?: string };
  return {
    ...(personal === undefined ? {} : { personal: fen(BigInt(personal)) }),
    ...(organization === undefined ? {} : { organization: fen(BigInt(organization)) }),
  };
}

export const upsertPlatforms = (rows: readonly PlatformRow[]): Statement => sql`
  insert into ledger.platform (platform_no, profile, state, currency, open_day, limits)
  select platform_no, profile, state, currency, open_day, limits
  from json_populate_recordset(null::ledger.platform, ${records(
    rows.map((row) => ({ ...row, platform_no: row.platformNo, open_day: row.openDay })),
  )}::json)
  on conflict (platform_no) do update set
    profile = excluded.profile, state = excluded.state, open_day = excluded.open_day, limits = excluded.limits`;

export interface LotRecord {
  readonly platform_no: string;
  readonly lot: string;
  readonly channel: string;
  readonly clearing_day: string;
  readonly state: LotRow['state'];
  readonly gross: LotRow['gross'] | null;
  readonly payouts: LotRow['payouts'] | null;
  readonly fee: LotRow['fee'] | null;
  readonly net: LotRow['net'] | null;
}

/** All lots that have not arrived. */
export const selectLotsInTransit = (platformNos: readonly string[]): Statement => sql`
  select platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net from ledger.lot
  where platform_no = any (${texts(platformNos)}::text[]) and state <> 'ARRIVED'`;

export const selectLots = (platformNos: readonly string[], lots: readonly string[]): Statement => sql`
  select platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net
  from unnest(${texts(platformNos)}::text[], ${texts(lots)}::text[]) as wanted (platform_no, lot)
  join ledger.lot using (platform_no, lot)`;

export const toLot = (row: LotRecord): LotRow => ({
  lot: row.lot,
  channel: row.channel,
  clearingDay: plainDay(row.clearing_day),
  state: row.state,
  ...present({ gross: row.gross, payouts: row.payouts, fee: row.fee, net: row.net }),
});

export const upsertLots = (rows: readonly (LotRow & { readonly platformNo: string })[]): Statement => sql`
  insert into ledger.lot (platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net)
  select platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net
  from json_populate_recordset(null::ledger.lot, ${records(
    rows.map((row) => ({ ...row, platform_no: row.platformNo, clearing_day: row.clearingDay })),
  )}::json)
  on conflict (platform_no, lot) do update set
    state = excluded.state, gross = excluded.gross, payouts = excluded.payouts, fee = excluded.fee, net = excluded.net`;
