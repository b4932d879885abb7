/** The rows of this room as values: orders as they stand, and settlements. Times are epoch milliseconds, money is Fen. */
import type { OrderKind } from '../contract/internal/order.ts';
import { type Fen, fen } from '../contract/money.ts';
import type { Presented } from './channel.ts';

/** opened, pending, unknown are open; settled, declined, returned are final (but that settled may be returned). */
export type OrderState = 'opened' | 'pending' | 'unknown' | 'settled' | 'declined' | 'returned';
/** never: surely not sent. begun: its end is not recorded. uncertain: it may have arrived. answered: the channel has it. */
export type Sending = 'never' | 'begun' | 'uncertain' | 'answered';

export interface OrderRow {
  readonly orderId: string;
  readonly channel: string;
  readonly kind: OrderKind;
  readonly platformNo: string;
  readonly requestNo: string;
  readonly amount: Fen;
  /** The OrderMessage's text; personal data in it is sealed. */
  readonly message: string;
  /** W3C traceparent of the message. */
  readonly trace?: string;
  readonly openedAt: number;
  /** After this a collection must no longer be paid. */
  readonly expiresAt?: number;
  readonly state: OrderState;
  readonly sending: Sending;
  readonly sentAt?: number;
  readonly presentation?: Presented['presentation'];
  readonly channelOrderNo?: string;
  readonly clearingDay?: string;
  readonly settledAt?: number;
  readonly asks: number;
  /** Names the present holder of the lease: whoever has another number has lost it. */
  readonly lease: bigint;
}

/** The columns as the driver gives them. */
export interface StoredOrder {
  readonly order_id: string;
  readonly channel: string;
  readonly kind: OrderKind;
  readonly platform_no: string;
  readonly request_no: string;
  readonly amount: bigint;
  readonly message: string;
  readonly trace: string | null;
  readonly opened_at: bigint;
  readonly expires_at: bigint | null;
  readonly state: OrderState;
  readonly sending: Sending;
  readonly sent_at: bigint | null;
  readonly presentation: Presented['presentation'] | null;
  readonly channel_order_no: string | null;
  readonly clearing_day: string | null;
  readonly settled_at: bigint | null;
  readonly asks: number;
  readonly lease: bigint;
}

export const toOrder = (row: StoredOrder): OrderRow => ({
  orderId: row.order_id,
  channel: row.channel,
  kind: row.kind,
  platformNo: row.platform_no,
  requestNo: row.request_no,
  amount: fen(row.amount),
  message: row.message,
  openedAt: Number(row.opened_at),
  state: row.state,
  sending: row.sending,
  asks: row.asks,
  lease: row.lease,
  ...(row.expires_at === null ? {} : { expiresAt: Number(row.expires_at) }),
  ...(row.trace === null ? {} : { trace: row.trace }),
  ...(row.sent_at === null ? {} : { sentAt: Number(row.sent_at) }),
  ...(row.presentation === null ? {} : { presentation: row.presentation }),
  ...(row.channel_order_no === null ? {} : { channelOrderNo: row.channel_order_no }),
  ...(row.clearing_day === null ? {} : { clearingDay: row.clearing_day }),
  ...(row.settled_at === null ? {} : { settledAt: Number(row.settled_at) }),
});

export const isOpen = (state: OrderState): boolean => state === 'opened' || state === 'pending' || state === 'unknown';
