/** The outbox on a bus that loses what it confirmed: rows stay until their consumer gave a receipt, and what a deleted queue took comes again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Family, partitionOf } from '../../contract/topology.ts';
import { isCanary } from '../../runtime/bus/canary.ts';
import { lineFor } from '../../runtime/bus/lines.ts';
import type { Bus, Delivered, Outgoing, SubscribeOptions } from '../../runtime/bus/port.ts';
import { Malformed } from '../../runtime/failure.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { type Database, openDatabase } from '../../runtime/postgres/database.ts';
import { outboxTable, stageStatement } from '../../runtime/postgres/outbox.ts';
import type { ProofLimits } from '../../runtime/postgres/outbox-proof.ts';
import { type OutboxRelay, startOutboxRelay } from '../../runtime/postgres/outbox-relay.ts';
import { once, sql } from '../../runtime/postgres/sql.ts';
import {
  amqpUrl,
  describeOnServers,
  type FreshDatabase,
  freshDatabase,
  serverDatabaseUrl,
  waitFor,
} from '../servers.ts';
import { type Ground, quiet, rabbitGround } from './bus-grounds.ts';
import { remembering } from './bus-suite.ts';

const PLATFORM = 'P3';
const FAMILIES = ['result', 'order', 'outcome', 'presented'] as const satisfies readonly Family[];
const QUEUES = ['gateway.result', 'adapters.order', 'ledger.instruction', 'gateway.presented'] as const;
const message = (messageId: string, family: Family = 'result'): Outgoing => ({
  family,
  platformNo: PLATFORM,
  messageId,
  body: '{}',
});
const several = (from: number, to: number, family: Family = 'result'): Outgoing[] =>
  Array.from({ length: to - from + 1 }, (_, index) => message(`${family}-${from + index}`, family));
const ids = (messages: readonly { readonly messageId: string }[]): string[] =>
  messages.map(({ messageId }) => messageId);
/** What is waited for may take several rounds of canaries on a busy machine. */
const LONG = { deadlineMs: 40_000 };

/** A bus whose publishing is written down. */
function watched(bus: Pick<Bus, 'publish' | 'onReceipts'>) {
  const sent: Outgoing[] = [];
  return {
    business: () => ids(sent.filter((one) => !isCanary(one))),
    canaries: () => sent.filter(isCanary).length,
    publish: (messages: readonly Outgoing[], deadlineMs: number) => {
      sent.push(...messages);
      return bus.publish(messages, deadlineMs);
    },
    onReceipts: (take: (receipts: readonly string[]) => void) => bus.onReceipts?.(take) ?? (() => undefined),
  };
}

/** A bus that accepts all, and whose receipts are ours to give. */
function ours(whileSending: (receipts: readonly string[], hear: (receipts: readonly string[]) => void) => void) {
  const sent: Outgoing[] = [];
  let hear: (receipts: readonly string[]) => void = () => undefined;
  return {
    sent,
    receipts: () => sent.flatMap(({ receipt }) => receipt ?? []),
    give: (receipts: readonly string[]) => hear(receipts),
    publish: async (messages: readonly Outgoing[]) => {
      sent.push(...messages);
      whileSending(
        messages.flatMap(({ receipt }) => receipt ?? []),
        hear,
      );
      return messages.map(() => 'accepted' as const);
    },
    onReceipts: (take: (receipts: readonly string[]) => void) => {
      hear = take;
      return () => undefined;
    },
  };
}

