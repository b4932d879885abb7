/**
 * What the counter and the bank's pages are to each other: `/gateway` hands an opened instruction over and gets what the browser is to be
 * shown; pages get the events of the books, and submit what their users do.
 */
import type { FastifyInstance } from 'fastify';
import type { Sealer } from '../certs/seal.ts';
import type { Signer } from '../certs/signer.ts';
import type { Envelope } from '../contract/envelope.ts';
import type { PlatformAct } from '../contract/internal/instruction.ts';
import type { PresentedMessage } from '../contract/internal/order.ts';
import type { Answer, ResultMessage } from '../contract/internal/reply.ts';
import type { PageService } from '../contract/services.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Database, Transaction } from '../runtime/postgres/database.ts';
import type { Submit } from './submit.ts';

/** A page service's message that the books have answered. */
export interface PageOpening {
  readonly platformNo: string;
  readonly serviceName: PageService;
  readonly requestNo: string;
  /** The evidence's and the instruction's id. */
  readonly messageId: string;
  readonly userDevice: 'PC' | 'MOBILE';
  /** Where the browser goes back to, from the request; undefined where it named no way back. */
  readonly redirectUrl: string | undefined;
  /** The request, personal data sealed. */
  readonly act: PlatformAct & { readonly service: PageService };
  /** As received: when the books have not answered in time, the browser is given the same signed message to send again. */
  readonly envelope?: Envelope;
  /**
   * With `page` set: an open page, new or opened again by the same message. Without: there is nothing to approve (refused, ended, or in
   * progress), and the browser is to be told so and sent back.
   */
  readonly answer: Answer;
}

/** What a browser is answered. */
export interface PageReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A refusal of the gateway or a missing answer, for a browser: no page can be opened. */
export interface PageRefusal {
  readonly errorCode: string;
  readonly errorMessage: string;
  readonly requestNo?: string;
}

export interface Pages {
  /** Adds the pages' own routes, all under `/page/`. Called once, before the server listens. */
  routes(server: FastifyInstance): void;
  /** Shows the page of an opened instruction, or why there is none. */
  open(opening: PageOpening): Promise<PageReply>;
  /** A plain page for a message that was refused; nothing in it is to be believed, so it leads nowhere. */
  refuse(refusal: PageRefusal): PageReply;
  /** Takes results whose number has ended or whose state changed, inside the transaction that takes them in; each comes once. */
  ended(results: readonly ResultMessage[], transaction: Transaction): Promise<void>;
  /** Takes what channels want shown, inside a transaction; may come more than once. */
  presented(messages: readonly PresentedMessage[], transaction: Transaction): Promise<void>;
  readonly stop: Stop;
}

/** What pages are opened with. */
export interface PageContext {
  readonly database: Database;
  readonly submit: Submit;
  readonly signer: Signer;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** The gateway's own base URL as browsers reach it, without a slash at its end; from configuration only. */
  readonly publicUrl: string;
  /** How long a page waits for the books before it says "in progress", milliseconds. */
  readonly waitMs: number;
}

/** `gateway/pages/` exports one of these. */
export type OpenPages = (context: PageContext) => Promise<Pages>;
