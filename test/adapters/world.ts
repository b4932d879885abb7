/**
 * A world for tests of the adapters: a database of its own with the bus in it, keys, a payment company as a process, the adapters in this
 * process, and the books' side of the bus, which keeps all that is told to it.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { startAdapters } from '../../adapters/main.ts';
import { createKeyFiles } from '../../certs/key-pair.ts';
import { createMasterKeys } from '../../certs/master-key.ts';
import { openSealer, type Sealer } from '../../certs/seal.ts';
import { decode, encode } from '../../contract/internal/codec.ts';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { OrderMessage, PresentedMessage } from '../../contract/internal/order.ts';
import { fen } from '../../contract/money.ts';
import type { Clear } from '../../contract/sealed.ts';
import { PARTITIONS } from '../../contract/topology.ts';
import { openBus } from '../../runtime/bus/open.ts';
import type { Bus } from '../../runtime/bus/port.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { AdaptersConfig } from '../../runtime/config.ts';
import { orderId, uuidv7 } from '../../runtime/identifiers.ts';
import type { Stop } from '../../runtime/lifecycle.ts';
import { openLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { type Database, openDatabase } from '../../runtime/postgres/database.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { rabbitGround } from '../runtime/bus-grounds.ts';
import { freePort, freshDatabase, type TestServer, waitFor } from '../servers.ts';
import { type CompanyProcess, startCompanyProcess } from './company.ts';

/** People of the tests; none of these may ever be seen in a log or a table. */
export const person = {
  name: '王小明' as Clear,
  idCardNo: '110101199003074477' as Clear,
  bankcard: '6222021234567890123' as Clear,
  mobile: '13800138001' as Clear,
};

export interface StoredRow {
  readonly state: string;
  readonly sending: string;
  readonly clearing_day: string | null;
  readonly error_code: string | null;
  readonly next_at: bigint | null;
}

