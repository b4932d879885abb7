/** Queues that are deleted in full operation, and messages so large that few of them fit into memory, on RabbitMQ. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Bus, Delivered, Outgoing } from '../../runtime/bus/port.ts';
import { openRabbitBus } from '../../runtime/bus/rabbitmq/bus.ts';
import { openLog } from '../../runtime/log.ts';
import { amqpUrl, describeOnRabbit, waitFor } from '../servers.ts';
import { type Ground, rabbitGround } from './bus-grounds.ts';
import { publishSurely, remembering } from './bus-suite.ts';

const LINE = 'ledger.instruction.0';
/** A platform of partition 0. */
const PLATFORM = 'P3';
const message = (messageId: string, body = '{}'): Outgoing => ({
  family: 'instruction',
  platformNo: PLATFORM,
  messageId,
  body,
});
const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

describeOnRabbit('RabbitMQ under a bus', () => {
  let ground: Ground;
  const opened: Bus[] = [];
  const open = async (): Promise<Bus> => {
    const bus = await ground.open();
    opened.push(bus);
    return bus;
  };
  beforeAll(async () => {
    ground = await rabbitGround(amqpUrl());
  });
  afterEach(async () => {
    for (const bus of opened.splice(0)) await bus.close();
  });
  afterAll(() => ground.clear());

  test('what a consumer already holds when its queue is deleted is handled all the same, in its order', async () => {
    const [publisher, consumer] = [await open(), await open()];
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { options, handled } = remembering(0, { maxBatch: 5, handle: () => held });
    await consumer.subscribe(options);
    await publishSurely(
      publisher,
      numbers(1, 8).map((id) => message(id)),
    );
    await waitFor(async () => (await waiting(ground.url)) === 0, { what: 'all of them to be with the consumer' });
    await ground.removeLine(LINE);
    go();
    await waitFor(() => handled.length >= 8, { what: 'all that was delivered' });
    expect(ids(handled)).toEqual(numbers(1, 8));
    await publishSurely(publisher, [message('9')]);
    await waitFor(() => ids(handled).includes('9'), { what: 'the consumer to be back' });
  });

  test('a queue deleted again and again under load comes back each time, and nothing is accepted into nowhere', async () => {
    const [publisher, consumer] = [await open(), await open()];
    const { options, handled } = remembering(0, {});
    await consumer.subscribe(options);
    await publishSurely(publisher, [message('first')]);
    await waitFor(() => handled.length === 1);
    const answers = new Map<string, number>();
    let [loading, number] = [true, 0];
    const load = (async () => {
      while (loading) {
        const [answer = 'unknown'] = await publisher.publish([message(`l${++number}`)], 3_000);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    })();
    for (let round = 1; round <= 5; round++) {
      const before = handled.length;
      await waitFor(() => handled.length > before + 20, { what: `load to flow before deletion ${round}` });
      await ground.removeLine(LINE);
    }
    const after = handled.length;
    await waitFor(() => handled.length > after + 20, { what: 'load to flow after the last deletion' });
    loading = false;
    await load;
    const last = message('last');
    await publishSurely(publisher, [last]);
    await waitFor(() => ids(handled).includes('last'));
    // Messages that waited in a deleted queue are gone with it; those of whole windows are not.
    expect(new Set(ids(handled)).size).toBeGreaterThan((answers.get('accepted') ?? 0) - 50);
    expect(answers.get('accepted')).toBeGreaterThan(100);
  });

  test('messages of 1 MiB are handled in order, few at a time, and small ones in large batches again', async () => {
    const MIB = 1024 * 1024;
    const piled: number[] = [];
    const destination = {
      write: (line: string) => {
        const { bytes } = JSON.parse(line) as { bytes?: number };
        if (bytes !== undefined) piled.push(bytes);
      },
    };
    const publisher = await open();
    const consumer = await openRabbitBus({
      url: ground.url,
      prefix: ground.forChild['prefix'] ?? '',
      log: openLog({ name: 'test', level: 'warn', destination }),
      name: 'test',
    });
    opened.push(consumer);
    const body = JSON.stringify('x'.repeat(MIB));
    const large = numbers(1, 24).map((id) => `big${id}`);
    await publishSurely(
      publisher,
      large.map((id) => message(id, body)),
    );
    const { options, handled, batches } = remembering(0, { maxBytes: 2 * MIB, handle: () => sleep(50) });
    await consumer.subscribe(options);
    await waitFor(() => new Set(ids(handled)).size === large.length, { deadlineMs: 40_000, what: 'the large ones' });
    expect([...new Set(ids(handled))]).toEqual(large);
    // Given back at once when there was more than four batches' worth, not when it had all come.
    expect(piled).toHaveLength(1);
    expect(piled[0]).toBeLessThan(10 * MIB);
    handled.length = 0;
    batches.length = 0;
    const small = numbers(1, 600).map((id) => message(`s${id}`));
    await publishSurely(publisher, small);
    await waitFor(() => new Set(ids(handled)).size === small.length, { deadlineMs: 40_000, what: 'the small ones' });
    expect([...new Set(ids(handled))]).toEqual(small.map(({ messageId }) => messageId));
    expect(Math.max(...batches)).toBeGreaterThan(50);
  });

  async function waiting(url: string): Promise<number> {
    const model = await connect(url);
    const channel = await model.createChannel();
    const prefix = ground.forChild['prefix'] ?? '';
    const { messageCount } = await channel.checkQueue(prefix + LINE);
    await model.close();
    return messageCount;
  }
});

const ids = (handled: readonly Delivered[]): string[] => handled.map(({ messageId }) => messageId);
