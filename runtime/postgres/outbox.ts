/**
 * The outbox: messages committed together with the state they tell of, and published afterwards by one relay per schema. A crash between
 * publishing and deleting publishes again; nothing is ever lost, and consumers deduplicate. The relay takes the lowest ids that are there
 * and never keeps a cursor, because ids are not commit order.
 */
import type { Outgoing, Publication } from '../bus/port.ts';
import { textArray } from './arrays.ts';
import type { Room } from './folder.ts';
import { identifier, type Statement, sql } from './sql.ts';

/** The table, for the room's migration; a file may copy this text. Only its room's role touches it. */
export const outboxTable = (schema: Exclude<Room, 'bus'>): string => `
create table ${schema}.outbox (
  id bigint generated always as identity primary key,
  family text not null,
  platform_no text not null,
  message_id text not null,
  body text not null,
  trace text,
  created_at timestamptz not null default now()
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_scale_factor = 0,
  autovacuum_vacuum_insert_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 10000);
grant select, insert, delete on ${schema}.outbox to qianzhi_${schema};
`;

/**
 * Puts messages into the outbox, in this order, inside the caller's transaction. Nudge the relay once it has committed. The transaction's id is
 * drawn before the messages' ids, which floor.ts relies on.
 */
export function stageStatement(schema: Exclude<Room, 'bus'>, messages: readonly Outgoing[]): Statement {
  return sql`
    insert into ${identifier(`${schema}.outbox`)} (family, platform_no, message_id, body, trace)
    select family, platform_no, message_id, body, trace
    from unnest(
      ${textArray(messages.map(({ family }) => family))}::text[],
      ${textArray(messages.map(({ platformNo }) => platformNo))}::text[],
      ${textArray(messages.map(({ messageId }) => messageId))}::text[],
      ${textArray(messages.map(({ body }) => body))}::text[],
      ${textArray(messages.map(({ trace }) => trace))}::text[]
    ) with ordinality as staged (family, platform_no, message_id, body, trace, place)
    where pg_current_xact_id() is not null
    order by place`;
}

export interface Staged extends Outgoing {
  readonly id: bigint;
}

export interface StagedRow {
  readonly id: bigint;
  readonly family: Outgoing['family'];
  readonly platform_no: string;
  readonly message_id: string;
  readonly body: string;
  readonly trace: string | null;
}

/**
 * The lowest ids that are there from the floor on, up to so many messages and bytes, at least one; without the families that rest, and
 * without those to skip, which were published already. (A subquery, because an array is searched from its beginning for every row.)
 */
export function stagedStatement(
  schema: string,
  floor: bigint,
  resting: readonly string[],
  skip: readonly bigint[],
  most: number,
  mostBytes: number,
): Statement {
  return sql`
    select id, family, platform_no, message_id, body, trace
    from (
      select *, sum(octet_length(body)) over (order by id) - octet_length(body) as before
      from (
        select id, family, platform_no, message_id, body, trace
        from ${identifier(`${schema}.outbox`)}
        where id >= ${floor} and family <> all (${resting}::text[])
          and id not in (select unnest(${skip}::bigint[]))
        order by id limit ${most}
      ) as lowest
    ) as measured
    where before = 0 or before + octet_length(body) <= ${mostBytes}::bigint
    order by id`;
}

/** Those of these that are still there, in their order. */
export function againStatement(schema: string, ids: readonly bigint[]): Statement {
  return sql`
    select id, family, platform_no, message_id, body, trace
    from ${identifier(`${schema}.outbox`)} where id = any (${ids}::bigint[]) order by id`;
}

export const toStaged = (row: StagedRow, receipt?: string): Staged => ({
  id: row.id,
  family: row.family,
  platformNo: row.platform_no,
  messageId: row.message_id,
  body: row.body,
  ...(row.trace === null ? {} : { trace: row.trace }),
  ...(receipt === undefined ? {} : { receipt }),
});

export interface Deleted {
  readonly xid: bigint;
  /** The oldest transaction id that was in progress. */
  readonly oldest: bigint;
}

/** Takes published messages out, if any; answers `Deleted`. */
export function publishedStatement(schema: string, ids: readonly bigint[]): Statement {
  return sql`
    with gone as (delete from ${identifier(`${schema}.outbox`)} where id = any (${ids}::bigint[]))
    select pg_current_xact_id()::text::bigint as xid, pg_snapshot_xmin(pg_current_snapshot())::text::bigint as oldest`;
}

/** What was not published yet. */
export function backlogStatement(schema: string, floor: bigint, skip: readonly bigint[]): Statement {
  return sql`
    select count(*)::int as backlog, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as age
    from ${identifier(`${schema}.outbox`)} where id >= ${floor} and id not in (select unnest(${skip}::bigint[]))`;
}

/**
 * Which messages of a window are done with: accepted, and none before them of the same family and platform that was not. The others
 * behind such a one go again after it, so that what arrives last is also what was said last.
 */
export function doneWith(window: readonly Staged[], answers: readonly Publication[]): readonly bigint[] {
  const held = new Set<string>();
  const done: bigint[] = [];
  window.forEach(({ id, family, platformNo }, index) => {
    const line = `${family} ${platformNo}`;
    if (answers[index] !== 'accepted') held.add(line);
    else if (!held.has(line)) done.push(id);
  });
  return done;
}
