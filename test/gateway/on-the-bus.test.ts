/**
 * The gateway on the real bus over PostgreSQL, with a small ledger's side beside it: an instruction goes out and its reply comes back, a query
 * is answered, a result is taken in and told; a queue that lost everything gets the instruction again.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, encode } from '../../contract/internal/codec.ts';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { QueryMessage, ReplyMessage, ResultMessage } from '../../contract/internal/reply.ts';
import { PARTITIONS } from '../../contract/topology.ts';
import { openBus } from '../../runtime/bus/open.ts';
import type { Bus } from '../../runtime/bus/port.ts';
import { openLog } from '../../runtime/log.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { describeOnDatabases, type FreshDatabase, freshDatabase, waitFor } from '../servers.ts';
import { success } from './books.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner, result } from './counter.ts';

describeOnDatabases('the gateway on the bus', (server) => {
  let busDatabase: FreshDatabase;
  let buses: readonly [Bus, Bus];
  let counter: Counter;
  let signer: PlatformSigner;
  const taken: InstructionMessage[] = [];
  let silent = false;

  const tellResult = async (message: ResultMessage): Promise<void> => {
    const [told] = await buses[1].publish(
      [{ family: 'result', platformNo: message.platformNo, messageId: message.event, body: encode(message) }],
      5_000,
    );
    expect(told).toBe('accepted');
  };

  beforeAll(async () => {
    busDatabase = await freshDatabase(server.url);
    await migrate({ url: busDatabase.url, room: 'bus' });
    const log = openLog({ name: 'test', level: 'silent' });
    const open = (name: string): Promise<Bus> =>
      openBus({ bus: { kind: 'postgres' }, database: { url: busDatabase.url }, log, name });
    buses = [await open('gateway'), await open('ledger')];
    const ledger = buses[1];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      await ledger.subscribe({
        queue: 'ledger.instruction',
        partition,
        maxBatch: 100,
        maxBytes: 1e6,
        handle: async (batch) => {
          for (const { body } of batch) {
            const instruction = decode<InstructionMessage>(body);
            taken.push(instruction);
            if (!silent) reply(ledger, instruction);
          }
        },
        park: async () => undefined,
      });
    }
    await ledger.serve(async ({ body }) => reply(ledger, decode<QueryMessage>(body)));
    counter = await Counter.open(server, { bus: buses[0], settings: { waitMs: 1_500 } });
    signer = await platformSigner('K1');
    const { keySerial, algorithm, publicKey } = signer;
    await tellResult(
      result({
        registry: {
          change: 'PLATFORM',
          platform: {
            platformNo: 'P1',
            name: '平台',
            profile: 'strict',
            notifyUrl: 'https://platform.test/',
            notifyAllow: [],
            services: '*',
            keys: [{ keySerial, algorithm, publicKey, validFrom: 0, validTo: Date.now() + 1e9 }],
          },
        },
      }),
    );
    await waitFor(async () => (await counter.count('result_taken')) === 1);
  });
  afterAll(async () => {
    await counter?.close();
    for (const bus of buses ?? []) await bus.close();
    await busDatabase?.drop();
  });

  const project = () => ({ requestNo: freshNumber(), projectNo: 'J1', status: 'REPAYING' });

  test('an instruction is answered, many at once too, each its own', async () => {
    await waitFor(async () => (await counter.send(signer, 'MODIFY_PROJECT', project())).body['status'] === 'SUCCESS');
    const numbers = Array.from({ length: 60 }, freshNumber);
    const heard = await Promise.all(
      numbers.map((requestNo) => counter.send(signer, 'MODIFY_PROJECT', { ...project(), requestNo })),
    );
    expect(heard.map(({ body }) => [body['status'], body['requestNo'], body['of']])).toEqual(
      numbers.map((number) => ['SUCCESS', number, number]),
    );
    await waitFor(async () => (await counter.count('pending')) === 0);
  });

  test('a query is answered', async () => {
    const heard = await counter.send(signer, 'QUERY_PROJECT_INFORMATION', { projectNo: 'J1' });
    expect(heard.body).toMatchObject({ code: '0', of: 'QUERY_PROJECT_INFORMATION' });
  });

  test('a result is taken in and its notification staged', async () => {
    const told = result({ notify: true });
    await tellResult(told);
    await waitFor(
      async () =>
        (await counter.database.query('select 1 from gateway.notification where request_no = $1', [told.requestNo]))
          .rowCount,
    );
  });

  test('a result that cannot be read is set aside whole, and those after it are taken', async () => {
    await buses[1].publish([{ family: 'result', platformNo: 'P1', messageId: 'bad', body: '{"version":99}' }], 5_000);
    const told = result({});
    await tellResult(told);
    await waitFor(
      async () =>
        (await counter.database.query('select 1 from gateway.result_taken where event = $1', [told.event])).rowCount,
    );
    const { rows } = await counter.database.query('select queue, body, message_id from gateway.parked');
    expect(rows).toEqual([{ queue: 'gateway.result', body: '{"version":99}', message_id: 'bad' }]);
  });

  test('what the books never answered is asked again, and PROCESSING turns into its answer', async () => {
    silent = true;
    const requestNo = freshNumber();
    const heard = await counter.send(signer, 'MODIFY_PROJECT', { ...project(), requestNo });
    expect(heard.body).toEqual({ code: '0', status: 'PROCESSING', requestNo });
    silent = false;
    counter.clock.offsetMs = 31_000;
    await waitFor(() => taken.filter(({ number }) => number === requestNo).length === 2);
    await waitFor(async () => (await counter.count('pending')) === 0);
    counter.clock.offsetMs = 0;
  });
});

function reply(ledger: Bus, asked: InstructionMessage | QueryMessage): void {
  const { address, correlationId } = asked.replyTo ?? { address: '', correlationId: '' };
  const of = 'number' in asked ? asked.number : asked.query.service;
  const message: ReplyMessage = {
    version: 1,
    correlationId,
    platformNo: asked.platformNo,
    answer: { ...success, fields: { of } },
  };
  ledger.reply(address, [{ correlationId, body: encode(message) }]);
}
