/**
 * The company as servers: one for merchants and payers, one for the director. What is due, and the callbacks, are looked after by one
 * timer.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { addApi } from './api.ts';
import { addCashier } from './cashier.ts';
import { companyOf } from './company.ts';
import { addControl } from './control.ts';
import { dayOf } from './days.ts';
import { deliveryOf } from './delivery.ts';
import { openJournal } from './journal.ts';
import { BadRequest } from './requests.ts';
import { keysIn, merchantKey } from './signing.ts';
import { apply, type Event, emptyState } from './state.ts';

export interface CompanyOptions {
  /** Folder of keys and journal; made when missing. */
  readonly home: string;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly controlPort: number;
  /** What cashier links begin with; default `http://<host>:<port>`. */
  readonly publicUrl?: string;
  readonly merchantNo: string;
  readonly merchantPublicKeyFile: string;
  /** The first clearing day, when the home is new; default: today in GMT+8. */
  readonly day?: string;
  /** How long a pay-out takes, when no rule says otherwise. */
  readonly settleMs: number;
  /** Fee of a payment in 1/10,000. */
  readonly feeBp: bigint;
}

export interface RunningCompany {
  readonly url: string;
  readonly controlUrl: string;
  readonly publicKeyFile: string;
  readonly day: string;
  stop(): Promise<void>;
}

/** Orders are small; a larger body was sent by mistake or malice. */
const BODY_BYTES = 64 * 1024;
const TICK_MS = 20;

/** A server that answers nobody before what it would tell of is on the disk. */
function newServer(kept: () => Promise<void>): FastifyInstance {
  const server = fastify({ bodyLimit: BODY_BYTES, forceCloseConnections: true });
  // Signatures are over the bytes as they came: nothing is parsed before.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  server.addHook('onSend', async () => {
    await kept();
  });
  server.setErrorHandler(async (error, _, reply) => {
    if (error instanceof BadRequest || error instanceof SyntaxError || error instanceof RangeError)
      return reply.code(400).send({ code: '4002', message: error.message });
    const status = (error as { statusCode?: number }).statusCode ?? 500;
    return reply.code(status).send({ code: status < 500 ? '4002' : '5000', message: 'not done' });
  });
  return server;
}

/** Starts the company; resolves once both ports listen. Throws Error when a key or port cannot be had. */
export async function startCompany(options: CompanyOptions): Promise<RunningCompany> {
  mkdirSync(options.home, { recursive: true, mode: 0o700 });
  const keys = keysIn(options.home);
  const merchant = merchantKey(options.merchantPublicKeyFile);
  const state = emptyState();
  const journalFile = join(options.home, 'journal.jsonl');
  const journal = await openJournal(journalFile, (event) => apply(state, event));
  const now = () => Date.now();
  const record = (events: readonly Event[]): void => {
    journal.append(events);
    for (const event of events) apply(state, event);
    // Whoever is to be told waits for this himself; a disk that fails ends the company, as it would a bank's.
    journal.kept().catch((error: unknown) => {
      process.nextTick(() => {
        throw error;
      });
    });
  };
  if (state.day === '') record([{ event: 'opened', day: options.day ?? dayOf(now()) }]);
  const company = companyOf({ state, record, now, settleMs: options.settleMs, feeBp: options.feeBp });
  const delivery = deliveryOf({ state, record, kept: journal.kept, key: keys.privateKey, now });

  const api = newServer(journal.kept);
  const control = newServer(journal.kept);
  let url = '';
  api.get('/health', async () => ({ status: 'ok' }));
  addApi(api, {
    company,
    merchantNo: options.merchantNo,
    companyKey: keys.privateKey,
    merchantKey: merchant,
    publicUrl: () => options.publicUrl ?? url,
    now,
  });
  addCashier(api, company);
  addControl(control, company, now, () => readFileSync(journalFile));
  await control.listen({ host: '127.0.0.1', port: options.controlPort });
  await api.listen({ host: options.host, port: options.port });
  url = `http://${options.host}:${portOf(api)}`;
  const timer = setInterval(() => {
    company.tick();
    delivery.tick();
  }, TICK_MS);
  return {
    url,
    controlUrl: `http://127.0.0.1:${portOf(control)}`,
    publicKeyFile: keys.publicKeyFile,
    day: state.day,
    stop: async () => {
      clearInterval(timer);
      delivery.stop();
      await Promise.all([api.close(), control.close()]);
      await journal.close();
    },
  };
}

const portOf = (server: FastifyInstance): number => (server.server.address() as AddressInfo).port;
