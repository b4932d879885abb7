/**
 * Looks after every order that something is due for: new ones are sent, pending and unknown ones asked about, expired collections closed.
 * Due times are rows, leased one instance at a time, so several instances share the work and a dead one's is taken over.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import { type Calling, step } from './calling.ts';
import type { OrderRow } from './rows.ts';
import { leaseDue } from './statements.ts';

export interface Asking {
  /** Says that something became due. Never throws. */
  kick(): void;
  readonly stop: Stop;
}

export interface AskingOptions extends Calling {
  readonly log: Log;
  /** Called after each step and each turn: what else waits for orders to be done. */
  readonly afterwards: () => Promise<void>;
}

/** Calls under way at once in one instance: a slow channel must not take all connections and memory. */
const AT_ONCE = 32;
/** Looks by itself so often, for what another instance left. */
const POLL_MS = 250;
/** A lease outlives the longest step: two calls (ask, then send again) and their commits. */
const leaseMsOf = (calling: Calling): number =>
  2 * Math.max(0, ...[...calling.channels.values()].map(({ timeoutMs }) => timeoutMs)) + 3_000;

/** Starts it. What fails is logged and tried again; nothing is thrown. */
export function startAsking(options: AskingOptions): Asking {
  const { log, database, clock } = options;
  const leaseMs = leaseMsOf(options);
  const stopped = new AbortController();
  const underWay = new Set<Promise<void>>();
  let wanted = true;
  let wake = (): void => undefined;

  const one = async (order: OrderRow): Promise<void> => {
    try {
      await step(options, order);
      await options.afterwards();
    } catch (error) {
      log.error({ err: error, orderId: order.orderId }, 'a step of an order failed; it is tried again');
    }
  };

  const turn = async (): Promise<void> => {
    const room = AT_ONCE - underWay.size;
    const due = room > 0 ? await leaseDue(database, clock.now(), leaseMs, room) : [];
    for (const order of due) {
      const running = one(order).finally(() => {
        underWay.delete(running);
        wake();
      });
      underWay.add(running);
    }
    // More may be due than there was room for; a full house waits for someone to leave.
    if (due.length === room && room > 0) wanted = true;
  };

  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      wanted = false;
      try {
        await turn();
        await options.afterwards();
      } catch (error) {
        log.warn({ err: error }, 'could not look for due orders');
        await sleep(1_000, undefined, { signal: stopped.signal }).catch(() => undefined);
      }
      if (wanted || stopped.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, POLL_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = () => undefined;
    }
    await Promise.all(underWay);
  };
  const running = run();

  return {
    kick: () => {
      wanted = true;
      wake();
    },
    stop: async () => {
      stopped.abort();
      wake();
      await running;
    },
  };
}
