/**
 * Delivers callbacks: signed, one POST each, until the merchant answers exactly `success`. The number of tries lives in the process only:
 * after a restart everything that was not taken is tried at once.
 */
import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { signed } from './signing.ts';
import type { Callback, Event, State } from './state.ts';

/** Gaps between tries of one callback; the last one repeats. */
const GAPS_MS = [200, 400, 800, 1_600, 3_000, 5_000, 10_000, 30_000];
const ANSWER_MS = 5_000;
/** How many are under way at once. */
const AT_ONCE = 8;

export interface Delivery {
  /** Starts what is due. */
  tick(): void;
  stop(): void;
}

export interface DeliverySettings {
  readonly state: State;
  readonly record: (events: readonly Event[]) => void;
  /** Resolves once what was recorded is on the disk. */
  readonly kept: () => Promise<void>;
  readonly key: KeyObject;
  readonly now: () => number;
}

export function deliveryOf({ state, record, kept, key, now }: DeliverySettings): Delivery {
  const forger = generateKeyPairSync('ed25519').privateKey;
  const tries = new Map<string, { readonly count: number; readonly notBefore: number }>();
  const underWay = new Set<string>();
  let stopped = false;

  const post = async (callback: Callback): Promise<boolean> => {
    await kept();
    const body = Buffer.from(callback.body, 'utf8');
    const stamped = { path: '', timestamp: String(now()), nonce: randomUUID() };
    const response = await fetch(callback.url, {
      method: 'POST',
      body,
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: {
        'content-type': 'application/json',
        'x-timestamp': stamped.timestamp,
        'x-nonce': stamped.nonce,
        'x-signature': signed(callback.forged ? forger : key, 'CALLBACK', stamped, body),
      },
    });
    const text = await response.text();
    // A forger does not wait to be believed.
    return callback.forged || (response.status === 200 && text === 'success');
  };

  const deliver = async (callback: Callback): Promise<void> => {
    underWay.add(callback.id);
    const taken = await post(callback).catch(() => callback.forged);
    underWay.delete(callback.id);
    if (stopped) return;
    if (taken) {
      record([{ event: 'delivered', id: callback.id }]);
      tries.delete(callback.id);
      return;
    }
    const count = (tries.get(callback.id)?.count ?? 0) + 1;
    const gap = GAPS_MS[Math.min(count, GAPS_MS.length) - 1] ?? 0;
    tries.set(callback.id, { count, notBefore: now() + gap });
  };

  return {
    tick: () => {
      for (const callback of state.callbacks.values()) {
        if (underWay.size >= AT_ONCE) return;
        const notBefore = Math.max(callback.dueAt, tries.get(callback.id)?.notBefore ?? 0);
        if (!underWay.has(callback.id) && notBefore <= now()) void deliver(callback);
      }
    },
    stop: () => {
      stopped = true;
    },
  };
}
