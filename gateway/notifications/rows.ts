/**
 * Notifications as rows: staged with the result they tell of, leased by one instance for one delivery, and moved by its outcome. A lease that
 * its instance did not live to see end comes due again.
 */
import type { Statements, Transaction } from '../../runtime/postgres/database.ts';
import { sql } from '../../runtime/postgres/sql.ts';

export interface NewNotification {
  /** UUIDv7. */
  readonly id: string;
  readonly platformNo: string;
  readonly event: string;
  readonly serviceName: string;
  readonly requestNo: string;
  /** Sealed text. */
  readonly respData: Buffer;
}

export interface LeasedRow {
  readonly id: string;
  readonly platform_no: string;
  readonly event: string;
  readonly service_name: string;
  readonly request_no: string;
  readonly resp_data: Buffer;
  readonly user_device: string | null;
  /** This delivery counted. */
  readonly attempts: number;
}

/** @param now epoch milliseconds: due at once. The browser's kind is that of the message it began with. */
export async function insertNotifications(
  transaction: Transaction,
  rows: readonly NewNotification[],
  now: number,
): Promise<void> {
  await transaction.execute(sql`
    insert into gateway.notification
      (id, platform_no, event, service_name, request_no, resp_data, user_device, due_at)
    select n.id, n.platform_no, n.event, n.service_name, n.request_no, n.resp_data,
      (select user_device from gateway.evidence e
        where e.platform_no = n.platform_no and e.request_no = n.request_no and e.kind = 'PLATFORM' limit 1),
      ${new Date(now)}
    from unnest(
      ${rows.map(({ id }) => id)}::uuid[],
      ${rows.map(({ platformNo }) => platformNo)}::text[],
      ${rows.map(({ event }) => event)}::text[],
      ${rows.map(({ serviceName }) => serviceName)}::text[],
      ${rows.map(({ requestNo }) => requestNo)}::text[],
      ${rows.map(({ respData }) => respData)}::bytea[]
    ) as n (id, platform_no, event, service_name, request_no, resp_data)
    on conflict (platform_no, event) do nothing`);
}

/**
 * Leases what is due, of each platform as many as it has places, oldest first; one that several look at goes to one of them.
 * An event waits while an earlier one of its number is under way or waits for its next try.
 * @param most rows in all; platforms are served in the order given.
 * @param leaseUntil epoch milliseconds; after it the row is due again.
 */
export function leaseDue(
  database: Statements,
  places: readonly { readonly platformNo: string; readonly free: number }[],
  most: number,
  now: number,
  leaseUntil: number,
): Promise<LeasedRow[]> {
  return database.rows<LeasedRow>(sql`
    update gateway.notification set attempts = attempts + 1, due_at = ${new Date(leaseUntil)},
      last_attempt_at = ${new Date(now)}
    where id in (
      select due.id
      from unnest(${places.map(({ platformNo }) => platformNo)}::text[], ${places.map(({ free }) => free)}::int[])
        as place (platform_no, free)
      cross join lateral (
        select n.id from gateway.notification n
        where n.platform_no = place.platform_no and n.state = 'DUE' and n.due_at <= ${new Date(now)}
          and not exists (
            select 1 from gateway.notification earlier
            where earlier.platform_no = n.platform_no and earlier.request_no = n.request_no and earlier.id < n.id
              and earlier.state = 'DUE' and earlier.due_at > ${new Date(now)})
        order by n.due_at, n.id limit place.free
        for update skip locked
      ) due
      limit ${most})
    returning id, platform_no, event, service_name, request_no, resp_data, user_device, attempts`);
}

export interface Outcome {
  readonly id: string;
  readonly state: 'DUE' | 'DELIVERED' | 'PARKED';
  /** Epoch milliseconds of the next delivery, or of this one when there is none. */
  readonly at: number;
  readonly error: string | undefined;
  /** It was leased and then not tried. */
  readonly untried?: boolean;
}

/** Writes what became of deliveries. A row that was delivered stays delivered. */
export async function writeOutcomes(database: Statements, outcomes: readonly Outcome[]): Promise<void> {
  await database.execute(sql`
    update gateway.notification n set state = o.state, due_at = o.at, last_error = o.error,
      delivered_at = case when o.state = 'DELIVERED' then o.at end,
      attempts = n.attempts - case when o.untried then 1 else 0 end
    from unnest(
      ${outcomes.map(({ id }) => id)}::uuid[],
      ${outcomes.map(({ state }) => state)}::text[],
      ${outcomes.map(({ at }) => new Date(at))}::timestamptz[],
      ${outcomes.map(({ error }) => error ?? null)}::text[],
      ${outcomes.map(({ untried }) => untried === true)}::boolean[]
    ) as o (id, state, at, error, untried)
    where n.id = o.id and n.state = 'DUE'`);
}

/** Parked notifications, oldest first. */
export function listParkedNotifications(
  database: Statements,
  most = 100,
): Promise<
  { id: string; platform_no: string; event: string; attempts: number; last_error: string | null; created_at: Date }[]
> {
  return database.rows(sql`
    select id, platform_no, event, attempts, last_error, created_at from gateway.notification
    where state = 'PARKED' order by id limit ${most}`);
}

/** Makes notifications of a number due again, whatever became of them; answers how many. */
export function resend(database: Statements, platformNo: string, requestNo: string, now: number): Promise<number> {
  return database.execute(sql`
    update gateway.notification set state = 'DUE', due_at = ${new Date(now)}, attempts = 0
    where platform_no = ${platformNo} and request_no = ${requestNo}`);
}
