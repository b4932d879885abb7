/**
 * A gateway to talk to: on a fresh database, with keys of its own, books that the test plays, and platforms registered as operators'
 * results register them. Messages are signed and answers verified here with node:crypto alone, as a platform would.
 */
import { createPublicKey, createVerify, type KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect } from 'vitest';
import type { Algorithm } from '../../certs/algorithms.ts';
import { createKeyFiles, newKeyPair } from '../../certs/key-pair.ts';
import { createMasterKeys } from '../../certs/master-key.ts';
import { signerFromPem } from '../../certs/signer.ts';
import type { PlatformRegistration } from '../../contract/internal/instruction.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import { formatTimestamp } from '../../contract/time.ts';
import { type Gateway, openGateway } from '../../gateway/open.ts';
import type { GatewaySettings } from '../../gateway/settings.ts';
import type { Bus } from '../../runtime/bus/port.ts';
import { openLog } from '../../runtime/log.ts';
import { openMetrics } from '../../runtime/metrics.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import type { Cache } from '../../runtime/redis.ts';
import { type FreshDatabase, freshDatabase, type TestServer } from '../servers.ts';
import { Books } from './books.ts';

/** A clock that stands at the real time plus what a test adds. */
export class MovableClock {
  offsetMs = 0;
  now(): number {
    return Date.now() + this.offsetMs;
  }
}

export interface CounterOptions {
  readonly redis?: Cache;
  readonly settings?: Partial<GatewaySettings>;
  /** Another bus than the test's own books. */
  readonly bus?: Bus;
}

/** A platform's key and how it signs. */
export interface PlatformSigner {
  readonly keySerial: string;
  readonly algorithm: Algorithm;
  readonly publicKey: string;
  sign(text: string): Promise<string>;
}

export async function platformSigner(keySerial: string, algorithm: Algorithm = 'RSA2'): Promise<PlatformSigner> {
  const pair = await newKeyPair({ algorithm });
  const signer = await signerFromPem(pair.privateKeyPem, keySerial, algorithm);
  return {
    keySerial,
    algorithm,
    publicKey: pair.publicKeyPem,
    sign: async (text) => (await signer.sign(Buffer.from(text, 'utf8'))).toString('base64'),
  };
}

export interface Heard {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly headers: Headers;
}

export class Counter {
  readonly books = new Books();
  readonly clock = new MovableClock();
  readonly log = openLog({ name: 'test', level: (process.env['TEST_LOG'] as 'warn' | undefined) ?? 'silent' });
  readonly metrics = openMetrics({ ofProcess: false });
  readonly database: pg.Pool;
  readonly #fresh: FreshDatabase;
  readonly #folder: string;
  readonly #options: CounterOptions;
  #gateway: Gateway | undefined;
  #bankKey: KeyObject | undefined;
  url = '';

  private constructor(fresh: FreshDatabase, folder: string, options: CounterOptions) {
    this.#fresh = fresh;
    this.#folder = folder;
    this.#options = options;
    this.database = new pg.Pool({ connectionString: fresh.url, max: 2 });
  }

  static async open(server: TestServer, options: CounterOptions = {}): Promise<Counter> {
    const fresh = await freshDatabase(server.url);
    const folder = await mkdtemp(join(tmpdir(), 'qianzhi-gateway-'));
    const counter = new Counter(fresh, folder, options);
    await migrate({ url: fresh.url, room: 'gateway' });
    await createMasterKeys(join(folder, 'master.keys'));
    const { publicKeyPem } = await createKeyFiles(join(folder, 'bank.pem'), { algorithm: 'RSA2' });
    counter.#bankKey = createPublicKey(publicKeyPem);
    await counter.start();
    return counter;
  }

  get databaseUrl(): string {
    return this.#fresh.url;
  }

