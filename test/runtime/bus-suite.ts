/** The bus port's contract as tests, the same for every implementation. Each test says which promise it holds the bus to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PARTITIONS, partitionOf } from '../../contract/topology.ts';
import type { Bus, Delivered, Outgoing, Parked, Publication, SubscribeOptions } from '../../runtime/bus/port.ts';
import { Fenced, Malformed, Unavailable } from '../../runtime/failure.ts';
import { openFaultProxy } from '../faults/levers/proxy.ts';
import { waitFor } from '../servers.ts';
import { endChildren, type Ground, startChild } from './bus-grounds.ts';

/** A platform in each partition. */
const platforms = Array.from({ length: PARTITIONS }, (_, partition) => {
  for (let number = 0; ; number++) if (partitionOf(`P${number}`) === partition) return `P${number}`;
});
const QUEUE = 'ledger.instruction';
const DEADLINE_MS = 10_000;

const message = (messageId: string, partition = 0, body = `{"n":"${messageId}"}`): Outgoing => ({
  family: 'instruction',
  platformNo: platforms[partition] ?? '',
  messageId,
  body,
});

/** Publishes until it is accepted, as an outbox does. */
export async function publishSurely(bus: Bus, messages: readonly Outgoing[]): Promise<void> {
  let left = messages;
  while (left.length > 0) {
    const answers = await bus.publish(left, 3_000);
    left = left.filter((_, index) => answers[index] !== 'accepted');
    if (left.length > 0) await sleep(100);
  }
}

/** A consumer that remembers; `handle` may be given to do something first. */
export function remembering(
  partition: number,
  options: Partial<SubscribeOptions> = {},
): { options: SubscribeOptions; handled: Delivered[]; batches: number[]; parked: Parked[]; owned: () => number } {
  const handled: Delivered[] = [];
  const batches: number[] = [];
  const parked: Parked[] = [];
  let owned = 0;
  return {
    handled,
    batches,
    parked,
    owned: () => owned,
    options: {
      queue: QUEUE,
      partition,
      maxBatch: 100,
      maxBytes: 4 * 1024 * 1024,
      ...options,
      takeOver: async () => {
        await options.takeOver?.();
        owned++;
      },
      handle: async (batch) => {
        await options.handle?.(batch);
        batches.push(batch.length);
        handled.push(...batch);
      },
      park: async (one) => {
        await options.park?.(one);
        parked.push(one);
      },
    },
  };
}

const idsOf = (messages: readonly Delivered[]): string[] => messages.map(({ messageId }) => messageId);
/** Each id where it came first. */
const firsts = (ids: readonly string[]): string[] => [...new Set(ids)];
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));

