/**
 * Messages set aside for a person, whole, in the consumer's own schema: with the reason, the attempts and the trace. Written before the
 * message is acknowledged; unparking publishes it again, and what happens then is decided as if it had just come.
 */
import type { Bus, Delivered, Outgoing, Parked, Publication } from '../bus/port.ts';
import type { Statements } from './database.ts';
import type { Room } from './folder.ts';
import { identifier, type Statement, sql } from './sql.ts';

/** The table, for the room's migration; a file may copy this text. */
export const parkedTable = (schema: Exclude<Room, 'bus'>): string => `
create table ${schema}.parked (
  id bigint generated always as identity primary key,
  queue text not null,
  partition int not null,
  family text not null,
  platform_no text not null,
  message_id text not null,
  body text not null,
  trace text,
  reason text not null,
  attempts int not null,
  parked_at timestamptz not null default now(),
  unparked_at timestamptz
);
create unique index parked_once on ${schema}.parked (queue, partition, message_id) where unparked_at is null;
grant select, insert, update on ${schema}.parked to qianzhi_${schema};
`;

/** Sets a message aside. One that is redelivered after having been parked stays one row. */
export function parkStatement(schema: Exclude<Room, 'bus'>, parked: Parked): Statement {
  const { message, queue, partition, reason, attempts } = parked;
  return sql`
    insert into ${identifier(`${schema}.parked`)}
      (queue, partition, family, platform_no, message_id, body, trace, reason, attempts)
    values (${queue}, ${partition}, ${message.family}, ${message.platformNo}, ${message.messageId}, ${message.body},
      ${message.trace ?? null}, ${reason.slice(0, 2_000)}, ${attempts})
    on conflict (queue, partition, message_id) where unparked_at is null
    do update set reason = excluded.reason, attempts = excluded.attempts`;
}

export interface ParkedRow {
  readonly id: bigint;
  readonly queue: Parked['queue'];
  readonly partition: number;
  readonly family: Delivered['family'];
  readonly platform_no: string;
  readonly message_id: string;
  readonly reason: string;
  readonly attempts: number;
  readonly parked_at: Date;
}

/** What is parked, oldest first, without the bodies. */
export async function listParked(
  database: Statements,
  schema: Exclude<Room, 'bus'>,
  most = 100,
): Promise<readonly ParkedRow[]> {
  return database.rows<ParkedRow>(sql`
    select id, queue, partition, family, platform_no, message_id, reason, attempts, parked_at
    from ${identifier(`${schema}.parked`)} where unparked_at is null order by id limit ${most}`);
}

const UNPARK_MS = 10_000;

/**
 * Publishes a parked message again, and marks it when that was accepted.
 * @returns what became of it; undefined when no such message is parked. Anything but `accepted` leaves it parked.
 */
export async function unpark(
  database: Statements,
  schema: Exclude<Room, 'bus'>,
  bus: Pick<Bus, 'publish'>,
  id: bigint,
): Promise<Publication | undefined> {
  const table = identifier(`${schema}.parked`);
  const row = await database.row<ParkedRow & { body: string; trace: string | null }>(
    sql`select family, platform_no, message_id, body, trace from ${table} where id = ${id} and unparked_at is null`,
  );
  if (row === undefined) return undefined;
  const message: Outgoing = {
    family: row.family,
    platformNo: row.platform_no,
    messageId: row.message_id,
    body: row.body,
    ...(row.trace === null ? {} : { trace: row.trace }),
  };
  const [publication] = await bus.publish([message], UNPARK_MS);
  if (publication === 'accepted') {
    await database.execute(sql`update ${table} set unparked_at = now() where id = ${id} and unparked_at is null`);
  }
  return publication;
}
