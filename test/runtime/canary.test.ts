/** A canary travels a line from end to end, on every bus: who consumes the line answers it, and no handler ever sees it. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { canaryFor, canaryQuestion } from '../../runtime/bus/canary.ts';
import { inspectBus } from '../../runtime/bus/inspect.ts';
import { lines } from '../../runtime/bus/lines.ts';
import type { Bus } from '../../runtime/bus/port.ts';
import type { BusConfig } from '../../runtime/config.ts';
import { uuidv7 } from '../../runtime/identifiers.ts';
import { amqpUrl, describeOnDatabases, describeOnRabbit, waitFor } from '../servers.ts';
import { type Ground, postgresGround, rabbitGround } from './bus-grounds.ts';
import { publishSurely, remembering } from './bus-suite.ts';

function canaries(openGround: () => Promise<Ground>): void {
  let ground: Ground;
  const opened: Bus[] = [];
  beforeAll(async () => {
    ground = await openGround();
  });
  afterEach(async () => {
    for (const bus of opened.splice(0)) await bus.close();
  });
  afterAll(() => ground.clear());
  const open = async (): Promise<Bus> => {
    const bus = await ground.open();
    opened.push(bus);
    return bus;
  };
  const hearing = (bus: Bus): string[] => {
    const heard: string[] = [];
    bus.onReply(({ correlationId }) => heard.push(correlationId));
    return heard;
  };
  const inspected = () => {
    const { kind, url, prefix } = ground.forChild;
    const bus = (kind === 'rabbitmq' ? { kind, url, prefix } : { kind }) as BusConfig;
    return inspectBus({ bus, database: { url: String(url) } });
  };

  test('every line answers its own canary once it has a consumer, in order with the business before it', async () => {
    const asker = await open();
    const server = await open();
    const heard = hearing(asker);
    const business: string[] = [];
    const asked = lines.map((line) => ({ line, id: uuidv7() }));
    await publishSurely(
      asker,
      asked.map(({ line, id }) => canaryFor(line, asker.address, id)),
    );
    expect(heard).toEqual([]);
    for (const { queue, partition, name } of lines) {
      const { options } = remembering(partition, {
        queue,
        handle: async (batch) => void business.push(...batch.map(({ messageId }) => `${name} ${messageId}`)),
      });
      await server.subscribe(options);
    }
    await waitFor(() => heard.length === lines.length, { what: 'every canary to be answered' });
    expect(heard.toSorted()).toEqual(asked.map(({ id }) => id).toSorted());
    expect(business).toEqual([]);
  });

  test('a canary behind a message that its consumer is handling is answered only after it', async () => {
    const [asker, server] = [await open(), await open()];
    const heard = hearing(asker);
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { options, handled } = remembering(1, { maxBatch: 1, handle: () => held });
    await server.subscribe(options);
    const line = lines.find(({ name }) => name === 'ledger.instruction.1');
    if (line === undefined) throw new Error('there is no such line');
    const { platformNo } = canaryFor(line, asker.address, 'x');
    await publishSurely(asker, [{ family: 'instruction', platformNo, messageId: 'business', body: '{}' }]);
    await publishSurely(asker, [canaryFor(line, asker.address, 'behind')]);
    expect(heard).toEqual([]);
    go();
    await waitFor(() => heard.includes('behind'));
    expect(handled.map(({ messageId }) => messageId)).toEqual(['business']);
  });

  test('a canary among messages of which one is a defect is answered, and the others are handled or parked', async () => {
    const [asker, server] = [await open(), await open()];
    const heard = hearing(asker);
    const line = lines[0];
    if (line === undefined) throw new Error('there is no line');
    const { platformNo } = canaryFor(line, asker.address, 'x');
    const business = (messageId: string) => ({ family: 'instruction', platformNo, messageId, body: '{}' }) as const;
    await publishSurely(asker, [
      business('a'),
      canaryFor(line, asker.address, 'between'),
      business('broken'),
      business('b'),
      canaryFor(line, asker.address, 'last'),
    ]);
    const { options, handled, parked } = remembering(0, {
      attempts: 1,
      handle: async (batch) => {
        if (batch.some(({ messageId }) => messageId === 'broken')) throw new Error('a defect');
      },
    });
    await server.subscribe(options);
    await waitFor(() => heard.includes('last'));
    expect(heard).toEqual(['between', 'last']);
    expect([...new Set(handled.map(({ messageId }) => messageId))]).toEqual(['a', 'b']);
    expect(parked.map(({ message }) => message.messageId)).toEqual(['broken']);
    // All of it was acknowledged: nothing comes back.
    await waitFor(async () => (await inspected())[0]?.waiting === 0, { what: 'the line to be empty' });
  });

  test('a question that is a canary is answered by a server, who never sees it', async () => {
    const [asker, server] = [await open(), await open()];
    const heard = hearing(asker);
    const seen: string[] = [];
    await server.serve(async ({ body }) => void seen.push(body));
    await waitFor(() => asker.ask('P1', canaryQuestion(asker.address, 'q')) && heard.includes('q'), { everyMs: 100 });
    expect(seen).toEqual([]);
  });

  test('inspecting tells a line that is missing from one without a consumer, and makes neither', async () => {
    const bus = await open();
    const { options } = remembering(2);
    await bus.subscribe(options);
    await waitFor(async () => (await inspected()).find(({ line }) => line.name === 'ledger.instruction.2')?.consumers);
    const gone = 'gateway.result';
    await ground.removeLine(gone);
    const states = await inspected();
    const again = await inspected();
    await ground.restoreLine(gone);
    for (const { line, is, consumers } of [...states, ...again]) {
      expect([line.name, is]).toEqual([line.name, line.name === gone ? 'missing' : 'there']);
      expect([line.name, consumers]).toEqual([line.name, line.name === 'ledger.instruction.2' ? 1 : 0]);
    }
  });
}

describeOnRabbit('canaries on RabbitMQ', () => canaries(() => rabbitGround(amqpUrl())));
describeOnDatabases('canaries on PostgreSQL', (server) => {
  describe('lines', () => canaries(() => postgresGround(server.url)));
});