export function busSuite(openGround: () => Promise<Ground>): void {
  let ground: Ground;
  let opened: Bus[] = [];
  const open = async (options: { url?: string; longest?: number } = {}): Promise<Bus> => {
    const bus = await ground.open(options);
    opened.push(bus);
    return bus;
  };

  beforeAll(async () => {
    ground = await openGround();
  });
  afterEach(async () => {
    await endChildren();
    const closing = opened;
    opened = [];
    // What a test left in the queues must not meet the next.
    const sweeper = await ground.open();
    await Promise.all(closing.map((bus) => bus.close()));
    const swept = platforms.map((_, partition) => remembering(partition));
    await Promise.all(swept.map(({ options }) => sweeper.subscribe(options)));
    await publishSurely(
      sweeper,
      platforms.map((_, partition) => message('last', partition)),
    );
    await waitFor(() => swept.every(({ handled }) => idsOf(handled).includes('last')), { what: 'empty queues' });
    await sweeper.close();
  });
  afterAll(async () => {
    await ground?.clear();
  });

  test('what is published arrives whole, in order, on the partition of its platform', async () => {
    const bus = await open();
    const consumers = platforms.map((_, partition) => remembering(partition));
    for (const { options } of consumers) await bus.subscribe(options);
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const sent = numbered(1, 40).map((id) => ({ ...message(id, Number(id) % PARTITIONS, `{"名":"${id}"}`), trace }));
    const answers = await bus.publish(sent, DEADLINE_MS);
    expect(answers).toEqual(sent.map(() => 'accepted'));
    await waitFor(() => consumers.every(({ handled }) => handled.length === 10));
    consumers.forEach(({ handled }, partition) => {
      const expected = sent.filter(({ platformNo }) => platformNo === platforms[partition]);
      expect(handled).toEqual(expected.map((one) => ({ ...one, redelivered: expect.any(Boolean) })));
    });
  });

  test('a lone message waits for nobody, and what has gathered goes as one batch of at most maxBatch', async () => {
    const bus = await open();
    let free = (): void => undefined;
    let first = true;
    const { options, batches, handled } = remembering(0, {
      maxBatch: 30,
      handle: async () => {
        if (!first) return;
        first = false;
        await new Promise<void>((resolve) => {
          free = resolve;
        });
      },
    });
    await bus.subscribe(options);
    await publishSurely(bus, [message('1')]);
    await waitFor(() => !first);
    await publishSurely(
      bus,
      numbered(2, 71).map((id) => message(id)),
    );
    // Deliveries that were pushed have arrived when a later one of the same bus has.
    await sleep(200);
    free();
    await waitFor(() => handled.length === 71);
    expect(idsOf(handled)).toEqual(numbered(1, 71));
    expect(batches[0]).toBe(1);
    expect(Math.max(...batches)).toBeLessThanOrEqual(30);
    expect(batches.length).toBeLessThan(71);
  });

  test('a batch is bounded by its bytes, and a message larger than that comes alone', async () => {
    const bus = await open();
    const big = 'x'.repeat(300_000);
    await publishSurely(bus, [
      ...numbered(1, 6).map((id) => message(id, 0, big)),
      message('7', 0, 'x'.repeat(2_000_000)),
      message('8'),
    ]);
    const { options, batches, handled } = remembering(0, { maxBytes: 1_000_000 });
    await bus.subscribe(options);
    await waitFor(() => handled.length === 8);
    expect(idsOf(handled)).toEqual(numbered(1, 8));
    for (const size of batches) expect(size).toBeLessThanOrEqual(3);
    const places = batches.map((_, index) => batches.slice(0, index).reduce((sum, size) => sum + size, 0));
    expect(batches[places.indexOf(6)]).toBe(1);
  });

  test('a message of 8 MiB passes', async () => {
    const bus = await open();
    const { options, handled } = remembering(1);
    await bus.subscribe(options);
    const body = JSON.stringify({ items: 'é'.repeat(4 * 1024 * 1024) });
    expect(await bus.publish([message('big', 1, body), message('small', 1)], 30_000)).toEqual(['accepted', 'accepted']);
    await waitFor(() => handled.length === 2, { deadlineMs: 30_000 });
    expect(handled[0]?.body === body).toBe(true);
  });

  test('what is published after another was accepted is delivered after it, whoever published it', async () => {
    const buses = await Promise.all([open(), open(), open()]);
    const { options, handled } = remembering(2);
    await buses[0]?.subscribe(options);
    for (const id of numbered(1, 150)) {
      const answers = await buses[Number(id) % 3]?.publish([message(id, 2)], DEADLINE_MS);
      expect(answers).toEqual(['accepted']);
    }
    await waitFor(() => handled.length >= 150);
    expect(idsOf(handled)).toEqual(numbered(1, 150));
  });

  test('a lost confirm is told as unknown, and publishing again makes a duplicate, not a loss', async () => {
    const proxy = await openFaultProxy(ground.url);
    const bus = await open();
    const through = await open({ url: proxy.url });
    const { options, handled } = remembering(0);
    await bus.subscribe(options);
    await publishSurely(through, [message('warm')]);
    proxy.vanish('replies');
    const lost = through.publish([message('1')], 1_500);
    await waitFor(() => idsOf(handled).includes('1'));
    expect(await lost).toEqual(['unknown']);
    proxy.heal();
    proxy.cut();
    await publishSurely(through, [message('1')]);
    await waitFor(() => idsOf(handled).filter((id) => id === '1').length === 2);
    await through.close();
    await proxy.close();
  });

  test('publishing answers by its deadline when nothing is heard any more', async () => {
    const proxy = await openFaultProxy(ground.url);
    const through = await open({ url: proxy.url });
    await publishSurely(through, [message('warm')]);
    proxy.vanish('requests');
    // More than may be outstanding: the rest waits for room, in vain.
    const began = performance.now();
    const answers = await through.publish(
      numbered(1, 1_500).map((id) => message(id)),
      1_000,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(new Set(answers)).toEqual(new Set<Publication>(['unknown']));
    proxy.heal();
    proxy.cut();
    await waitFor(() => through.unwell() === undefined);
    await publishSurely(through, [message('after')]);
    await through.close();
    await proxy.close();
  });

  test('closing ends also when the server is not heard any more', async () => {
    const proxy = await openFaultProxy(ground.url);
    const through = await ground.open({ url: proxy.url });
    const { options, handled } = remembering(0);
    await through.subscribe(options);
    await publishSurely(through, [message('1')]);
    await waitFor(() => handled.length === 1);
    proxy.vanish('both');
    let closed = false;
    void through.close().then(() => {
      closed = true;
    });
    await waitFor(() => closed, { deadlineMs: 40_000, what: 'the bus to close' });
    await proxy.close();
  });

  test('a lost acknowledgement is a redelivery', async () => {
    const proxy = await openFaultProxy(ground.url);
    const bus = await open();
    const through = await open({ url: proxy.url });
    let lose = true;
    const { options, handled } = remembering(0, {
      handle: async () => {
        if (lose) proxy.vanish('requests');
      },
    });
    await through.subscribe(options);
    await publishSurely(bus, [message('1')]);
    await waitFor(() => handled.length === 1);
    lose = false;
    proxy.heal();
    proxy.cut();
    await publishSurely(bus, [message('2')]);
    await waitFor(() => idsOf(handled).includes('2'), { deadlineMs: 30_000 });
    expect(idsOf(handled)).toEqual(['1', '1', '2']);
    await through.close();
    await proxy.close();
  });

  test('one subscription of a partition lives; when it closes the next takes over, and order holds', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    const all: string[] = [];
    let running = 0;
    let both = false;
    const watching = () =>
      remembering(3, {
        maxBatch: 5,
        handle: async (batch) => {
          running++;
          both ||= running > 1;
          await sleep(20);
          all.push(...idsOf(batch));
          running--;
        },
      });
    const first = watching();
    const second = watching();
    const subscription = await one.subscribe(first.options);
    await publishSurely(one, [message('1', 3)]);
    await waitFor(() => first.handled.length === 1);
    await two.subscribe(second.options);
    await publishSurely(
      one,
      numbered(2, 60).map((id) => message(id, 3)),
    );
    await waitFor(() => first.handled.length >= 10);
    expect(second.owned()).toBe(0);
    await subscription.close();
    await waitFor(() => firsts(all).length === 60, { deadlineMs: 20_000 });
    expect(firsts(all)).toEqual(numbered(1, 60));
    expect(second.owned()).toBe(1);
    expect(both).toBe(false);
  });

  test('a killed owner is replaced within ten seconds, and what he held is delivered first', async () => {
    const bus = await open();
    const child = await startChild(ground, 0);
    await publishSurely(
      bus,
      numbered(1, 40).map((id) => message(id)),
    );
    await waitFor(() => child.said.some((word) => word === 'handling 1'));
    const { options, handled, owned } = remembering(0);
    await bus.subscribe(options);
    // It stands by for a while: nothing may come to it.
    await sleep(1_500);
    expect(handled).toEqual([]);
    child.signal('SIGKILL');
    await waitFor(() => handled.length >= 40, { deadlineMs: 10_000, what: 'the takeover' });
    expect(idsOf(handled)).toEqual(numbered(1, 40));
    expect(handled[0]?.redelivered).toBe(true);
    expect(owned()).toBe(1);
  });

  test('a stopped owner is replaced, and what he acknowledges afterwards is ignored', async () => {
    const bus = await open();
    const child = await startChild(ground, 1);
    await publishSurely(bus, [message('1', 1)]);
    await waitFor(() => child.said.includes('handling 1'));
    child.signal('SIGSTOP');
    let away = true;
    const handling: string[] = [];
    const { options, handled } = remembering(1, {
      handle: async (batch) => {
        handling.push(...idsOf(batch));
        if (away) throw new Unavailable('not yet');
      },
    });
    const standing = await bus.subscribe(options);
    await waitFor(() => handling.includes('1'), { deadlineMs: 30_000, what: 'the takeover' });
    child.tell('go');
    child.signal('SIGCONT');
    await waitFor(() => child.said.includes('handled 1'));
    // Time for its acknowledgement to be refused; were it taken, the message would now be gone.
    await sleep(1_000);
    child.signal('SIGKILL');
    await standing.close();
    away = false;
    await bus.subscribe(options);
    await waitFor(() => idsOf(handled).includes('1'), { deadlineMs: 15_000 });
  });

  test('a fenced subscription closes and stands by', async () => {
    const [one, two] = await Promise.all([open(), open()]);
    const fenced = remembering(0, {
      handle: async () => {
        throw new Fenced('another owner has it');
      },
    });
    await one.subscribe(fenced.options);
    await publishSurely(one, [message('1')]);
    await waitFor(() => fenced.owned() >= 1);
    const { options, handled } = remembering(0);
    await two.subscribe(options);
    await waitFor(() => handled.length >= 1, { deadlineMs: 20_000 });
    expect(idsOf(handled)).toEqual(['1']);
    expect(fenced.parked).toEqual([]);
  });

  test('while something is away the partition stands still; nothing overtakes, nothing is parked', async () => {
    const bus = await open();
    let away = true;
    const tried: string[][] = [];
    const { options, handled, parked } = remembering(0, {
      handle: async (batch) => {
        tried.push(idsOf(batch));
        if (away) throw new Unavailable('away');
      },
    });
    await bus.subscribe(options);
    await publishSurely(bus, [message('1')]);
    await waitFor(() => tried.length >= 1);
    await publishSurely(
      bus,
      numbered(2, 20).map((id) => message(id)),
    );
    await waitFor(() => tried.length >= 2);
    for (const batch of tried) expect(batch[0]).toBe('1');
    away = false;
    await waitFor(() => handled.length === 20);
    expect(idsOf(handled)).toEqual(numbered(1, 20));
    expect(parked).toEqual([]);
  });

  test('other partitions go on while one stands still', async () => {
    const bus = await open();
    const still = remembering(0, {
      handle: async () => {
        throw new Unavailable('away');
      },
    });
    const moving = remembering(1);
    await bus.subscribe(still.options);
    await bus.subscribe(moving.options);
    await publishSurely(bus, [message('1', 0), message('2', 1)]);
    await waitFor(() => moving.handled.length === 1);
  });

  test('taking over is tried again while it is not possible', async () => {
    const bus = await open();
    let tries = 0;
    const { options, handled } = remembering(0, {
      takeOver: async () => {
        tries++;
        if (tries < 2) throw new Unavailable('no epoch to be had');
      },
    });
    await bus.subscribe(options);
    await publishSurely(bus, [message('1')]);
    await waitFor(() => handled.length === 1);
    expect(tries).toBe(2);
  });

  test('a poisoned message is parked whole after its attempts, alone; published again it is handled', async () => {
    const bus = await open();
    const alone: string[] = [];
    let poisonous = true;
    const { options, handled, parked } = remembering(2, {
      attempts: 3,
      handle: async (batch) => {
        if (batch.length === 1) alone.push(...idsOf(batch));
        if (poisonous && idsOf(batch).includes('5')) throw new RangeError('a bug');
      },
    });
    await publishSurely(
      bus,
      numbered(1, 9).map((id) => message(id, 2)),
    );
    await bus.subscribe(options);
    await waitFor(() => handled.length === 8 && parked.length === 1);
    expect(idsOf(handled)).toEqual(numbered(1, 9).filter((id) => id !== '5'));
    expect(alone.filter((id) => id === '5')).toHaveLength(3);
    expect(parked[0]).toMatchObject({ queue: QUEUE, partition: 2, attempts: 3, reason: 'RangeError: a bug' });
    expect(parked[0]?.message).toMatchObject(message('5', 2));
    poisonous = false;
    await publishSurely(bus, [message('5', 2)]);
    await waitFor(() => handled.length === 9);
  });

  test('a malformed message is parked at once, and while parking is impossible nothing passes it', async () => {
    const bus = await open();
    let tries = 0;
    const { options, handled, parked } = remembering(2, {
      handle: async (batch) => {
        if (idsOf(batch).includes('1')) throw new Malformed('never to be understood');
      },
      park: async () => {
        tries++;
        if (tries === 1) throw new TypeError('the table is not there');
        expect(handled).toEqual([]);
      },
    });
    await publishSurely(bus, [message('1', 2), message('2', 2)]);
    await bus.subscribe(options);
    await waitFor(() => handled.length === 1);
    expect(tries).toBe(2);
    expect(parked).toMatchObject([{ attempts: 1, message: { messageId: '1' } }]);
  });

  test('replies reach their instance, and one to a dead instance is dropped without holding up the others', async () => {
    const [asker, dead, server] = await Promise.all([open(), open(), open()]);
    const got: string[] = [];
    asker.onReply(({ correlationId, body }) => got.push(`${correlationId} ${body}`));
    await dead.close();
    server.reply(dead.address, [{ correlationId: 'x', body: 'lost' }]);
    server.reply(
      asker.address,
      numbered(1, 50).map((id) => ({ correlationId: id, body: `答 ${id}` })),
    );
    server.reply('nobody', [{ correlationId: 'y', body: 'lost' }]);
    server.reply(asker.address, [{ correlationId: 'big', body: 'x'.repeat(1_000_000) }]);
    await waitFor(() => got.length === 51);
    expect(got.slice(0, 50).toSorted()).toEqual(
      numbered(1, 50)
        .map((id) => `${id} 答 ${id}`)
        .toSorted(),
    );
    expect(got).toContain(`big ${'x'.repeat(1_000_000)}`);
    expect(server.unwell()).toBeUndefined();
  });

  test('a reply larger than 1 MiB is dropped, and the next one passes', async () => {
    const [asker, server] = await Promise.all([open(), open()]);
    const got: string[] = [];
    asker.onReply(({ correlationId }) => got.push(correlationId));
    server.reply(asker.address, [
      { correlationId: 'large', body: 'x'.repeat(1024 * 1024 + 1) },
      { correlationId: 'small', body: 'x' },
    ]);
    await waitFor(() => got.length > 0);
    expect(got).toEqual(['small']);
  });

  test('a question is answered by one of the servers, and servers that stop leave it to the others', async () => {
    const [asker, one, two] = await Promise.all([open(), open(), open()]);
    const answers: string[] = [];
    asker.onReply(({ correlationId, body }) => answers.push(`${correlationId} ${body}`));
    const serving = (bus: Bus, name: string) =>
      bus.serve(async ({ body }) => {
        if (body === 'throw') throw new Error('no answer');
        bus.reply(asker.address, [{ correlationId: body, body: name }]);
      });
    const first = await serving(one, 'one');
    await serving(two, 'two');
    expect(asker.ask('P1', 'throw')).toBe(true);
    for (const id of numbered(1, 60)) expect(asker.ask('P1', id)).toBe(true);
    await waitFor(() => answers.length >= 60);
    await first.close();
    answers.length = 0;
    for (const id of numbered(1, 20)) asker.ask('P1', id);
    await waitFor(() => answers.length >= 20);
    expect(new Set(answers.map((answer) => answer.split(' ')[1]))).toEqual(new Set(['two']));
    expect(firsts(answers)).toHaveLength(20);
  });

  test('a queue that is not there is told as unroutable, and others are served meanwhile', async () => {
    const bus = await open();
    await publishSurely(bus, [message('1', 2)]);
    await ground.removeLine('gateway.result');
    const astray: Outgoing = { ...message('2'), family: 'result' };
    const answers = await bus.publish([message('3', 2), astray], DEADLINE_MS);
    expect(answers).toEqual(['accepted', 'unroutable']);
    await ground.restoreLine('gateway.result');
    await publishSurely(bus, [astray]);
    const { options, handled } = remembering(0, { queue: 'gateway.result' });
    await bus.subscribe(options);
    await waitFor(() => idsOf(handled).includes('2'));
  });

  test('1e5 messages arrive without a gap, from several publishers, in every partition', async () => {
    const publishers = await Promise.all([open(), open()]);
    const bus = await open();
    const seen = platforms.map(() => new Set<string>());
    const firstSeen = platforms.map(() => [] as string[]);
    for (const [partition] of platforms.entries()) {
      await bus.subscribe({
        ...remembering(partition).options,
        maxBatch: 500,
        handle: async (batch) => {
          for (const { messageId } of batch) {
            if (seen[partition]?.has(messageId)) continue;
            seen[partition]?.add(messageId);
            firstSeen[partition]?.push(messageId);
          }
        },
      });
    }
    const perPartition = 100_000 / PARTITIONS;
    // Each partition has one publisher, who waits for a window before the next: so the order between windows is promised.
    await Promise.all(
      platforms.map(async (_, partition) => {
        for (let from = 1; from <= perPartition; from += 500) {
          const window = numbered(from, from + 499).map((id) => message(id, partition, '{}'));
          const publisher = publishers[partition % 2] as Bus;
          await publishSurely(publisher, window);
        }
      }),
    );
    await waitFor(() => seen.every((ids) => ids.size === perPartition), { deadlineMs: 60_000, what: 'all of them' });
    for (const ids of firstSeen) {
      expect(ids.map((id) => Math.ceil(Number(id) / 500))).toEqual(
        numbered(1, perPartition).map((id) => Math.ceil(Number(id) / 500)),
      );
    }
  }, 120_000);
}

