/** What waits in a room's schema for the bus or for a person: the outbox and the parked messages, counted. */
import type { Statements } from './database.ts';
import type { Room } from './folder.ts';
import { identifier, sql } from './sql.ts';

export interface OutboxBacklog {
  /** Messages committed and not yet published. */
  readonly count: number;
  /** Of the oldest of them, ms; 0 when there is none. */
  readonly ageMs: number;
}

/** What an outbox holds, under the room's role. The gateway has none. Throws `Unavailable`. */
export async function outboxOf(database: Statements, schema: 'ledger' | 'adapters'): Promise<OutboxBacklog> {
  const row = await database.row<{ count: number; age: number }>(sql`
    select count(*)::int as count,
      coalesce(extract(epoch from clock_timestamp() - min(created_at)) * 1000, 0)::float8 as age
    from ${identifier(`${schema}.outbox`)}`);
  return { count: row?.count ?? 0, ageMs: Math.max(row?.age ?? 0, 0) };
}

export interface ParkedBacklog {
  /** Messages set aside for a person. */
  readonly count: number;
  /** Why the oldest of them was. */
  readonly reason: string | undefined;
}

/** What a room has parked, under the room's role. Throws `Unavailable`. */
export async function parkedOf(database: Statements, schema: Exclude<Room, 'bus'>): Promise<ParkedBacklog> {
  const row = await database.row<{ count: number; reason: string | null }>(sql`
    select count(*)::int as count, (array_agg(reason order by id))[1] as reason
    from ${identifier(`${schema}.parked`)} where unparked_at is null`);
  return { count: row?.count ?? 0, reason: row?.reason ?? undefined };
}
