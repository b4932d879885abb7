/**
 * What the books are asked: a platform's message, an act on one of its pages, an operator's act, or what a channel did.
 * All of these travel on the partition of their platform, and each is claimed once by `(platformNo, origin, number)`.
 */
import type { BorrowerLimits, Profile } from '../enumerations.ts';
import type { Fen } from '../money.ts';
import type { SealedFields } from '../sealed.ts';
import type { DirectService, PageService, RequestOf, ServiceName } from '../services.ts';
import type { OrderKind } from './order.ts';
import type { ReplyTo } from './reply-to.ts';

/** A platform's own message: a direct service, or the opening of a page. Personal data is sealed. */
export type PlatformAct = {
  [S in DirectService | PageService]: { readonly service: S; readonly request: SealedFields<RequestOf<S>> };
}[DirectService | PageService];

/** The user approved a page on the bank's side (factor: his trade password; none for a platform's own account). */
export interface PageApproved {
  readonly service: 'PAGE_APPROVED';
  readonly requestNo: string;
  readonly approvedBy: 'PASSWORD' | 'NEW_PASSWORD' | 'PLATFORM';
  /** Where a channel sends the user's browser back to: this page. */
  readonly returnUrl: string;
}

/** The page's time is over, or its user gave it up. */
export interface PageExpired {
  readonly service: 'PAGE_EXPIRED';
  readonly requestNo: string;
  readonly reason: 'EXPIRED' | 'CANCELLED';
}

/** An operator opens a platform, with its first keys, in one act. The ledger makes its accounts, the gateway its registry entry. */
export interface PlatformAdded {
  readonly service: 'PLATFORM_ADDED';
  readonly platform: PlatformRegistration;
}

export interface PlatformRegistration {
  readonly platformNo: string;
  readonly name: string;
  readonly profile: Profile;
  readonly notifyUrl: string;
  /** Private ranges (CIDR) that its notify URL may point into; none by default. */
  readonly notifyAllow: readonly string[];
  /** The services it may call; `*` means all that are open. */
  readonly services: readonly ServiceName[] | '*';
  /** How long a NORMAL withdrawal waits before it is sent, and can be intercepted; absent: it is sent at once. */
  readonly withdrawDelayMinutes?: number;
  /** What each of its borrowers may owe: its profile's limits, or its own; absent: as much as they file. */
  readonly limits?: BorrowerLimits;
  readonly keys: readonly PlatformKey[];
}

