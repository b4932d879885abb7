/** What the benchmark and its load generator tell each other: orders one way, figures the other. */

/** A platform as its own program knows it. */
export interface LoadPlatform {
  readonly platformNo: string;
  readonly keySerial: string;
  readonly privateKeyFile: string;
  readonly bankKeySerial: string;
  readonly bankPublicKeyFile: string;
  /** Its notify URL is http://127.0.0.1:<notifyPort>/notify. */
  readonly notifyPort: number;
}

/** Platforms are to get ready: listen for notifications, register their users, fund them, file a project. */
export interface FurnishOrder {
  readonly order: 'furnish';
  readonly gatewayUrl: string;
  readonly platforms: readonly LoadPlatform[];
  /** Investors of each platform; there is one borrower besides. */
  readonly investors: number;
  readonly seed: number;
}

export interface LoadPlan {
  readonly order: 'load';
  /** `mix`: 50 % pre-transactions, 25 % trades, 15 % queries, 10 % recharges of platform accounts. `password`: recharges that users approve. */
  readonly what: 'mix' | 'password';
  /** Measured, after `warmSeconds` that are not. */
  readonly seconds: number;
  readonly warmSeconds?: number;
  /** Closed loop: how many in flight. */
  readonly inFlight?: number;
  /** Open loop: arrivals per second. */
  readonly perSecond?: number;
  /** One at a time, each on an idle system: so many, and what an instruction set going is waited for before the next. */
  readonly lone?: number;
}

/** A quantile in milliseconds. */
export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface LoadFigures extends Latency {
  /** Of the measured seconds. */
  readonly answered: number;
  readonly refused: number;
  readonly failed: number;
  readonly firstFailure?: string;
  readonly seconds: number;
  /** The lower of what is answered and what is complete with its notification, instructions per second. */
  readonly rate: number;
  readonly answeredPerSecond: number;
  /** Accepted and answered in each second of the whole plan, warming included. */
  readonly everySecond: readonly number[];
  readonly byService: Readonly<Record<string, number>>;
  /** Everything that was answered, warming included: what the processor time of this plan was spent on. */
  readonly answeredInAll: number;
  readonly notified: Notified;
}

/** Notifications that were due and came; the quantiles are from the user's payment to the verified notification. */
export interface Notified extends Latency {
  readonly due: number;
  readonly received: number;
  /** Came again; a platform must bear it. */
  readonly repeated: number;
  /** Due, and not received before the deadline. */
  readonly missing: number;
}

export type LoadOrder = FurnishOrder | LoadPlan | { readonly order: 'profile'; readonly file?: string };

/** The generator's word on an order: what came of it, or what went wrong. */
export type LoadWord = { readonly done: unknown } | { readonly wrong: string };
