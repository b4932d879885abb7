/** The statements of trade passwords, one function each. */
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { PasswordHash } from './hash.ts';

/** Whose password. */
export interface Who {
  readonly platformNo: string;
  readonly platformUserNo: string;
}

/** A number of an instruction, and how it ended. */
export interface Ended {
  readonly platformNo: string;
  readonly requestNo: string;
  readonly succeeded: boolean;
}

/** A password's row after a try was counted. */
export interface Counted {
  readonly hash: Buffer;
  readonly salt: Buffer;
  readonly cost: number;
  readonly blockSize: number;
  readonly parallel: number;
  readonly tries: number;
  readonly lockedUntil: Date | null;
}

export const storedHash = ({ hash, salt, cost, blockSize, parallel }: Counted): PasswordHash => ({
  hash,
  salt,
  cost,
  blockSize,
  parallel,
});

/** Counts a try unless it is locked; no row when it is, or when there is no password. A lock whose time is over starts the count anew. */
export const countTry = (who: Who, now: Date, lockingTry: number, lockedUntil: Date): Statement => sql`
  update gateway.trade_password
  set tries = case when locked_until is null then tries else 0 end + 1,
    locked_until = case
      when case when locked_until is null then tries else 0 end + 1 >= ${lockingTry} then ${lockedUntil}::timestamptz
    end
  where platform_no = ${who.platformNo} and platform_user_no = ${who.platformUserNo}
    and (locked_until is null or locked_until <= ${now})
  returning hash, salt, cost, block_size as "blockSize", parallel, tries, locked_until as "lockedUntil"`;

/** Takes a counted try back that was refused before it was made; not below what a right password has cleared meanwhile. */
export const giveTryBack = (who: Who, counted: number): Statement => sql`
  update gateway.trade_password set tries = tries - 1, locked_until = null
  where platform_no = ${who.platformNo} and platform_user_no = ${who.platformUserNo} and tries >= ${counted}`;

export const lockOf = (who: Who): Statement => sql`
  select locked_until as until from gateway.trade_password
  where platform_no = ${who.platformNo} and platform_user_no = ${who.platformUserNo}`;

export const clearTries = (who: Who): Statement => sql`
  update gateway.trade_password set tries = 0, locked_until = null
  where platform_no = ${who.platformNo} and platform_user_no = ${who.platformUserNo}`;

export const stage = (who: Who, requestNo: string, made: PasswordHash, now: Date): Statement => sql`
  insert into gateway.trade_password_pending
    (platform_no, request_no, platform_user_no, hash, salt, cost, block_size, parallel, typed_at)
  values (${who.platformNo}, ${requestNo}, ${who.platformUserNo}, ${made.hash}, ${made.salt}, ${made.cost},
    ${made.blockSize}, ${made.parallel}, ${now})
  on conflict do nothing`;

/** Takes pending passwords away; those of successes become valid. Distinct, because a batch may tell one number twice. */
export const settle = (ended: readonly Ended[], now: Date): Statement => sql`
  with told as (
    select platform_no, request_no, bool_or(succeeded) as succeeded
    from unnest(
      ${ended.map(({ platformNo }) => platformNo)}::text[],
      ${ended.map(({ requestNo }) => requestNo)}::text[],
      ${ended.map(({ succeeded }) => succeeded)}::boolean[]
    ) as t (platform_no, request_no, succeeded)
    group by platform_no, request_no
  ), taken as (
    delete from gateway.trade_password_pending p using told
    where p.platform_no = told.platform_no and p.request_no = told.request_no
    returning p.*, told.succeeded
  ), latest as (
    select distinct on (platform_no, platform_user_no) * from taken where succeeded
    order by platform_no, platform_user_no, typed_at desc
  )
  insert into gateway.trade_password
    (platform_no, platform_user_no, hash, salt, cost, block_size, parallel, set_by, set_at)
  select platform_no, platform_user_no, hash, salt, cost, block_size, parallel, request_no, ${now}::timestamptz from latest
  on conflict (platform_no, platform_user_no) do update
  set hash = excluded.hash, salt = excluded.salt, cost = excluded.cost, block_size = excluded.block_size,
    parallel = excluded.parallel, set_by = excluded.set_by, set_at = excluded.set_at, tries = 0, locked_until = null`;
