/** Answers from the ledger: to a waiting gateway instance (transient), and as durable results that are told to platforms. */
import type { ErrorCode } from '../codes.ts';
import type { Fen } from '../money.ts';
import type { Sealed } from '../sealed.ts';
import type { PageService, QueryService, RequestOf, ServiceName } from '../services.ts';
import type { LedgerService, PlatformKey, PlatformRegistration } from './instruction.ts';
import type { ReplyTo } from './reply-to.ts';

/** A business field: money as Fen, personal data sealed; the gateway opens and prints it. */
export type FieldValue =
  | string
  | number
  | boolean
  | Fen
  | Sealed
  | null
  | readonly FieldValue[]
  | { readonly [name: string]: FieldValue };
export type Fields = { readonly [name: string]: FieldValue };

/** What a page shows of an instruction that waits for its user. */
export interface PageFacts {
  readonly service: PageService;
  /** undefined for a platform's own account, which needs no password. */
  readonly platformUserNo: string;
  readonly needs: 'PASSWORD' | 'NEW_PASSWORD' | 'CONFIRMATION';
  readonly expiresAt: number;
  /** Absent where the platform named no way back: the page ends at the bank. */
  readonly redirectUrl?: string;
  /** What the user approves, in the order of showing, e.g. amount, commission, projectNo, masked card. */
  readonly lines: Fields;
  /**
   * The four elements 四要素 of the user, for a page on which he must prove them: RESET_PASSWORD with isSkip Forget. The gateway compares
   * keyed hashes; without these such a page cannot be approved.
   */
  readonly elements?: { readonly [E in 'name' | 'idCardNo' | 'bankcardNo' | 'mobile']?: Sealed };
}

/** What the ledger answers. SUCCESS and INIT-with-errorCode are final; PROCESSING and an open page are not. */
export interface Answer {
  readonly status: 'SUCCESS' | 'PROCESSING' | 'INIT';
  readonly errorCode?: ErrorCode;
  readonly errorMessage?: string;
  /** Whether this is the last word on its number, so that it may be cached. */
  readonly final: boolean;
  /** Business fields after requestNo, in the order of printing. */
  readonly fields: Fields;
  /** Set while a page waits for its user. */
  readonly page?: PageFacts;
}

export interface ReplyMessage {
  readonly version: 1;
  readonly correlationId: string;
  readonly platformNo: string;
  readonly answer: Answer;
}

export interface QueryMessage {
  readonly version: 1;
  readonly platformNo: string;
  readonly query: {
    readonly [S in QueryService]: { readonly service: S; readonly request: RequestOf<S> };
  }[QueryService];
  readonly replyTo: ReplyTo;
}

/** Services that only notifications have. */
export type NotifyOnly = 'BACKROLL_RECHARGE';

/**
 * A durable event of an instruction, from the ledger's outbox. `event` never changes its content and is unique: an instruction with
 * several states to tell (a withdrawal) makes one event per state.
 */
export interface ResultMessage {
  readonly version: 1;
  /** Unique: `${requestNo}:${state}`, e.g. `W1:SUCCESS`. */
  readonly event: string;
  readonly platformNo: string;
  readonly requestNo: string;
  readonly serviceName: ServiceName | NotifyOnly | LedgerService;
  readonly occurredAt: number;
  /** The last word on requestNo, so that a page that waits may end. */
  readonly ended: boolean;
  /** Told to the platform by a signed notification. */
  readonly notify: boolean;
  readonly answer: Answer;
  /** Set by operators' acts: what the gateway's registry must now know. */
  readonly registry?:
    | { readonly change: 'PLATFORM'; readonly platform: PlatformRegistration }
    | { readonly change: 'KEY_ADDED'; readonly key: PlatformKey }
    | { readonly change: 'KEY_REVOKED'; readonly keySerial: string; readonly revokedAt: number };
  /** Who waits until the gateway has taken this in (operators' acts). */
  readonly replyTo?: ReplyTo;
}
