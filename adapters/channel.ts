/**
 * The channel port: what every payment institution is to us, whatever it speaks. A channel answers in words that leave nothing to guess:
 * only an explicit yes is `settled`, only an explicit no is `declined`; what it cannot read or does not hear is `unknown`. Each channel has
 * a folder with the same file names, and passes the same conformance suite.
 */
import type { OrderKind } from '../contract/internal/order.ts';
import type { Fen } from '../contract/money.ts';
import type { Clear } from '../contract/sealed.ts';

/** An order as a channel call needs it. Personal data is clear here, and nowhere else in this room. */
export interface ChannelOrder {
  readonly orderId: string;
  readonly kind: OrderKind;
  readonly platformNo: string;
  /** In fen; 0 for verify. */
  readonly amount: Fen;
  readonly createdAt: number;
  /** Where the channel calls back. */
  readonly notifyUrl: string;
  readonly returnUrl?: string;
  readonly expiresAt?: number;
  /** For a refund: the orderId of the collection. */
  readonly refundOf?: string;
  readonly party?: ClearParty;
}

export interface ClearParty {
  readonly name: Clear;
  readonly bankcard: Clear;
  readonly idCardNo?: Clear;
  readonly mobile?: Clear;
}

/** What the user must see or open to pay. */
export interface Presented {
  readonly state: 'presented';
  readonly presentation: { readonly kind: 'redirect' | 'qr'; readonly url: string; readonly expiresAt: number };
}

export interface Settled {
  readonly state: 'settled';
  /** What the channel moved; it must equal the order's amount, else it is no yes. */
  readonly amount: Fen;
  /** The channel's own number. */
  readonly channelOrderNo: string;
  /** yyyyMMdd; absent for verify. */
  readonly clearingDay?: string;
  readonly settledAt: number;
  /** For verify: the bank of the card. */
  readonly bankcode?: string;
}

export interface Declined {
  readonly state: 'declined';
  readonly channelErrorCode: string;
  readonly channelErrorMessage: string;
}

/** A pay-out that had succeeded came back 退汇; `settled` is the success that it undoes. */
export interface Returned {
  readonly state: 'returned';
  readonly settled: Settled;
  readonly reason: string;
  readonly returnedAt: number;
  readonly clearingDay: string;
}

/**
 * What a channel said of an order. `pending`: it has the order and is not done. `unknown`: no answer, or one that no document explains.
 * `absent`: it has no such order, which is a no only after its acceptance window. `unsent`: our request surely never left.
 */
export type Answer =
  | Presented
  | { readonly state: 'pending' }
  | Settled
  | Declined
  | Returned
  | { readonly state: 'unknown'; readonly why: string }
  | { readonly state: 'absent' }
  | { readonly state: 'unsent'; readonly why: string };

/** A channel's settlement of one clearing day for one platform, in fen. */
export interface SettlementNotice {
  readonly platformNo: string;
  /** yyyyMMdd. */
  readonly clearingDay: string;
  /** Collected, less refunds that cleared the same day, plus pay-outs of earlier days that came back. */
  readonly gross: Fen;
  /** Paid out, less what came back the same day, plus refunds of earlier days' collections. */
  readonly payouts: Fen;
  readonly fee: Fen;
  /** gross − payouts − fee; may be negative. */
  readonly net: Fen;
}

/** What a callback is, once its bytes were held against the channel's key. */
export type CallbackRead =
  /** Not signed by the channel, or stale: it says nothing. */
  | { readonly is: 'forged'; readonly why: string }
  /** Signed by the channel, and not understood. */
  | { readonly is: 'unreadable'; readonly why: string; readonly orderId?: string }
  | {
      readonly is: 'order';
      readonly orderId: string;
      /** What the channel takes the order for: it must be what we sent. */
      readonly kind: OrderKind;
      readonly platformNo: string;
      readonly answer: Answer;
    }
  | { readonly is: 'settlement'; readonly notice: SettlementNotice };

export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface Channel {
  /** As orders and lots name it, e.g. `PAYSIM`. */
  readonly name: string;
  /** After this long (ms) since the last send that may have reached it, "no such order" is a no. */
  readonly acceptanceWindowMs: number;
  /** How long (ms) a call may take; then it is unknown. */
  readonly timeoutMs: number;
  /** Sends the order. The same order again is the same order at the channel, never a second one. Never throws for what the channel did. */
  send(order: ChannelOrder): Promise<Answer>;
  /** Asks what became of it. */
  ask(order: ChannelOrder): Promise<Answer>;
  /** Closes a collection that nobody has paid: `declined` once it is closed, else what it is. */
  close(order: ChannelOrder): Promise<Answer>;
  /** Reads a callback: the signature over the raw bytes first, then the content. Never throws. */
  readCallback(headers: Headers, body: Buffer): CallbackRead;
  /** The settlement of a day: `open` while the day is not closed or unknown, `none` when nothing moved. */
  settlement(platformNo: string, clearingDay: string): Promise<SettlementNotice | 'open' | 'none' | 'unknown'>;
  /** Closes its connections. */
  stop(): Promise<void>;
}
