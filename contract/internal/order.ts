/** What the ledger asks of the channels, and what a channel wants shown to the user. */
import type { Fen } from '../money.ts';
import type { Sealed } from '../sealed.ts';

/** collect: money in. payout: money out to the bound card. refund: a collection given back. verify: identity elements checked. */
export type OrderKind = 'collect' | 'payout' | 'refund' | 'verify';

export interface OrderMessage {
  readonly version: 1;
  /** 24 characters of [0-9A-Z], ours, the same towards every channel. */
  readonly orderId: string;
  readonly kind: OrderKind;
  readonly platformNo: string;
  readonly requestNo: string;
  readonly platformUserNo: string;
  /** What the channel moves, in fen; 0 for verify. */
  readonly amount: Fen;
  /** The pay company the platform wishes; routing decides. */
  readonly wishedChannel?: string;
  /** For a refund: the orderId of the collection that is given back, through the channel that collected it. */
  readonly refundOf?: string;
  /** Who is paid or checked. */
  readonly party?: OrderParty;
  /** Where the channel sends the user's browser back to (a page of the gateway). */
  readonly returnUrl?: string;
  /** Epoch milliseconds after which a collect must no longer be paid. */
  readonly expiresAt?: number;
  readonly createdAt: number;
}

export interface OrderParty {
  readonly name: Sealed;
  readonly bankcard: Sealed;
  readonly bankcode?: string;
  readonly idCardNo?: Sealed;
  readonly mobile?: Sealed;
}

/** What the user's page must show or do to pay. */
export interface PresentedMessage {
  readonly version: 1;
  readonly orderId: string;
  readonly platformNo: string;
  readonly requestNo: string;
  readonly presentation: { readonly kind: 'redirect' | 'qr'; readonly url: string; readonly expiresAt: number };
}