export interface PlatformKey {
  readonly keySerial: string;
  readonly algorithm: 'RSA2' | 'RSA1' | 'SM2' | 'ED25519' | 'P256';
  /** PEM, SubjectPublicKeyInfo. */
  readonly publicKey: string;
  /** PEM of the certificate our CA issued over it, when it did. */
  readonly certificate?: string;
  /** Epoch milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
}

/** An operator registers another key, or revokes one. Recorded in the books as an act; the gateway applies it. */
export interface PlatformKeyAdded {
  readonly service: 'PLATFORM_KEY_ADDED';
  readonly key: PlatformKey;
}
export interface PlatformKeyRevoked {
  readonly service: 'PLATFORM_KEY_REVOKED';
  readonly keySerial: string;
}

/** What a channel said of an order (settled, declined, or returned after it had settled). Pending and unknown are never told. */
export interface OrderOutcome {
  readonly service: 'ORDER_OUTCOME';
  readonly orderId: string;
  /** The instruction that the order serves. */
  readonly requestNo: string;
  readonly kind: OrderKind;
  readonly channel: string;
  readonly outcome: Outcome;
}

export type Outcome =
  | {
      readonly state: 'settled';
      /** The channel's own number of the payment. */
      readonly channelOrderNo: string;
      /** The channel's clearing day, yyyyMMdd; with the channel's name it names the lot. Absent for `verify`. */
      readonly clearingDay?: string;
      /** Epoch milliseconds at the channel. */
      readonly settledAt: number;
      /** The payer is known to be another than the user that the order names. */
      readonly wrongPayer?: true;
      /** For `verify`: the bank of the card. */
      readonly bankcode?: string;
    }
  | { readonly state: 'declined'; readonly channelErrorCode: string; readonly channelErrorMessage: string }
  | {
      readonly state: 'returned';
      readonly channelOrderNo: string;
      /** The channel's clearing day of the return, yyyyMMdd; absent: the day of returnedAt. */
      readonly clearingDay?: string;
      readonly reason: string;
      readonly returnedAt: number;
    };

/** A channel's signed settlement of a clearing day for one platform, standing for the bank's credit until there is a bank statement. */
export interface LotSettled {
  readonly service: 'LOT_SETTLED';
  readonly channel: string;
  /** yyyyMMdd. */
  readonly clearingDay: string;
  readonly gross: Fen;
  readonly payouts: Fen;
  readonly fee: Fen;
  /** What the bank receives: gross − payouts − fee; may be negative. */
  readonly net: Fen;
}

/**
 * One trade of an ASYNC_TRANSACTION, which the books gave themselves to do when they accepted the batch. Its number was claimed then, with
 * origin PLATFORM and the batch's digest; this decides it.
 */
export interface BatchItem {
  readonly service: 'BATCH_ITEM';
  readonly batchNo: string;
  readonly request: RequestOf<'SYNC_TRANSACTION'>;
}

/** A NORMAL withdrawal's time to be sent has come. */
export interface WithdrawDue {
  readonly service: 'WITHDRAW_DUE';
  readonly requestNo: string;
}

/** A piece of the work that a miscarriage 流标 leaves: some of the holds that the project still has are released. */
export interface ProjectMiscarried {
  readonly service: 'PROJECT_MISCARRIED';
  /** The MODIFY_PROJECT. */
  readonly requestNo: string;
  readonly projectNo: string;
  /** Which piece it is, from 1. */
  readonly piece: number;
}

/** An operator gives a recharge back, or a part of it: absent, all that is left. Its number is the refund's. */
export interface RefundOrdered {
  readonly service: 'REFUND_ORDERED';
  readonly requestNo: string;
  readonly amount?: Fen;
  /** What of it is the recharge's commission; absent: only what the user's part does not cover. */
  readonly commission?: Fen;
}

/** The lot of a refund's recharge has arrived. */
export interface RefundDue {
  readonly service: 'REFUND_DUE';
  readonly refundNo: string;
}

/** The bank credited money of nobody known, under its own number. */
export interface SuspenseCredited {
  readonly service: 'SUSPENSE_CREDITED';
  readonly creditNo: string;
  readonly amount: Fen;
}

/** What is in suspense is a user's: a recharge's own, or the one named. */
export interface SuspenseClaimed {
  readonly service: 'SUSPENSE_CLAIMED';
  readonly source: 'RECHARGE' | 'CREDIT';
  readonly number: string;
  readonly platformUserNo?: string;
}

/** A credit that nobody claims is sent back; later the bank has debited it, or rejected it. */
export interface SuspenseReturned {
  readonly service: 'SUSPENSE_RETURNED';
  readonly creditNo: string;
}
export interface SuspenseReturnEnded {
  readonly service: 'SUSPENSE_RETURN_ENDED';
  readonly creditNo: string;
  readonly outcome: 'PAID' | 'REJECTED';
}

/** A fee is asked for. PAYOUT: by a channel, for its clearing day, or, without one, by the bank, which has taken it. CUSTODY: by the bank. */
export interface FeeInvoiced {
  readonly service: 'FEE_INVOICED';
  readonly invoiceNo: string;
  readonly kind: 'PAYOUT' | 'CUSTODY';
  readonly amount: Fen;
  readonly channel?: string;
  /** yyyyMMdd. */
  readonly clearingDay?: string;
}
/** An invoice that was left open is tried again. */
export interface FeeCollected {
  readonly service: 'FEE_COLLECTED';
  readonly invoiceNo: string;
}
/** The bank has taken its custody fee. */
export interface FeeDebited {
  readonly service: 'FEE_DEBITED';
  readonly invoiceNo: string;
}

/** An operator changes how long NORMAL withdrawals of a platform wait; 0: they are sent at once. */
export interface PlatformTermsSet {
  readonly service: 'PLATFORM_TERMS_SET';
  readonly withdrawDelayMinutes: number;
}

export type InternalAct =
  | PageApproved
  | PageExpired
  | PlatformAdded
  | PlatformKeyAdded
  | PlatformKeyRevoked
  | OrderOutcome
  | LotSettled
  | BatchItem
  | WithdrawDue
  | ProjectMiscarried
  | RefundOrdered
  | RefundDue
  | SuspenseCredited
  | SuspenseClaimed
  | SuspenseReturned
  | SuspenseReturnEnded
  | FeeInvoiced
  | FeeCollected
  | FeeDebited
  | PlatformTermsSet;
export type Act = PlatformAct | InternalAct;
/** Everything the ledger has an operation for. */
export type LedgerService = Act['service'];
export type ActOf<S extends LedgerService> = Extract<Act, { readonly service: S }>;

/**
 * Who numbered an instruction: the claim is unique per platform, origin and number. DUE is what the books give themselves for a time to come,
 * WORK what they give themselves to do between lone instructions.
 */
export type Origin = 'PLATFORM' | 'PAGE' | 'ORDER' | 'LOT' | 'OPERATOR' | 'DUE' | 'WORK';

export interface InstructionMessage {
  readonly version: 1;
  /** UUIDv7; the evidence's id for what a gateway received. */
  readonly messageId: string;
  readonly platformNo: string;
  readonly origin: Origin;
  /**
   * PLATFORM: requestNo. PAGE: `requestNo` + `:approved` or `:ended`. ORDER: orderId + `:` + outcome state. LOT: channel + `:` + clearing day.
   * OPERATOR: the act's UUID. DUE: as the decision named it that gave the act. WORK: the number that made the work + `:` + what it is.
   */
  readonly number: string;
  /** Hex SHA-256 of the content (contract/lossless.ts, contentToDigest; for internal acts over `encode(act)`). */
  readonly digest: string;
  /** Epoch milliseconds when a process of ours took it in; the time that every decision uses. */
  readonly receivedAt: number;
  readonly act: Act;
  readonly replyTo?: ReplyTo;
}
