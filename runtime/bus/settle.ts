/**
 * What a subscription does with a batch, the same on every bus: acknowledge after success; stand still while something is away; run one by
 * one after a defect, and set the culprit aside. Nothing overtakes, because the batch stays in hand until it is dealt with.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Fenced, Malformed, Unavailable } from '../failure.ts';
import type { Log } from '../log.ts';
import { answerCanary, isCanary } from './canary.ts';
import type { Bus, Delivered, SubscribeOptions } from './port.ts';

/** Standing still: the first wait, and the longest. */
export const BACKOFF_MS = { first: 1_000, most: 30_000 };
/** Between attempts of a message that failed alone. */
const ATTEMPT_MS = 100;
const ATTEMPTS = 3;

export interface Settling {
  readonly options: SubscribeOptions;
  readonly log: Log;
  /** Aborted when the subscription closes or loses its line: then the batch is left unacknowledged. */
  readonly signal: AbortSignal;
  acknowledge(messages: readonly Delivered[]): Promise<void>;
  /** For canaries (canary.ts). */
  readonly reply: Bus['reply'];
}

/** Why a batch was left unacknowledged: the subscription closes. */
export class GivenBack extends Error {
  override readonly name = 'GivenBack';
}

/** Waits, unless the subscription ends. Throws `GivenBack` then. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw new GivenBack('the subscription ends');
  }
}

/** Does something again and again while what it needs is away; other errors pass. */
export async function standStill(
  what: string,
  { options, log, signal }: Settling,
  act: () => Promise<void>,
): Promise<void> {
  for (let waitMs = BACKOFF_MS.first; ; waitMs = Math.min(waitMs * 2, BACKOFF_MS.most)) {
    if (signal.aborted) throw new GivenBack('the subscription ends');
    try {
      await act();
      return;
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      const { queue, partition } = options;
      log.warn({ err: error, queue, partition, waitMs }, `${what}: standing still`);
      await pause(waitMs, signal);
    }
  }
}

async function park(message: Delivered, reason: unknown, attempts: number, settling: Settling): Promise<void> {
  const { options, log } = settling;
  const { queue, partition } = options;
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : 'an unknown failure';
  log.error({ err: reason, queue, partition, messageId: message.messageId, attempts }, 'parking a message');
  await standStill('parking', settling, async () => {
    try {
      await options.park({ message, queue, partition, reason: text, attempts });
    } catch (error) {
      // What cannot even be parked must not be lost: it stays, and so does everything behind it.
      if (error instanceof Unavailable || error instanceof Fenced) throw error;
      throw new Unavailable('a message could not be parked', { cause: error });
    }
  });
}

async function settleAlone(message: Delivered, settling: Settling): Promise<void> {
  const { options, signal } = settling;
  const most = options.attempts ?? ATTEMPTS;
  for (let attempt = 1; ; attempt++) {
    try {
      await standStill('handling', settling, () => options.handle([message]));
      break;
    } catch (error) {
      if (error instanceof Fenced || error instanceof GivenBack) throw error;
      if (error instanceof Malformed || attempt >= most) {
        await park(message, error, attempt, settling);
        break;
      }
      await pause(ATTEMPT_MS, signal);
    }
  }
  await settling.acknowledge([message]);
}

/**
 * Deals with a batch until all of it is acknowledged.
 * @throws Fenced when another owner has the line; GivenBack when the subscription ends; what `acknowledge` throws.
 */
export async function settle(batch: readonly Delivered[], settling: Settling): Promise<void> {
  const { options, log, reply } = settling;
  const canaries = batch.filter(isCanary);
  const business = canaries.length === 0 ? batch : batch.filter((message) => !isCanary(message));
  try {
    if (business.length > 0) await standStill('handling', settling, () => options.handle(business));
  } catch (error) {
    if (error instanceof Fenced || error instanceof GivenBack) throw error;
    const { queue, partition } = options;
    log.warn({ err: error, queue, partition, batch: batch.length }, 'a batch failed: running it one by one');
    for (const message of batch) {
      if (!isCanary(message)) {
        await settleAlone(message, settling);
        continue;
      }
      answerCanary(message, reply);
      await settling.acknowledge([message]);
    }
    return;
  }
  for (const canary of canaries) answerCanary(canary, reply);
  await settling.acknowledge(batch);
}
