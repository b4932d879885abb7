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
  readonly withdraw_delay_minutes: number | null;
}

export const selectPlatforms = (platformNos: readonly string[]): Statement => sql`
  select platform_no, profile, state, currency, open_day, limits, withdraw_delay_minutes from ledger.platform
  where platform_no = any (${texts(platformNos)}::text[])`;

export const toPlatform = (row: PlatformRecord): PlatformRow => ({
  platformNo: row.platform_no,
  profile: row.profile,
  state: row.state,
  currency: row.currency,
  openDay: plainDay(row.open_day),
  ...(row.limits === null ? {} : { limits: toLimits(row.limits) }),
  ...present({ withdrawDelayMinutes: row.withdraw_delay_minutes }),
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
  insert into ledger.platform (platform_no, profile, state, currency, open_day, limits, withdraw_delay_minutes)
  select platform_no, profile, state, currency, open_day, limits, withdraw_delay_minutes
  from json_populate_recordset(null::ledger.platform, ${records(
    rows.map((row) => ({
      ...row,
      platform_no: row.platformNo,
      open_day: row.openDay,
      withdraw_delay_minutes: row.withdrawDelayMinutes,
    })),
  )}::json)
  on conflict (platform_no) do update set
    profile = excluded.profile, state = excluded.state, open_day = excluded.open_day, limits = excluded.limits,
    withdraw_delay_minutes = excluded.withdraw_delay_minutes`;

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
  readonly refunds: LotRow['refunds'] | null;
}

/** All lots that have not arrived. */
export const selectLotsInTransit = (platformNos: readonly string[]): Statement => sql`
  select platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net, refunds from ledger.lot
  where platform_no = any (${texts(platformNos)}::text[]) and state <> 'ARRIVED'`;

export const selectLots = (platformNos: readonly string[], lots: readonly string[]): Statement => sql`
  select platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net, refunds
  from unnest(${texts(platformNos)}::text[], ${texts(lots)}::text[]) as wanted (platform_no, lot)
  join ledger.lot using (platform_no, lot)`;

export const toLot = (row: LotRecord): LotRow => ({
  lot: row.lot,
  channel: row.channel,
  clearingDay: plainDay(row.clearing_day),
  state: row.state,
  ...present({ gross: row.gross, payouts: row.payouts, fee: row.fee, net: row.net, refunds: row.refunds }),
});

export const upsertLots = (rows: readonly (LotRow & { readonly platformNo: string })[]): Statement => sql`
  insert into ledger.lot (platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net, refunds)
  select platform_no, lot, channel, clearing_day, state, gross, payouts, fee, net, refunds
  from json_populate_recordset(null::ledger.lot, ${records(
    rows.map((row) => ({ ...row, platform_no: row.platformNo, clearing_day: row.clearingDay })),
  )}::json)
  on conflict (platform_no, lot) do update set
    state = excluded.state, gross = excluded.gross, payouts = excluded.payouts, fee = excluded.fee, net = excluded.net, refunds = excluded.refunds`;
