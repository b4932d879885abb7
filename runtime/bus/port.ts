/**
 * The bus: the one place where rooms meet. Two implementations, RabbitMQ and PostgreSQL, pass one suite.
 *
 * Publishing answers per message what became of it; unknown means publish again, since duplicates are legal and losses are not. A
 * partition has one living subscription. Bodies are JSON text of contract/internal.
 */
import type { Family, QueueName } from '../../contract/topology.ts';

export interface Outgoing {
  readonly family: Family;
  /** The platform's number: it chooses the partition, and gives order within it. */
  readonly platformNo: string;
  readonly messageId: string;
  readonly body: string;
  /** W3C traceparent. */
  readonly trace?: string;
  /** Asks for a receipt under this name, on a bus that gives any (`onReceipts`). */
  readonly receipt?: string;
}

/** accepted: quorum confirm or commit. unroutable, full: surely not accepted. unknown: deadline or lost connection; publish again. */
export type Publication = 'accepted' | 'unroutable' | 'full' | 'unknown';

export interface Delivered {
  readonly family: Family;
  readonly platformNo: string;
  readonly messageId: string;
  readonly body: string;
  readonly redelivered: boolean;
  readonly trace?: string;
}

/** A message set aside for a person, whole. */
export interface Parked {
  readonly message: Delivered;
  readonly queue: QueueName;
  readonly partition: number;
  readonly reason: string;
  readonly attempts: number;
}

export interface SubscribeOptions {
  readonly queue: QueueName;
  /** Which partition of a partitioned queue; 0 for others. */
  readonly partition: number;
  readonly maxBatch: number;
  readonly maxBytes: number;
  /**
   * Called before the first batch of each new ownership (start, reconnect, takeover), to take a new epoch. Throwing `Unavailable` retries.
   */
  takeOver?(): Promise<void>;
  /**
   * Waited for before a batch is taken, so that what comes meanwhile is in it. A hint, for pacing: where taking is a statement of its own (the
   * bus on PostgreSQL) it is not asked.
   */
  beforeBatch?(): Promise<void>;
  /**
   * Gets what is waiting, 1 to maxBatch, and never waits to fill. Resolves once it is committed; then all is acknowledged. Throws
   * `Unavailable` (given back, stands still with backoff 1-30 s), `Fenced` (the subscription closes and subscribes anew as a stand-by),
   * `Malformed` or anything else (rerun one by one; the culprit is parked after its attempts).
   */
  handle(batch: readonly Delivered[]): Promise<void>;
  /** Writes a parked message in the consumer's own schema; it is acknowledged afterwards. */
  park(parked: Parked): Promise<void>;
  /** Failed attempts of a message, alone, before it is parked. Default 3; `Malformed` is parked at once. */
  readonly attempts?: number;
}

export interface Subscription {
  /** Stops taking batches, waits for the one in hand. */
  close(): Promise<void>;
}

export interface TransientReply {
  readonly correlationId: string;
  readonly body: string;
}

export interface Question {
  readonly body: string;
}

export interface Bus {
  /** This instance's address for replies. */
  readonly address: string;
  /** Publishes durably; one answer per message, in order, by the deadline (milliseconds from now). */
  publish(messages: readonly Outgoing[], deadlineMs: number): Promise<readonly Publication[]>;
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /** Sends replies to an instance; at most once, dropped when nobody listens, never blocks. */
  reply(address: string, replies: readonly TransientReply[]): void;
  /** Takes the replies to this instance. Register waiters before publishing. */
  onReply(take: (reply: TransientReply) => void): void;
  /**
   * Only on a bus that can lose what it accepted, together with a queue. Hears the receipts of messages that this bus published and whose
   * consumer has handled or parked them; each at most once per delivery, soon after, or never. Returns what ends the hearing.
   */
  onReceipts?(take: (receipts: readonly string[]) => void): () => void;
  /** Asks any living server of `query`; at most once; the answer comes as a reply. False when it was surely not sent. */
  ask(platformNo: string, body: string): boolean;
  /** Serves questions, together with all other servers. */
  serve(answer: (question: Question) => Promise<void>): Promise<Subscription>;
  /** undefined when healthy, else the reason in words. */
  unwell(): string | undefined;
  close(): Promise<void>;
}