/** The tests of a queue that is nearly full; a ground of its own, because the bound belongs to the queue. */
export function fullSuite(openGround: () => Promise<Ground>): void {
  test('a full queue refuses and drops nothing; drained it takes again', async () => {
    const ground = await openGround();
    const bus = await ground.open({ longest: 50 });
    try {
      const answers: Publication[] = [];
      const accepted: string[] = [];
      for (const id of numbered(1, 300)) {
        const [answer] = await bus.publish([message(id)], DEADLINE_MS);
        if (answer !== undefined) answers.push(answer);
        if (answer === 'accepted') accepted.push(id);
        if (answers.filter((one) => one === 'full').length >= 20) break;
      }
      expect(new Set(answers)).toEqual(new Set<Publication>(['accepted', 'full']));
      expect(accepted.length).toBeGreaterThanOrEqual(50);
      // Other queues are not touched by it.
      expect(await bus.publish([message('other', 1)], DEADLINE_MS)).toEqual(['accepted']);
      const { options, handled } = remembering(0);
      await bus.subscribe(options);
      await waitFor(() => handled.length >= accepted.length);
      expect(idsOf(handled)).toEqual(accepted);
      await publishSurely(bus, [message('after')]);
      await waitFor(() => idsOf(handled).includes('after'));
    } finally {
      await bus.close();
      await ground.clear();
    }
  });
}
