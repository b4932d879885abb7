/** The statements of this room's orders, one function each. */
import type { OrderKind } from '../contract/internal/order.ts';
import type { Statements } from '../runtime/postgres/database.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { Move } from './moves.ts';
import { type OrderRow, type Sending, type StoredOrder, toOrder } from './rows.ts';

export interface NewOrder {
  readonly orderId: string;
  readonly channel: string;
  readonly kind: OrderKind;
  readonly platformNo: string;
  readonly requestNo: string;
  readonly amount: bigint;
  readonly message: string;
  readonly digest: string;
  readonly expiresAt?: number;
  readonly trace?: string;
}

/** Opens orders that are not there yet, due at once; answers the digests under which they are there now. */
export async function openOrders(
  transaction: Statements,
  orders: readonly NewOrder[],
  now: number,
): Promise<ReadonlyMap<string, string>> {
  await transaction.execute(sql`
    insert into adapters.channel_order
      (order_id, channel, kind, platform_no, request_no, amount, message, digest, expires_at, trace, opened_at, next_at)
    select order_id, channel, kind, platform_no, request_no, amount, message, digest, expires_at, trace, ${now}, ${now}
    from unnest(
      ${orders.map(({ orderId }) => orderId)}::text[],
      ${orders.map(({ channel }) => channel)}::text[],
      ${orders.map(({ kind }) => kind)}::text[],
      ${orders.map(({ platformNo }) => platformNo)}::text[],
      ${orders.map(({ requestNo }) => requestNo)}::text[],
      ${orders.map(({ amount }) => amount)}::bigint[],
      ${orders.map(({ message }) => message)}::text[],
      ${orders.map(({ digest }) => digest)}::text[],
      ${orders.map(({ expiresAt }) => expiresAt ?? null)}::bigint[],
      ${orders.map(({ trace }) => trace ?? null)}::text[]
    ) as asked (order_id, channel, kind, platform_no, request_no, amount, message, digest, expires_at, trace)
    on conflict (order_id) do nothing`);
  const rows = await transaction.rows<{ order_id: string; digest: string }>(sql`
    select order_id, digest from adapters.channel_order
    where order_id = any (${orders.map(({ orderId }) => orderId)}::text[])`);
  return new Map(rows.map(({ order_id, digest }) => [order_id, digest]));
}

/** Takes the lease of orders that something is due for, the longest waiting first; other instances skip them until it ends. */
export async function leaseDue(
  database: Statements,
  now: number,
  leaseMs: number,
  most: number,
): Promise<readonly OrderRow[]> {
  const rows = await database.rows<StoredOrder>(sql`
    update adapters.channel_order as o set lease = o.lease + 1, lease_until = ${now + leaseMs}
    from (
      select order_id from adapters.channel_order
      where next_at <= ${now} and lease_until <= ${now}
      order by next_at limit ${most} for update skip locked
    ) as due
    where o.order_id = due.order_id
    returning o.*`);
  return rows.map(toOrder);
}

/** Sets down a call before it is made; undefined when the lease was lost meanwhile, and then it must not be made. */
export async function beginAttempt(
  database: Statements,
  order: OrderRow,
  act: 'send' | 'ask' | 'close',
  now: number,
): Promise<bigint | undefined> {
  const row = await database.row<{ id: bigint }>(sql`
    with held as (
      update adapters.channel_order set
        sending = case when ${act}::text = 'send' then 'begun' else sending end,
        sent_at = case when ${act}::text = 'send' then ${now}::bigint else sent_at end
      where order_id = ${order.orderId} and lease = ${order.lease}
      returning order_id
    )
    insert into adapters.attempt (order_id, act, started_at) select order_id, ${act}, ${now} from held returning id`);
  return row?.id;
}

export async function endAttempt(
  transaction: Statements,
  attempt: bigint,
  answer: string,
  why: string | undefined,
  now: number,
): Promise<void> {
  await transaction.execute(sql`
    update adapters.attempt set ended_at = ${now}, answer = ${answer}, why = ${why ?? null} where id = ${attempt}`);
}

export async function lockOrder(transaction: Statements, orderId: string): Promise<OrderRow | undefined> {
  const row = await transaction.row<StoredOrder>(
    sql`select * from adapters.channel_order where order_id = ${orderId} for update`,
  );
  return row === undefined ? undefined : toOrder(row);
}

export interface OrderChange {
  readonly asks: number;
  readonly nextAt: number | undefined;
  readonly sending?: Sending;
  readonly lease?: bigint;
  readonly pendingAsOf?: number;
}

/** Moves a locked order on; what the move does not say stays. */
export async function moveOrder(
  transaction: Statements,
  order: OrderRow,
  move: Move,
  change: OrderChange,
): Promise<void> {
  const { settled, declined, returned, presentation } = move;
  await transaction.execute(sql`
    update adapters.channel_order set
      state = ${move.state},
      sending = coalesce(${change.sending ?? null}, sending),
      presentation = coalesce(${presentation === undefined ? null : JSON.stringify(presentation)}::jsonb, presentation),
      channel_order_no = coalesce(${settled?.channelOrderNo ?? null}, channel_order_no),
      clearing_day = coalesce(${settled?.clearingDay ?? null}, clearing_day),
      settled_at = coalesce(${settled?.settledAt ?? null}::bigint, settled_at),
      bankcode = coalesce(${settled?.bankcode ?? null}, bankcode),
      returned_at = coalesce(${returned?.returnedAt ?? null}::bigint, returned_at),
      returned_day = coalesce(${returned?.clearingDay ?? null}, returned_day),
      error_code = coalesce(${declined?.code ?? null}, error_code),
      error_message = coalesce(${declined?.message ?? null}, error_message),
      pending_as_of = greatest(pending_as_of, ${change.pendingAsOf ?? null}::bigint),
      asks = ${change.asks},
      next_at = ${change.nextAt ?? null}::bigint,
      lease_until = case when lease = ${change.lease ?? -1n}::bigint then 0 else lease_until end
    where order_id = ${order.orderId}`);
}

/** Makes an order due now. */
export async function askSoon(transaction: Statements, orderId: string, now: number): Promise<void> {
  await transaction.execute(
    sql`update adapters.channel_order set next_at = ${now} where order_id = ${orderId} and next_at > ${now}`,
  );
}

/** Gives a lease back with another time to try. */
export async function putOff(database: Statements, order: OrderRow, until: number): Promise<void> {
  await database.execute(sql`
    update adapters.channel_order set next_at = ${until}, lease_until = 0
    where order_id = ${order.orderId} and lease = ${order.lease}`);
}

export interface NewDifference {
  readonly channel: string;
  readonly platformNo?: string;
  /** An orderId, or a lot. */
  readonly about: string;
  readonly kind: string;
  /** Without personal data. */
  readonly detail: string;
}

/** Sets a difference down, once. */
export async function addDifference(transaction: Statements, difference: NewDifference, now: number): Promise<void> {
  const { channel, platformNo, about, kind, detail } = difference;
  await transaction.execute(sql`
    insert into adapters.difference (channel, platform_no, about, kind, detail, found_at)
    values (${channel}, ${platformNo ?? null}, ${about}, ${kind}, ${detail.slice(0, 500)}, ${now})
    on conflict (about, kind, detail) do nothing`);
}
