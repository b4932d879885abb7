/**
 * Takes orders off the bus: each is routed and committed before anything is asked of a channel; only then is its message acknowledged. An
 * order that comes again is the same order; one that comes with other content is a defect of whoever sent it.
 */
import { sha256Hex } from '../certs/digest.ts';
import { decode } from '../contract/internal/codec.ts';
import type { OrderMessage } from '../contract/internal/order.ts';
import type { Bus, Delivered, Subscription } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { Defect, Malformed } from '../runtime/failure.ts';
import { fault } from '../runtime/fault.ts';
import type { Database, Statements } from '../runtime/postgres/database.ts';
import { parkStatement } from '../runtime/postgres/parked.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { Routing } from './routing/routing.ts';
import { type NewOrder, openOrders } from './statements.ts';

export interface TakingOrders {
  readonly database: Database;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly routing: Routing;
  /** Called after a commit: something is due. */
  readonly committed: () => void;
}

/** Orders of one commit: enough to be quick, few enough to be rerun one by one. */
const BATCH = { messages: 200, bytes: 2 * 1024 * 1024 };
const KINDS = ['collect', 'payout', 'refund', 'verify'];

/** Subscribes to `adapters.order`. */
export function takeOrders(taking: TakingOrders): Promise<Subscription> {
  return taking.bus.subscribe({
    queue: 'adapters.order',
    partition: 0,
    maxBatch: BATCH.messages,
    maxBytes: BATCH.bytes,
    handle: (batch) => open(taking, batch),
    park: async (parked) => {
      await taking.database.execute(parkStatement('adapters', parked));
    },
  });
}

async function open(taking: TakingOrders, batch: readonly Delivered[]): Promise<void> {
  const { database, clock, routing, committed } = taking;
  const messages = new Map(batch.map((delivered) => [delivered.body, read(delivered)]));
  const read_ = [...messages].map(([body, { message, trace }]) => ({ body, message, trace }));
  await database.transaction(async (transaction) => {
    const orders: NewOrder[] = [];
    for (const { body, message, trace } of read_) {
      const channel = (await refundedThrough(transaction, message)) ?? routing.channelFor(message.wishedChannel);
      orders.push(newOrder(message, body, channel, trace));
    }
    const kept = await openOrders(transaction, orders, clock.now());
    const other = orders.find(({ orderId, digest }) => kept.get(orderId) !== digest);
    if (other !== undefined) throw new Defect(`order ${other.orderId} came again with other content`);
  });
  await fault('adapters.order.committed');
  committed();
}

function newOrder(message: OrderMessage, body: string, channel: string, trace: string | undefined): NewOrder {
  return {
    orderId: message.orderId,
    channel,
    kind: message.kind,
    platformNo: message.platformNo,
    requestNo: message.requestNo,
    amount: message.amount,
    message: body,
    digest: sha256Hex(body),
    ...(message.expiresAt === undefined ? {} : { expiresAt: message.expiresAt }),
    ...(trace === undefined ? {} : { trace }),
  };
}

/** A refund goes where the money came from. Throws Defect when nothing is known of that. */
async function refundedThrough(transaction: Statements, message: OrderMessage): Promise<string | undefined> {
  if (message.kind !== 'refund') return undefined;
  const row = await transaction.row<{ channel: string }>(sql`
    select channel from adapters.channel_order
    where order_id = ${message.refundOf ?? ''} and kind = 'collect' and platform_no = ${message.platformNo}`);
  if (row === undefined) throw new Defect(`order ${message.orderId} refunds a collection that is not known here`);
  return row.channel;
}

/** Reads an order. Throws Malformed for what no sender of this version writes. */
function read({ body, trace }: Delivered): { readonly message: OrderMessage; readonly trace: string | undefined } {
  let message: OrderMessage;
  try {
    message = decode<OrderMessage>(body);
  } catch (error) {
    throw new Malformed('an order is not of this version', { cause: error });
  }
  const { orderId, kind, amount, platformNo, requestNo, party } = message;
  const sound =
    /^[0-9A-Z]{24}$/.test(orderId) &&
    KINDS.includes(kind) &&
    typeof amount === 'bigint' &&
    (kind === 'verify' ? amount === 0n : amount > 0n) &&
    typeof platformNo === 'string' &&
    typeof requestNo === 'string' &&
    ((kind !== 'payout' && kind !== 'verify') || party !== undefined) &&
    (kind !== 'verify' || (party?.idCardNo !== undefined && party.mobile !== undefined)) &&
    (kind !== 'collect' || (message.returnUrl !== undefined && message.expiresAt !== undefined));
  if (!sound) throw new Malformed(`order ${String(orderId).slice(0, 24)} lacks what its kind needs`);
  return { message, trace };
}