  get settings(): GatewaySettings {
    return {
      host: '127.0.0.1',
      port: 0,
      publicUrl: 'http://127.0.0.1:1',
      keySerial: 'BANK-1',
      privateKeyFile: join(this.#folder, 'bank.pem'),
      sealingKeyFile: join(this.#folder, 'master.keys'),
      waitMs: 3_000,
      bodyLimitBytes: 1024 * 1024,
      batchBodyLimitBytes: 8 * 1024 * 1024,
      clockWindowMs: 600_000,
      notifyGapsMs: [60_000, 300_000],
      ...this.#options.settings,
    };
  }

  /** Starts the gateway (again). */
  async start(): Promise<void> {
    this.#gateway = await openGateway(this.settings, {
      databaseUrl: this.#fresh.url,
      bus: this.#options.bus ?? this.books,
      ...(this.#options.redis === undefined ? {} : { redis: this.#options.redis }),
      log: this.log,
      metrics: this.metrics,
      clock: this.clock,
    });
    this.url = await this.#gateway.server.listen({ host: '127.0.0.1', port: 0 });
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await this.database.end();
    await this.#fresh.drop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Registers a platform as the result of an operator's act does. */
  async register(signers: readonly PlatformSigner[], rest: Partial<PlatformRegistration> = {}): Promise<void> {
    const platform: PlatformRegistration = {
      platformNo: 'P1',
      name: '平台',
      profile: 'strict',
      notifyUrl: 'http://127.0.0.1:9/notify',
      notifyAllow: [],
      services: '*',
      keys: signers.map(({ keySerial, algorithm, publicKey }) => ({
        keySerial,
        algorithm,
        publicKey,
        validFrom: Date.now() - 86_400_000,
        validTo: Date.now() + 86_400_000,
      })),
      ...rest,
    };
    await this.books.results(result({ platformNo: platform.platformNo, registry: { change: 'PLATFORM', platform } }));
  }

  timestamp(addMs = 0): string {
    return formatTimestamp(Date.now() + addMs);
  }

  async envelope(
    signer: PlatformSigner,
    serviceName: string,
    reqData: object | string,
    rest: Readonly<Record<string, string>> = {},
  ): Promise<Record<string, string>> {
    const text = typeof reqData === 'string' ? reqData : JSON.stringify({ timestamp: this.timestamp(), ...reqData });
    return {
      serviceName,
      platformNo: 'P1',
      reqData: text,
      keySerial: signer.keySerial,
      sign: await signer.sign(text),
      ...rest,
    };
  }

  /** Sends a signed message and gives the verified answer. */
  async send(
    signer: PlatformSigner,
    serviceName: string,
    reqData: object | string,
    path: '/service' | '/gateway' = '/service',
  ): Promise<Heard> {
    return this.post(new URLSearchParams(await this.envelope(signer, serviceName, reqData)), path);
  }

  /** Posts a body and gives the answer, whose signature must be the bank's. */
  async post(
    body: string | URLSearchParams | Uint8Array<ArrayBuffer>,
    path = '/service',
    headers: Record<string, string> = {},
  ): Promise<Heard> {
    return this.heard(await fetch(`${this.url}${path}`, { method: 'POST', body, headers }));
  }

  async heard(response: Response): Promise<Heard> {
    const text = await response.text();
    this.verify(text, response.headers.get('sign'), response.headers.get('keySerial'));
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, text, headers: response.headers, body: isJson ? JSON.parse(text) : {} };
  }

  /** Fails unless the bank signed exactly this text. */
  verify(text: string, signature: string | null | undefined, keySerial: string | null | undefined): void {
    expect(keySerial).toBe('BANK-1');
    if (this.#bankKey === undefined) throw new Error('not started');
    const verified = createVerify('RSA-SHA256')
      .update(text, 'utf8')
      .verify(this.#bankKey, signature ?? '', 'base64');
    expect(verified, 'signed by the bank').toBe(true);
  }

  async count(table: 'evidence' | 'pending' | 'notification' | 'parked' | 'result_taken'): Promise<number> {
    const { rows } = await this.database.query(`select count(*)::int as count from gateway.${table}`);
    return rows[0]?.count;
  }
}

let numbers = 0;
/** A number that no test has used. */
export const freshNumber = (): string => `R${process.pid}-${++numbers}`;

/** A result as the ledger's outbox makes it. */
export function result(rest: Partial<ResultMessage>): ResultMessage {
  const requestNo = rest.requestNo ?? freshNumber();
  return {
    version: 1,
    event: `${requestNo}:SUCCESS`,
    platformNo: 'P1',
    requestNo,
    serviceName: 'MODIFY_PROJECT',
    occurredAt: Date.now(),
    ended: true,
    notify: false,
    answer: { status: 'SUCCESS', final: true, fields: {} },
    ...rest,
  };
}