export interface World {
  readonly settings: AdaptersConfig;
  readonly databaseUrl: string;
  readonly database: Database;
  readonly bus: Bus;
  readonly company: CompanyProcess;
  readonly sealer: Sealer;
  /** All that the adapters logged. */
  readonly logged: () => string;
  /** Starts the adapters in this process; they are stopped with the world. */
  startAdapters(): Promise<Stop>;
  /** Sends an order; answers its id. */
  order(fields: Partial<OrderMessage> & Pick<OrderMessage, 'kind'>): Promise<string>;
  /** What the books were told of an order, in its order, each once however often it came. */
  outcomes(orderId: string): readonly Told[];
  presented(orderId: string): PresentedMessage | undefined;
  lots(platformNo: string): readonly InstructionMessage[];
  row(orderId: string): Promise<StoredRow>;
  /** Waits until the books were told of the order that it came to this state. */
  until(orderId: string, state: 'settled' | 'declined' | 'returned'): Promise<Told>;
  differences(about: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export type Told = Extract<InstructionMessage['act'], { service: 'ORDER_OUTCOME' }>;

export const TIMES = { timeoutMs: 500, acceptanceWindowMs: 1_500, askAfterMs: 100, askAtMostEveryMs: 400 };

/** Makes the world; the adapters are not started yet. @param rabbitUrl the broker that carries the bus; else PostgreSQL does. */
export async function makeWorld(server: TestServer, rabbitUrl?: string): Promise<World> {
  const folder = await mkdtemp(join(tmpdir(), 'qianzhi-adapters-'));
  const fresh = await freshDatabase(server.url);
  await migrate({ url: fresh.url, room: 'bus' });
  await migrate({ url: fresh.url, room: 'adapters' });
  const merchant = await createKeyFiles(join(folder, 'merchant.pem'), { algorithm: 'ED25519' });
  const sealingKeyFile = join(folder, 'master.keys');
  await createMasterKeys(sealingKeyFile);
  await mkdir(join(folder, 'company'));
  const company = await startCompanyProcess({
    home: join(folder, 'company'),
    merchantPublicKeyFile: merchant.publicKeyFile,
    more: ['--day', '20260105', '--settle-ms', '50'],
  });
  const port = await freePort();
  const settings: AdaptersConfig = {
    host: '127.0.0.1',
    port,
    publicUrl: `http://127.0.0.1:${port}`,
    sealingKeyFile,
    channels: {
      PAYSIM: {
        kind: 'payment-company',
        url: company.url,
        merchantNo: 'M10001',
        privateKeyFile: merchant.privateKeyFile,
        channelPublicKeyFile: company.publicKeyFile,
        timeoutMs: TIMES.timeoutMs,
        acceptanceWindowMs: TIMES.acceptanceWindowMs,
      },
    },
    defaultChannel: 'PAYSIM',
    routes: { YEEPAY: 'PAYSIM' },
    askAfterMs: TIMES.askAfterMs,
    askAtMostEveryMs: TIMES.askAtMostEveryMs,
  };
  let logs = '';
  const destination = new Writable({
    write: (chunk, _, done) => {
      logs += String(chunk);
      done();
    },
  });
  const log = openLog({ name: 'test', level: 'debug', destination });
  const rabbit = rabbitUrl === undefined ? undefined : await rabbitGround(rabbitUrl);
  const openTheBus = () =>
    rabbit?.open() ?? openBus({ bus: { kind: 'postgres' }, database: { url: fresh.url }, log, name: 'test' });
  const bus = await openTheBus();
  const database = openDatabase({ url: fresh.url, max: 3 });
  const sealer = await openSealer(sealingKeyFile);
  const stops: Stop[] = [];

  const instructions = new Map<string, InstructionMessage>();
  const pages: PresentedMessage[] = [];
  const books = await openTheBus();
  const listen = {
    maxBatch: 100,
    maxBytes: 1_000_000,
    park: () => Promise.reject(new Error('nothing is parked here')),
  };
  for (let partition = 0; partition < PARTITIONS; partition++)
    await books.subscribe({
      ...listen,
      queue: 'ledger.instruction',
      partition,
      handle: async (batch) => {
        for (const { body } of batch) {
          const message = decode<InstructionMessage>(body);
          const key = `${message.platformNo} ${message.origin} ${message.number}`;
          const known = instructions.get(key);
          if (known !== undefined && known.digest !== message.digest) throw new Error(`${key} came with other content`);
          instructions.set(key, known ?? message);
        }
      },
    });
  await books.subscribe({
    ...listen,
    queue: 'gateway.presented',
    partition: 0,
    handle: async (batch) => {
      for (const { body } of batch) pages.push(decode<PresentedMessage>(body));
    },
  });

  const outcomes = (id: string): readonly Told[] =>
    [...instructions.values()].flatMap(({ act }) =>
      act.service === 'ORDER_OUTCOME' && act.orderId === id ? [act] : [],
    );

  return {
    settings,
    databaseUrl: fresh.url,
    database,
    bus,
    company,
    sealer,
    logged: () => logs,
    outcomes,
    startAdapters: async () => {
      const own = await openTheBus();
      const stop = await startAdapters(settings, {
        databaseUrl: fresh.url,
        bus: own,
        log,
        metrics: openMetrics({ ofProcess: false }),
        clock: systemClock,
      });
      const all = async (): Promise<void> => {
        await stop();
        await own.close();
      };
      stops.push(all);
      return all;
    },
    order: async (fields) => {
      const message = orderOf(sealer, fields);
      const [publication] = await bus.publish(
        [{ family: 'order', platformNo: message.platformNo, messageId: uuidv7(), body: encode(message) }],
        5_000,
      );
      if (publication !== 'accepted') throw new Error(`the order was not accepted: ${publication}`);
      return message.orderId;
    },
    presented: (id) => pages.find((page) => page.orderId === id),
    lots: (platformNo) =>
      [...instructions.values()].filter(
        (message) => message.act.service === 'LOT_SETTLED' && message.platformNo === platformNo,
      ),
    row: async (id) => {
      const row = await database.row<StoredRow>(sql`select * from adapters.channel_order where order_id = ${id}`);
      if (row === undefined) throw new Error(`no order ${id}`);
      return row;
    },
    until: (id, state) =>
      waitFor(() => outcomes(id).find(({ outcome }) => outcome.state === state), { what: `${id} to be ${state}` }),
    differences: async (about) =>
      (
        await database.rows<{ kind: string }>(
          sql`select kind from adapters.difference where about like ${`${about}%`} order by id`,
        )
      ).map(({ kind }) => kind),
    stop: async () => {
      for (const stop of stops) await stop();
      await books.close();
      await bus.close();
      await rabbit?.clear();
      await database.close();
      await company.kill();
      await fresh.drop();
      await rm(folder, { recursive: true });
    },
  };
}

let made = 0;

/** An order as the ledger would send it: whole for its kind, of a platform of its own unless one is given. */
export function orderOf(sealer: Sealer, fields: Partial<OrderMessage> & Pick<OrderMessage, 'kind'>): OrderMessage {
  const now = Date.now();
  const seal = (kind: 'NAME' | 'BANK_CARD' | 'ID_CARD' | 'MOBILE', value: Clear) => sealer.seal(kind, value);
  const party = { name: seal('NAME', person.name), bankcard: seal('BANK_CARD', person.bankcard) };
  const ids = { idCardNo: seal('ID_CARD', person.idCardNo), mobile: seal('MOBILE', person.mobile) };
  made += 1;
  return {
    version: 1,
    orderId: orderId(now),
    platformNo: `P${randomBytes(4).toString('hex')}`,
    requestNo: `R${made}`,
    platformUserNo: 'U1',
    amount: fields.kind === 'verify' ? fen(0n) : fen(10_000n),
    createdAt: now,
    ...(fields.kind === 'collect' ? { returnUrl: 'http://127.0.0.1:9/pages/1', expiresAt: now + 600_000 } : {}),
    ...(fields.kind === 'payout' ? { party } : {}),
    ...(fields.kind === 'verify' ? { party: { ...party, ...ids } } : {}),
    ...fields,
  };
}