describeOnServers('an outbox before a bus that can lose', () => {
  let fresh: FreshDatabase;
  let database: Database;
  let ground: Ground;
  const relays: OutboxRelay[] = [];
  const opened: Bus[] = [];
  const open = async (): Promise<Bus> => {
    const bus = await ground.open();
    opened.push(bus);
    return bus;
  };
  const relay = (
    bus: Pick<Bus, 'publish' | 'onReceipts'>,
    proof: ProofLimits = { doubtfulMs: 1_000 },
    metrics = openMetrics({ ofProcess: false }),
  ): OutboxRelay => {
    const started = startOutboxRelay({ database, schema: 'ledger', bus, log: quiet, metrics, proof });
    relays.push(started);
    return started;
  };
  const stage = (...messages: readonly Outgoing[]) =>
    database.transaction((transaction) => transaction.execute(stageStatement('ledger', messages)));
  const left = async (): Promise<number> =>
    Number((await database.row<{ n: bigint }>(sql`select count(*) as n from ledger.outbox`))?.n);
  const consuming = async (bus: Bus, queue: SubscribeOptions['queue'], options: Partial<SubscribeOptions> = {}) => {
    const partition = queue === 'ledger.instruction' ? partitionOf(PLATFORM) : 0;
    const remembered = remembering(partition, { queue, ...options });
    await bus.subscribe(remembered.options);
    return remembered;
  };
  const ready = async (family: Family): Promise<number> => {
    const model = await connect(ground.url);
    const channel = await model.createChannel();
    const { messageCount } = await channel.checkQueue((ground.forChild['prefix'] ?? '') + lineFor(message('', family)));
    await model.close();
    return messageCount;
  };

  beforeAll(async () => {
    ground = await rabbitGround(amqpUrl());
  });
  beforeEach(async () => {
    fresh = await freshDatabase(serverDatabaseUrl());
    database = openDatabase({ url: fresh.url });
    const role = once(sql`do $$ begin create role qianzhi_ledger nologin; exception when others then null; end $$`);
    await database.execute(role);
    await database.execute({ text: 'create schema ledger', values: [] });
    for (const text of outboxTable('ledger')
      .split(';')
      .filter((one) => one.trim() !== ''))
      await database.execute({ text, values: [] });
  });
  afterEach(async () => {
    await Promise.all(relays.splice(0).map((one) => one.stop()));
    for (const bus of opened.splice(0)) await bus.close();
    for (const family of FAMILIES) await ground.removeLine(lineFor(message('', family)));
    await database.close();
    await fresh.drop();
  });
  afterAll(() => ground.clear());

  test('what was confirmed and lay in a queue that was deleted is handled once its consumer is there', async () => {
    const metrics = openMetrics({ ofProcess: false });
    const started = relay(await open(), { doubtfulMs: 2_000 }, metrics);
    const all = FAMILIES.map((family) => several(1, 20, family));
    await stage(...all.flat());
    started.nudge();
    for (const family of FAMILIES)
      await waitFor(async () => (await ready(family)) >= 20, { what: `${family} to lie ready`, deadlineMs: 20_000 });
    for (const family of FAMILIES) await ground.removeLine(lineFor(message('', family)));
    const consumer = await open();
    const consumed = await Promise.all(QUEUES.map((queue) => consuming(consumer, queue)));
    const handled = (): readonly Delivered[] => consumed.flatMap((one) => one.handled);
    await waitFor(() => new Set(ids(handled())).size === 80, { what: 'all that the queues took with them', ...LONG });
    expect(new Set(ids(handled()))).toEqual(new Set(ids(all.flat())));
    await waitFor(async () => (await left()) === 0, { what: 'the rows to be proved', ...LONG });
    expect(await metrics.print()).toMatch(/qianzhi_outbox_republished_total\{schema="ledger"\} ([89]\d|\d{3})/);
  });

  test('a receipt takes the row out; while receipts come, nothing goes twice and no canary is sent', async () => {
    const bus = watched(await open());
    const consumer = await consuming(await open(), 'gateway.result');
    const started = relay(bus, { doubtfulMs: 30_000 });
    for (let from = 1; from <= 401; from += 100) {
      await stage(...several(from, from + 99));
      started.nudge();
    }
    await waitFor(async () => (await left()) === 0, { what: 'the rows to be proved', ...LONG });
    expect(ids(consumer.handled)).toEqual(ids(several(1, 500)));
    expect(bus.business()).toEqual(ids(several(1, 500)));
    expect(bus.canaries()).toBe(0);
  });

  test('a message that is parked is proved too', async () => {
    const handle = async (batch: readonly Delivered[]): Promise<void> => {
      if (batch.some(({ messageId }) => messageId === 'result-2')) throw new Malformed('not this one');
    };
    const consumer = await consuming(await open(), 'gateway.result', { handle });
    relay(await open(), { doubtfulMs: 30_000 });
    await stage(...several(1, 3));
    await waitFor(async () => (await left()) === 0, { what: 'the rows to be proved', ...LONG });
    expect(consumer.parked.map((one) => one.message.messageId)).toEqual(['result-2']);
    expect(ids(consumer.handled)).toEqual(['result-1', 'result-3']);
  });

  test('while a consumer is away nothing goes twice, however long; what it handles then is proved', async () => {
    const bus = watched(await open());
    const started = relay(bus, { doubtfulMs: 500 });
    await stage(...several(1, 20));
    started.nudge();
    await waitFor(() => bus.canaries() >= 4, { what: 'canaries that nobody hears', ...LONG });
    expect(bus.business()).toEqual(ids(several(1, 20)));
    expect(await left()).toBe(20);
    const consumer = await consuming(await open(), 'gateway.result');
    await waitFor(async () => (await left()) === 0, { what: 'the rows to be proved', ...LONG });
    expect(new Set(ids(consumer.handled))).toEqual(new Set(ids(several(1, 20))));
  });

  test('what one of several consumers holds is not proved by what another handles, and goes again', async () => {
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    try {
      const taken: string[] = [];
      const holding = await consuming(await open(), 'gateway.result', {
        handle: async (batch) => {
          taken.push(...ids(batch));
          await held;
        },
      });
      const bus = watched(await open());
      relay(bus, { doubtfulMs: 1_000 });
      await stage(message('result-1'));
      await waitFor(() => taken.includes('result-1'));
      await consuming(await open(), 'gateway.result');
      // A canary that came to the other consumer says so. To whom the broker gives the second copy is its affair.
      const copies = (): number => bus.business().filter((id) => id === 'result-1').length;
      await waitFor(() => copies() > 1, { what: 'the second copy', ...LONG });
      expect(holding.handled).toEqual([]);
    } finally {
      go();
    }
    await waitFor(async () => (await left()) === 0, { what: 'the row to be proved', ...LONG });
  });

  test('too much without a receipt makes its own line wait, and no other; receipts let it go on', async () => {
    const bus = ours(() => undefined);
    await stage(...several(1, 1_200));
    const started = relay(bus, { most: 100, doubtfulMs: 60_000 });
    await waitFor(() => bus.sent.length >= 500);
    await stage(message('order-1', 'order'));
    started.nudge();
    await waitFor(() => ids(bus.sent).includes('order-1'));
    expect(bus.sent).toHaveLength(501);
    bus.give(bus.receipts());
    await waitFor(() => bus.sent.length === 1_001);
    bus.give(bus.receipts());
    await waitFor(() => bus.sent.length === 1_201);
    bus.give(bus.receipts());
    await waitFor(async () => (await left()) === 0);
    expect(ids(bus.sent).filter((id) => id !== 'order-1')).toEqual(ids(several(1, 1_200)));
  });

  test('a receipt that is faster than the confirm counts, and one that was never given does not', async () => {
    const bus = ours((receipts, hear) => hear([...receipts.slice(1), 'ledger:999', 'adapters:1', 'ledger:x', '']));
    await stage(...several(1, 5));
    relay(bus, { doubtfulMs: 60_000 });
    await waitFor(async () => (await left()) === 1);
    await sleep(1_500);
    expect(await left()).toBe(1);
    expect(ids(bus.sent)).toEqual(ids(several(1, 5)));
  });

  test('a lower id that is committed later is published, though higher ones wait for their receipts', async () => {
    const bus = ours(() => undefined);
    const started = relay(bus, { doubtfulMs: 60_000 });
    await database.transaction(async (late) => {
      await late.execute(stageStatement('ledger', [message('late')]));
      for (let number = 1; number <= 30; number++) {
        await stage(message(`early-${number}`));
        started.nudge();
        await waitFor(() => bus.sent.length >= number);
      }
    });
    started.nudge();
    await waitFor(() => ids(bus.sent).includes('late'));
    expect(bus.sent).toHaveLength(31);
    // And the next ones, once there is a floor above all of these.
    for (let number = 1; number <= 5; number++) {
      await stage(message(`then-${number}`));
      started.nudge();
      await sleep(60);
    }
    await waitFor(() => bus.sent.length === 36);
    bus.give(bus.receipts());
    await waitFor(async () => (await left()) === 0);
    expect(bus.sent).toHaveLength(36);
  });
});
