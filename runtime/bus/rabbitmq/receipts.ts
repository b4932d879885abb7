/**
 * Receipts: how a publisher learns that a message was handled, and not only confirmed; because RabbitMQ loses what it confirmed, when a queue
 * is deleted with what lies in it. A message may ask for a receipt; who consumed it gives one once it was handled or parked, to the address
 * of the publishing bus, several in one reply. They are replies, so each may be lost; then the publisher sends its message again.
 */
import type { Log } from '../../log.ts';
import type { Bus, TransientReply } from '../port.ts';

/** Under which replies are receipts and no answers; correlation ids of business are UUIDs. */
const RECEIPTS = 'receipts';
/** Receipts of so long a time travel together: what they spare is worth more than their haste. */
const GATHER_MS = 500;
/** A reply may have 1 MiB. */
const MOST_IN_ONE = 5_000;

/** What a message carries so that its receipt finds home. */
export const receiptWish = (address: string, receipt: string): string => `${address} ${receipt}`;

export interface Receipts {
  /** Says that messages which carried these wishes are dealt with. Never throws. */
  give(wishes: readonly string[]): void;
  /** Whether a reply was one of receipts; then those who wait for them have heard them. */
  heard(reply: TransientReply): boolean;
  readonly onReceipts: NonNullable<Bus['onReceipts']>;
  /** Sends what was gathered. */
  flush(): void;
}

export function openReceipts(reply: Bus['reply'], log: Log): Receipts {
  const gathered = new Map<string, string[]>();
  const listeners = new Set<(receipts: readonly string[]) => void>();
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const [address, receipts] of gathered)
      for (let from = 0; from < receipts.length; from += MOST_IN_ONE)
        reply(address, [{ correlationId: RECEIPTS, body: JSON.stringify(receipts.slice(from, from + MOST_IN_ONE)) }]);
    gathered.clear();
  };

  return {
    give: (wishes) => {
      for (const wish of wishes) {
        const at = wish.indexOf(' ');
        if (at < 0) continue;
        const address = wish.slice(0, at);
        const receipts = gathered.get(address);
        if (receipts === undefined) gathered.set(address, [wish.slice(at + 1)]);
        else receipts.push(wish.slice(at + 1));
      }
      if (gathered.size > 0) timer ??= setTimeout(flush, GATHER_MS);
    },
    heard: ({ correlationId, body }) => {
      if (correlationId !== RECEIPTS) return false;
      try {
        const receipts = JSON.parse(body) as readonly string[];
        for (const listener of listeners) listener(receipts);
      } catch (error) {
        log.error({ err: error }, 'bus: receipts that cannot be read');
      }
      return true;
    },
    onReceipts: (take) => {
      listeners.add(take);
      return () => listeners.delete(take);
    },
    flush,
  };
}
