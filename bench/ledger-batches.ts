/**
 * ASYNC_TRANSACTION through the real bus: batches are published as the gateway publishes them, a whole ledger works them off beside its outbox,
 * and the clock stops when what is told of the last item has come out of the bus again.
 */

import { decode } from '../contract/internal/codec.ts';
import type { ResultMessage } from '../contract/internal/reply.ts';
import { PARTITIONS } from '../contract/topology.ts';
import { startLedger } from '../ledger/main.ts';
import { openBus } from '../runtime/bus/open.ts';
import type { Bus } from '../runtime/bus/port.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Stop } from '../runtime/lifecycle.ts';
import { openLog } from '../runtime/log.ts';
import { batchOf, DETAILS_OF_ITEM } from './ledger-drive.ts';
import type { HoldToCapture } from './ledger-load.ts';

export interface Batches {
  /** Sends the trades of these holds in batches; answers details per second, all of them told. */
  run(work: readonly { readonly platformNo: string; readonly holds: readonly HoldToCapture[] }[]): Promise<number>;
  readonly stop: Stop;
}

const PUBLISH_MS = 60_000;
const MOST_RESULTS = 500;
const MOST_BYTES = 8 * 1024 * 1024;

/** Starts a whole ledger on this database, and a bus on RabbitMQ. @param items in one batch. */
export async function startBatches(databaseUrl: string, amqpUrl: string, items: number): Promise<Batches> {
  const log = openLog({ name: 'bench', level: 'warn' });
  const bus: Bus = await openBus({ bus: { kind: 'rabbitmq', url: amqpUrl }, log, name: 'bench' });
  let left = 0;
  let failed = 0;
  let done = (): void => undefined;
  const subscription = await bus.subscribe({
    queue: 'gateway.result',
    partition: 0,
    maxBatch: MOST_RESULTS,
    maxBytes: MOST_BYTES,
    handle: async (batch) => {
      for (const { body } of batch) if (decode<ResultMessage>(body).answer.status !== 'SUCCESS') failed += 1;
      left -= batch.length;
      if (left === 0) done();
    },
    park: async ({ reason }) => Promise.reject(new Error(reason)),
  });
  const stopLedger = await startLedger(
    { partitions: Array.from({ length: PARTITIONS }, (_, partition) => partition) },
    { databaseUrl, bus, log, clock: systemClock },
  );
  let batches = 0;
  let stopping: Promise<void> | undefined;
  return {
    run: async (work) => {
      const messages = work.flatMap(({ platformNo, holds }) => {
        const cut = Array.from({ length: Math.ceil(holds.length / items) }, (_, index) =>
          holds.slice(index * items, (index + 1) * items),
        );
        return cut.map((some) => {
          batches += 1;
          return batchOf(platformNo, `BATCH-${batches}`, some);
        });
      });
      const count = work.reduce((total, { holds }) => total + holds.length, 0);
      left = count;
      failed = 0;
      const told = new Promise<void>((resolve) => {
        done = resolve;
      });
      const since = performance.now();
      const answers = await bus.publish(messages, PUBLISH_MS);
      if (answers.some((answer) => answer !== 'accepted')) throw new Error('the bus did not accept a batch');
      await told;
      if (failed > 0) throw new Error(`${failed} of ${count} trades were refused`);
      return (count * DETAILS_OF_ITEM * 1000) / (performance.now() - since);
    },
    stop: () => {
      stopping ??= (async () => {
        await stopLedger();
        await subscription.close();
        await bus.close();
      })();
      return stopping;
    },
  };
}
