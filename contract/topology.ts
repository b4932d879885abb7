/**
 * The bus as data: which families of message there are, which queue takes each, and how many partitions the books have.
 * A queue is named `<consumer>.<family>`. Instructions and outcomes of one partition share one queue, because one writer owns both.
 */

/** How many partitions the books have. Fixed: a platform must stay in its partition for ever. */
export const PARTITIONS = 4;

/** Durable families, each with the queue that takes it. */
export const families = {
  instruction: { queue: 'ledger.instruction' },
  outcome: { queue: 'ledger.instruction' },
  order: { queue: 'adapters.order' },
  presented: { queue: 'gateway.presented' },
  result: { queue: 'gateway.result' },
} as const;
export type Family = keyof typeof families;

/** Durable queues. A partitioned one is PARTITIONS queues, each with a single active consumer. */
export const queues = {
  'ledger.instruction': { partitioned: true },
  'adapters.order': { partitioned: false },
  'gateway.presented': { partitioned: false },
  'gateway.result': { partitioned: false },
} as const;
export type QueueName = keyof typeof queues;

/** Transient families: a question to any living ledger process, and the answer to one gateway instance. */
export type TransientFamily = 'query' | 'reply';

/** The partition that a platform's books live in: FNV-1a of its number. */
export function partitionOf(platformNo: string): number {
  let hash = 0x811c9dc5;
  for (const character of platformNo) {
    hash ^= character.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193) >>> 0;
  }
  return hash % PARTITIONS;
}
