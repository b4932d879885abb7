/**
 * Takes in what the books have done: registry changes, pages that end, notifications to be told. An event is taken once, all it causes is in
 * one commit, and only then its sender is answered.
 */
import { decode, encode } from '../contract/internal/codec.ts';
import type { PresentedMessage } from '../contract/internal/order.ts';
import type { ReplyMessage, ResultMessage } from '../contract/internal/reply.ts';
import type { Bus, Delivered, Subscription } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import { Malformed } from '../runtime/failure.ts';
import { fault } from '../runtime/fault.ts';
import type { Log } from '../runtime/log.ts';
import type { Database, Transaction } from '../runtime/postgres/database.ts';
import { parkStatement } from '../runtime/postgres/parked.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { Notifier } from './notifications/notifier.ts';
import type { Pages } from './page-port.ts';
import { changeRefusal } from './registry/keys.ts';
import type { Registry } from './registry/registry.ts';
import { applyChange } from './registry/rows.ts';

export interface ResultParts {
  readonly database: Database;
  readonly bus: Pick<Bus, 'subscribe' | 'reply'>;
  readonly registry: Pick<Registry, 'refresh'>;
  readonly pages: Pick<Pages, 'ended' | 'presented'>;
  readonly notifier: Pick<Notifier, 'stage' | 'nudge'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Events in one commit at most. */
const MOST_RESULTS = 200;
const MOST_BYTES = 8 * 1024 * 1024;

export function consumeResults(parts: ResultParts): Promise<Subscription> {
  const { database, bus, registry, notifier, log } = parts;
  return bus.subscribe({
    queue: 'gateway.result',
    partition: 0,
    maxBatch: MOST_RESULTS,
    maxBytes: MOST_BYTES,
    handle: async (batch) => {
      const results = batch.map((message) => read<ResultMessage>(message));
      const taken = await database.transaction((transaction) => takeResults(results, transaction, parts));
      await fault('gateway.after-results-before-reply');
      if (taken.some(({ notify }) => notify)) notifier.nudge();
      if (results.some((result) => result.registry !== undefined))
        await registry
          .refresh()
          .catch((error: unknown) => log.warn({ err: error }, 'the registry is read a little later'));
      // Also for events taken before: then it was our reply that was lost.
      for (const result of results) if (result.replyTo !== undefined) answer(await answered(result, database), bus);
    },
    park: async (parked) => {
      await database.execute(parkStatement('gateway', parked));
      log.error({ reason: parked.reason, messageId: parked.message.messageId }, 'a result was set aside');
    },
  });
}

/** Takes in those events that are new, in their order, and answers them. */
async function takeResults(
  results: readonly ResultMessage[],
  transaction: Transaction,
  { pages, notifier, clock }: ResultParts,
): Promise<readonly ResultMessage[]> {
  const rows = await transaction.rows<{ platform_no: string; event: string }>(sql`
    insert into gateway.result_taken (platform_no, event)
    select * from unnest(${results.map(({ platformNo }) => platformNo)}::text[], ${results.map(({ event }) => event)}::text[])
    on conflict do nothing
    returning platform_no, event`);
  const fresh = new Map(rows.map(({ platform_no, event }) => [JSON.stringify([platform_no, event]), true]));
  // An event twice in one batch is new once.
  const taken = results.filter(({ platformNo, event }) => fresh.delete(JSON.stringify([platformNo, event])));
  for (const { registry, platformNo } of taken) {
    if (registry !== undefined) await applyChange(transaction, platformNo, registry);
  }
  if (taken.length > 0) await pages.ended(taken, transaction);
  const told = taken.filter(({ notify }) => notify);
  if (told.length > 0) await notifier.stage(told, transaction, clock.now());
  return taken;
}

/** An operator hears also what the registry did not take. */
async function answered(result: ResultMessage, database: Database): Promise<ResultMessage> {
  const { registry, platformNo } = result;
  const refusal = registry === undefined ? undefined : await changeRefusal(database, platformNo, registry);
  if (refusal === undefined) return result;
  return { ...result, answer: { status: 'INIT', errorCode: '100008', errorMessage: refusal, final: true, fields: {} } };
}

function answer({ replyTo, platformNo, answer }: ResultMessage, bus: Pick<Bus, 'reply'>): void {
  if (replyTo === undefined) return;
  const { address, correlationId } = replyTo;
  const message: ReplyMessage = { version: 1, correlationId, platformNo, answer };
  bus.reply(address, [{ correlationId, body: encode(message) }]);
}

export function consumePresented({ database, bus, pages, log }: ResultParts): Promise<Subscription> {
  return bus.subscribe({
    queue: 'gateway.presented',
    partition: 0,
    maxBatch: MOST_RESULTS,
    maxBytes: MOST_BYTES,
    handle: async (batch) => {
      const messages = batch.map((message) => read<PresentedMessage>(message));
      await database.transaction((transaction) => pages.presented(messages, transaction));
    },
    park: async (parked) => {
      await database.execute(parkStatement('gateway', parked));
      log.error(
        { reason: parked.reason, messageId: parked.message.messageId },
        'what a channel presents was set aside',
      );
    },
  });
}

function read<T extends { readonly version: number }>({ body, messageId }: Delivered): T {
  try {
    return decode<T>(body);
  } catch (error) {
    throw new Malformed(`message ${messageId} cannot be read`, { cause: error });
  }
}
