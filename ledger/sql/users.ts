/** Users with the card that is bound and the authorisation that is given now; what was before stays in the tables, with its time. */
import type { Authorisation } from '../../contract/enumerations.ts';
import { type Fen, ZERO } from '../../contract/money.ts';
import type { Sealed } from '../../contract/sealed.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { UserRow } from '../rows.ts';
import { isoTime, plainDay, present, records, texts } from './columns.ts';

export interface UserRecord {
  readonly platform_no: string;
  readonly platform_user_no: string;
  readonly user_type: UserRow['userType'];
  readonly user_role: UserRow['userRole'];
  readonly state: UserRow['state'];
  readonly access_type: UserRow['accessType'];
  readonly audit_status: UserRow['auditStatus'];
  readonly id_card_type: string;
  readonly name: Sealed;
  readonly id_card_no: Sealed;
  readonly mobile: Sealed;
  readonly registered_at: Date;
  readonly card: Sealed | null;
  readonly bankcode: string | null;
  readonly auth_list: readonly Authorisation[] | null;
  readonly amount: Fen | null;
  readonly fail_time: string | null;
  readonly since: Date | null;
  readonly used: Fen | null;
}

export const selectUsers = (platformNos: readonly string[], platformUserNos: readonly string[]): Statement => sql`
  select platform_no, platform_user_no, user_type, user_role, state, access_type, audit_status, id_card_type, name, id_card_no, mobile,
    registered_at, card, bankcode, auth_list, amount, fail_time, given.since, used
  from unnest(${texts(platformNos)}::text[], ${texts(platformUserNos)}::text[]) as wanted (platform_no, platform_user_no)
  join ledger.platform_user using (platform_no, platform_user_no)
  left join (select * from ledger.bound_card where until is null) as bound using (platform_no, platform_user_no)
  left join (select * from ledger.authorisation where until is null) as given using (platform_no, platform_user_no)`;

/** The numbers of the users that hold an ID number, by its keyed hash; who was refused holds nothing. */
export const selectHolders = (platformNos: readonly string[], hashes: readonly string[]): Statement => sql`
  select platform_no, hash, platform_user_no
  from unnest(${texts(platformNos)}::text[], ${texts(hashes)}::text[]) as wanted (platform_no, hash)
  join ledger.platform_user as holder using (platform_no)
  where holder.id_card_no ->> 'keyedHash' = wanted.hash and holder.state <> 'REFUSED'
  order by registered_at, platform_user_no`;

export interface HolderRecord {
  readonly platform_no: string;
  readonly hash: string;
  readonly platform_user_no: string;
}

export const toUser = (row: UserRecord): UserRow => ({
  platformUserNo: row.platform_user_no,
  userType: row.user_type,
  userRole: row.user_role,
  state: row.state,
  accessType: row.access_type,
  auditStatus: row.audit_status,
  name: row.name,
  idCardType: row.id_card_type,
  idCardNo: row.id_card_no,
  mobile: row.mobile,
  ...present({ bankcard: row.card, bankcode: row.bankcode }),
  authList: row.auth_list ?? [],
  ...present({
    authAmount: row.amount,
    authFailTime: row.fail_time === null ? null : plainDay(row.fail_time),
    authSince: row.since?.getTime(),
    authUsed: row.used === ZERO ? null : row.used,
  }),
  registeredAt: row.registered_at.getTime(),
});

export type UserToWrite = UserRow & { readonly platformNo: string };

export const upsertUsers = (users: readonly UserToWrite[]): Statement => sql`
  insert into ledger.platform_user (platform_no, platform_user_no, user_type, user_role, state, access_type, audit_status, id_card_type,
    name, id_card_no, mobile, registered_at)
  select platform_no, platform_user_no, user_type, user_role, state, access_type, audit_status, id_card_type, name, id_card_no, mobile,
    registered_at
  from json_populate_recordset(null::ledger.platform_user, ${records(
    users.map((user) => ({
      platform_no: user.platformNo,
      platform_user_no: user.platformUserNo,
      user_type: user.userType,
      user_role: user.userRole,
      state: user.state,
      access_type: user.accessType,
      audit_status: user.auditStatus,
      id_card_type: user.idCardType,
      name: user.name,
      id_card_no: user.idCardNo,
      mobile: user.mobile,
      registered_at: isoTime(user.registeredAt),
    })),
  )}::json)
  on conflict (platform_no, platform_user_no) do update set
    user_type = excluded.user_type, user_role = excluded.user_role, state = excluded.state, access_type = excluded.access_type,
    audit_status = excluded.audit_status, id_card_type = excluded.id_card_type, name = excluded.name, id_card_no = excluded.id_card_no,
    mobile = excluded.mobile`;

const cards = (users: readonly UserToWrite[]): string =>
  records(
    users.map(({ platformNo, platformUserNo, bankcard, bankcode }) => ({
      platform_no: platformNo,
      platform_user_no: platformUserNo,
      card: bankcard,
      bankcode,
    })),
  );

/** Ends the binding of cards that are bound no longer. @param at epoch milliseconds. */
export const unbindCards = (users: readonly UserToWrite[], at: number): Statement => sql`
  update ledger.bound_card as bound set until = ${isoTime(at)}
  from json_populate_recordset(null::ledger.bound_card, ${cards(users)}::json) as next
  where bound.platform_no = next.platform_no and bound.platform_user_no = next.platform_user_no and bound.until is null
    and bound.card ->> 'keyedHash' is distinct from next.card ->> 'keyedHash'`;

/** Binds the cards that are not bound yet. */
export const bindCards = (users: readonly UserToWrite[], at: number): Statement => sql`
  insert into ledger.bound_card as bound (platform_no, platform_user_no, card, bankcode, since)
  select platform_no, platform_user_no, card, bankcode, ${isoTime(at)}::timestamptz
  from json_populate_recordset(null::ledger.bound_card, ${cards(users)}::json) where card is not null
  on conflict (platform_no, platform_user_no) where until is null
  do update set bankcode = excluded.bankcode where bound.bankcode is distinct from excluded.bankcode`;

const authorisations = (users: readonly UserToWrite[]): string =>
  records(
    users.map(({ platformNo, platformUserNo, authList, authAmount, authFailTime, authSince, authUsed }) => ({
      platform_no: platformNo,
      platform_user_no: platformUserNo,
      auth_list: authList,
      amount: authAmount,
      fail_time: authFailTime,
      since: isoTime(authSince),
      used: authUsed ?? ZERO,
    })),
  );

/** Ends the authorisations that are not what is given now. @param at epoch milliseconds. */
export const endAuthorisations = (users: readonly UserToWrite[], at: number): Statement => sql`
  update ledger.authorisation as given set until = ${isoTime(at)}
  from json_populate_recordset(null::ledger.authorisation, ${authorisations(users)}::json) as next
  where given.platform_no = next.platform_no and given.platform_user_no = next.platform_user_no and given.until is null
    and (given.auth_list, given.amount, given.fail_time, given.since)
      is distinct from (next.auth_list, next.amount, next.fail_time, next.since)`;

/** Records the authorisations that are new, and what those that stand were used for. */
export const giveAuthorisations = (users: readonly UserToWrite[]): Statement => sql`
  insert into ledger.authorisation as given (platform_no, platform_user_no, auth_list, amount, fail_time, since, used)
  select platform_no, platform_user_no, auth_list, amount, fail_time, since, used
  from json_populate_recordset(null::ledger.authorisation, ${authorisations(users)}::json) where cardinality(auth_list) > 0
  on conflict (platform_no, platform_user_no) where until is null
  do update set used = excluded.used where given.used is distinct from excluded.used`;
