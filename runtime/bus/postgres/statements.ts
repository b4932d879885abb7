/** The statements of the bus on PostgreSQL. Its tables are in migrations/0001_queues.sql. */
import type { Sight } from '../../postgres/floor.ts';
import { type Identifier, identifier, type Statement, sql } from '../../postgres/sql.ts';
import type { Outgoing } from '../port.ts';

export interface MessageRow {
  readonly id: bigint;
  readonly family: Outgoing['family'];
  readonly platform_no: string;
  readonly message_id: string;
  readonly body: string;
  readonly trace: string | null;
}

/** The table that a line is. */
export const tableNameOf = (line: string): string => `bus.${line.replaceAll('.', '_')}`;
const tableOf = (line: string): Identifier => identifier(tableNameOf(line));

const sequenceOf = (line: string): Identifier => identifier(`bus.${line.replaceAll('.', '_')}_id_seq`);

/** The channel that is notified when a line gets messages. */
export const channelOf = (line: string): string => `qianzhi_bus_${line.replaceAll('.', '_')}`;

/**
 * Puts messages into a line, in this order, as many as there is room for; answers how many by its row count. The length is bounded by the
 * distance from the floor to the highest id, so it may be thought longer than it is, never shorter. The transaction's id is drawn before the
 * messages' ids, which floor.ts relies on.
 */
export function insertMessages(line: string, messages: readonly Outgoing[], most: number): Statement {
  return sql`
    insert into ${tableOf(line)} (family, platform_no, message_id, body, trace)
    select family, platform_no, message_id, body, trace
    from unnest(
      ${messages.map(({ family }) => family)}::text[],
      ${messages.map(({ platformNo }) => platformNo)}::text[],
      ${messages.map(({ messageId }) => messageId)}::text[],
      ${messages.map(({ body }) => body)}::text[],
      ${messages.map(({ trace }) => trace ?? null)}::text[]
    ) with ordinality as published (family, platform_no, message_id, body, trace, place)
    where pg_current_xact_id() is not null
      and place <= ${most}::bigint - (
        select case when is_called then last_value else 0 end + 1
          - coalesce((select floor from bus.lease where line = ${line}), 1)
        from ${sequenceOf(line)})
    order by place`;
}

/** The lowest ids that are there, up to so many messages and bytes, at least one. Never a cursor: ids are not commit order. */
export function lowestMessages(line: string, floor: bigint, most: number, mostBytes: number): Statement {
  return sql`
    select id, family, platform_no, message_id, body, trace
    from (
      select *, sum(octet_length(body)) over (order by id) - octet_length(body) as before
      from (
        select id, family, platform_no, message_id, body, trace from ${tableOf(line)}
        where id >= ${floor} order by id limit ${most}
      ) as lowest
    ) as measured
    where before = 0 or before + octet_length(body) <= ${mostBytes}::bigint
    order by id`;
}

/** A `Sight` for the floor. */
export function sightOf(line: string): Statement {
  return sql`
    select case when is_called then last_value else 0 end as highest,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest
    from ${sequenceOf(line)}`;
}

/** A `Sight` with a transaction id drawn for it: where a proof begins when there is nothing to acknowledge yet. */
export function drawXid(line: string): Statement {
  return sql`
    select pg_current_xact_id()::text::bigint as xid, case when is_called then last_value else 0 end as highest,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest
    from ${sequenceOf(line)}`;
}

export interface Acknowledged extends Sight {
  /** Whether this epoch still owns the line; if not, nothing was acknowledged. */
  readonly owned: boolean;
  readonly xid: bigint;
}

/** Takes acknowledged messages out, if this epoch still owns the line; answers `Acknowledged`. */
export function acknowledgeMessages(line: string, epoch: bigint, ids: readonly bigint[]): Statement {
  return sql`
    with owned as (select 1 from bus.lease where line = ${line} and epoch = ${epoch}),
    gone as (delete from ${tableOf(line)} where id = any (${ids}::bigint[]) and exists (select from owned))
    select exists (select from owned) as owned, pg_current_xact_id()::text::bigint as xid,
      case when is_called then last_value else 0 end as highest,
      pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest
    from ${sequenceOf(line)}`;
}

/** Takes a line whose lease has ended, or whose owner is surely gone; no row when it has a living owner. */
export function takeLease(line: string, owner: string, guarded: boolean, leaseMs: number): Statement {
  return sql`
    insert into bus.lease as held (line, owner, epoch, guarded, expires_at)
    values (${line}, ${owner}, 1, ${guarded}, clock_timestamp() + ${leaseMs} * interval '1 millisecond')
    on conflict (line) do update
      set owner = excluded.owner, epoch = held.epoch + 1, guarded = excluded.guarded, expires_at = excluded.expires_at
      where held.expires_at < clock_timestamp() or (held.guarded and excluded.guarded)
    returning epoch, floor`;
}

/** Also tells publishers the floor, from which they measure the line's length. */
export function renewLease(line: string, epoch: bigint, guarded: boolean, floor: bigint, leaseMs: number): Statement {
  return sql`
    update bus.lease
    set expires_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond', guarded = ${guarded}, floor = ${floor}
    where line = ${line} and epoch = ${epoch}`;
}

export function endLease(line: string, epoch: bigint): Statement {
  return sql`update bus.lease set expires_at = '-infinity' where line = ${line} and epoch = ${epoch}`;
}

/** Tries to guard a line with this session; true also when it does already. */
export function guardLine(line: string): Statement {
  return sql`select pg_try_advisory_lock(hashtextextended(${channelOf(line)}, 0)) as guarded`;
}

export function notify(channels: readonly string[]): Statement {
  return sql`select pg_notify(channel, '') from unnest(${channels}::text[]) as channel`;
}

export interface ReplyRow {
  readonly correlation_id: string;
  readonly body: string;
}

export function insertReplies(replies: readonly { address: string; correlationId: string; body: string }[]): Statement {
  return sql`
    insert into bus.reply (address, correlation_id, body)
    select * from unnest(
      ${replies.map(({ address }) => address)}::text[],
      ${replies.map(({ correlationId }) => correlationId)}::text[],
      ${replies.map(({ body }) => body)}::text[]
    )`;
}

export function takeReplies(address: string): Statement {
  return sql`delete from bus.reply where address = ${address} returning correlation_id, body`;
}

export function insertQuestions(bodies: readonly string[]): Statement {
  return sql`insert into bus.question (body) select * from unnest(${bodies}::text[])`;
}

/** Takes questions out, each for one server only. */
export function takeQuestions(most: number): Statement {
  return sql`
    delete from bus.question
    where id = any (array(select id from bus.question order by id limit ${most} for update skip locked))
    returning body`;
}

/** Forgets what nobody came for: who asked has long given up. */
export function forgetTransient(afterMs: number): Statement {
  return sql`
    with replies as (delete from bus.reply where created_at < clock_timestamp() - ${afterMs} * interval '1 millisecond')
    delete from bus.question where created_at < clock_timestamp() - ${afterMs} * interval '1 millisecond'`;
}

/** Which of these tables there are. */
export function tablesThere(names: readonly string[]): Statement {
  return sql`select name from unnest(${names}::text[]) as wanted (name) where to_regclass(name) is not null`;
}

/** Lines that have a living owner. */
export function ownedLines(): Statement {
  return sql`select line from bus.lease where expires_at > clock_timestamp()`;
}

export function countMessages(line: string): Statement {
  return sql`select count(*)::int as waiting from ${tableOf(line)}`;
}
