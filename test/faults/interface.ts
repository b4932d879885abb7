/**
 * What the fault driver and the load agree on, types only: the driver breaks things, the load speaks as platforms do and keeps every byte,
 * the assertions hold both against the books afterwards.
 */
import type { HistoryEvent } from './load/history.ts';

/** What a platform needs to speak and to listen. Keys are paths of PEM files. */
export interface PlatformCredentials {
  readonly platformNo: string;
  readonly keySerial: string;
  readonly privateKeyFile: string;
  readonly bankKeySerial: string;
  readonly bankPublicKeyFile: string;
  /** The port on the loopback where its notification endpoint must listen, for POSTs to `/notify`. */
  readonly notifyPort: number;
}

/** A new key of a platform, registered already; messages signed after `rotateKey` use it. */
export interface NewKey {
  readonly keySerial: string;
  readonly privateKeyFile: string;
}

/** well: takes, verifies and answers SUCCESS; dead: nobody listens; refusing: answers HTTP 500; slow: answers after many seconds. */
export type EndpointMode = 'well' | 'dead' | 'refusing' | 'slow';

/** All that one platform sent, was answered and was told. It is in a file: half an hour of it is more than should be in memory. */
export interface PlatformHistory {
  readonly platformNo: string;
  events(): AsyncIterable<HistoryEvent>;
  /** Card numbers, ID numbers, mobiles and passwords that it sent: in no log may any of them be. */
  readonly personalData: readonly string[];
}

export interface Counts {
  /** Instructions that were sent for the first time; tries again are not counted. */
  readonly sent: number;
  readonly answered: number;
  /** Sent, and not answered for certain yet. */
  readonly unknown: number;
  readonly notified: number;
}

export interface LoadOptions {
  /** Any of them may be down; each is a base URL. */
  readonly gatewayUrls: readonly string[];
  readonly platforms: readonly PlatformCredentials[];
  readonly seed: number;
  readonly perSecond: number;
  /** The payment company's control API. */
  readonly company: { readonly controlUrl: string };
  readonly note: (line: string) => void;
}

export interface Load {
  /** Opens accounts and projects, brings money in, then goes on with the mix. Resolves when the mix runs. */
  start(): Promise<void>;
  /** No new instructions; resolves when those in flight have finished (or given up as unknown). */
  pause(): Promise<void>;
  resume(): void;
  /** Ends the mix and, at last, the notification endpoints. */
  stop(): Promise<void>;
  /**
   * One lone instruction, tried again with the same number and content until a certain answer, and an order (a small recharge) that was
   * waiting moves. Resolves with milliseconds; rejects after `timeoutMs`.
   */
  probe(timeoutMs: number): Promise<number>;
  rotateKey(platformNo: string, key: NewKey): void;
  endpoint(platformNo: string, mode: EndpointMode): void;
  counts(): Counts;
  /**
   * After healing: no new instructions, endpoints well, and what is still unknown is sent until its answer is certain.
   * @returns what even so had no certain answer within `timeoutMs`.
   */
  finish(timeoutMs: number): Promise<readonly string[]>;
  /** A query of a platform; undefined without a certain answer. */
  ask(
    platformNo: string,
    serviceName: string,
    request: Readonly<Record<string, unknown>>,
  ): Promise<Readonly<Record<string, unknown>> | undefined>;
  histories(): readonly PlatformHistory[];
  /** Removes the histories' files; on failure leave them, they are the evidence. */
  remove(): Promise<void>;
}

/** Where what happened can be read after healing. */
export interface SettledWorld {
  /** Superuser of the product's database. */
  readonly databaseUrl: string;
  readonly redisUrl?: string;
  /** Absent on the embedded default. Queue names begin with `prefix`. */
  readonly amqp?: { readonly url: string; readonly prefix: string };
  readonly gatewayUrls: readonly string[];
  /** Every process's log file is in it. */
  readonly logsFolder: string;
  readonly companyControlUrl: string;
  /** Told what is being looked at: on a busy machine each takes its time. */
  readonly note?: (line: string) => void;
}

export interface Verdict {
  /** Accepted instructions that are not in the books, or final answers that the books contradict. */
  readonly lost: number;
  /** Instructions or orders that had an effect twice. */
  readonly doubled: number;
  /** Final states that were due to be told and were not received. */
  readonly undelivered: number;
  /** Every assertion that does not hold, in words; the lost, doubled and undelivered too. */
  readonly problems: readonly string[];
}

export interface Replayed {
  /** Messages that were sent again, byte for byte. */
  readonly replayed: number;
  /** Rows of money or state that changed by it: must be 0. */
  readonly moved: number;
  readonly problems: readonly string[];
}

export type OpenLoad = (options: LoadOptions) => Load;
export type SettleAndAssert = (world: SettledWorld, load: Load) => Promise<Verdict>;
export type ReplayAll = (load: Load, world: SettledWorld) => Promise<Replayed>;
