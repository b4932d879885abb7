/**
 * What the payment company's channel makes of answers and callbacks that are not what they should be. The other side is a small server here,
 * with the company's key, that answers whatever a test wants: a liar needs no books.
 */

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Channel, ChannelOrder } from '../../adapters/channel.ts';
import { openPaymentCompany } from '../../adapters/payment-company/channel.ts';
import { createKeyFiles } from '../../certs/key-pair.ts';
import { fen } from '../../contract/money.ts';
import { freePort } from '../servers.ts';

interface Ask {
  readonly path: string;
  readonly nonce: string;
  readonly body: string;
}
interface Reply {
  readonly body: string | Buffer;
  readonly key?: KeyObject;
  readonly nonce?: string;
  readonly path?: string;
  readonly purpose?: string;
  readonly unsigned?: boolean;
  readonly status?: number;
}

const NOW = 1_767_600_000_000;
let folder: string;
let server: Server;
let channel: Channel;
let company: KeyObject;
let behave: (ask: Ask, response: ServerResponse) => Reply | undefined;

const signature = (
  key: KeyObject,
  purpose: string,
  path: string,
  at: string,
  nonce: string,
  body: string | Buffer,
): string =>
  sign(null, Buffer.concat([Buffer.from(`${purpose}\n${path}\n${at}\n${nonce}\n`), Buffer.from(body)]), key).toString(
    'base64',
  );

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const ask = {
    path: request.url ?? '',
    nonce: String(request.headers['x-nonce']),
    body: Buffer.concat(chunks).toString('utf8'),
  };
  const reply = behave(ask, response);
  if (reply === undefined) return;
  const { body, key = company, nonce = ask.nonce, path = ask.path, purpose = 'ANSWER' } = reply;
  response.statusCode = reply.status ?? 200;
  response.setHeader('x-timestamp', '1');
  if (reply.unsigned !== true) response.setHeader('x-signature', signature(key, purpose, path, '1', nonce, body));
  response.end(body);
}

const order: ChannelOrder = {
  orderId: '0MJX5T2K7AAAAAAAAAAAAAAA',
  kind: 'payout',
  platformNo: 'P1',
  amount: fen(100n),
  createdAt: NOW,
  notifyUrl: 'http://127.0.0.1:9/',
};
const view = {
  orderNo: order.orderId,
  companyNo: 'C1',
  kind: 'payout',
  subMerchantNo: 'P1',
  amount: '100',
  status: 'SUCCESS',
  clearingDay: '20260105',
  finishedAt: NOW,
};
const answerOf = (change: object = {}, code = '0000'): string =>
  JSON.stringify({ code, message: 'OK', order: { ...view, ...change } });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qianzhi-answers-'));
  const pair = generateKeyPairSync('ed25519');
  company = pair.privateKey;
  const channelPublicKeyFile = join(folder, 'company.pub.pem');
  await writeFile(channelPublicKeyFile, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const { privateKeyFile } = await createKeyFiles(join(folder, 'merchant.pem'), { algorithm: 'ED25519' });
  server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = {
    url,
    merchantNo: 'M',
    privateKeyFile,
    channelPublicKeyFile,
    timeoutMs: 300,
    acceptanceWindowMs: 0,
  };
  channel = await openPaymentCompany('PAYSIM', { kind: 'payment-company', ...settings }, { now: () => NOW });
});
afterAll(async () => {
  await channel?.stop();
  server?.closeAllConnections();
  server?.close();
  await rm(folder, { recursive: true });
});

const asked = (reply: Reply) => {
  behave = () => reply;
  return channel.ask(order);
};

describe('an answer', () => {
  test('that is whole, theirs and about the order is a yes', async () => {
    expect(await asked({ body: answerOf() })).toEqual({
      state: 'settled',
      amount: 100n,
      channelOrderNo: 'C1',
      clearingDay: '20260105',
      settledAt: NOW,
    });
  });

  test.each([
    ['ICBC', 'ICBK'],
    ['ABOC', 'ABOC'],
    ['XXXX', undefined],
  ])('that names the bank %s says %j to us', async (bankCode, bankcode) => {
    const { clearingDay: _, ...verified } = view;
    behave = () => ({
      body: JSON.stringify({ code: '0000', order: { ...verified, kind: 'identity', amount: '0', bankCode } }),
    });
    const answer = await channel.ask({ ...order, kind: 'verify', amount: fen(0n) });
    expect(answer).toMatchObject({ state: 'settled' });
    expect('bankcode' in answer ? answer.bankcode : undefined).toBe(bankcode);
  });

  const stranger = generateKeyPairSync('ed25519').privateKey;
  const lies: Readonly<Record<string, Reply>> = {
    'without a signature': { body: answerOf(), unsigned: true },
    'signed by somebody else': { body: answerOf(), key: stranger },
    'to another question': { body: answerOf(), nonce: 'an older one' },
    'of another path': { body: answerOf(), path: '/api/payouts' },
    'signed as a callback': { body: answerOf(), purpose: 'CALLBACK' },
    'that is no JSON': { body: '<html>' },
    'that is no object': { body: '[]' },
    'that is not UTF-8': { body: Buffer.from([0x7b, 0xff, 0x7d]) },
    'larger than we read': { body: JSON.stringify({ code: '0000', pad: 'x'.repeat(100_000) }) },
    'without a code': { body: JSON.stringify({ order: view }) },
    'with a code of another type': { body: JSON.stringify({ code: 0, order: view }) },
    'about another order': { body: answerOf({ orderNo: 'ANOTHER' }) },
    'about another kind': { body: answerOf({ kind: 'payment' }) },
    'about another merchant': { body: answerOf({ subMerchantNo: 'P2' }) },
    'with a status unknown': { body: answerOf({ status: 'PAID' }) },
    'without the amount': { body: answerOf({ amount: undefined }) },
    'with an amount in yuan': { body: answerOf({ amount: '1.00' }) },
    'with an amount that is a number': { body: answerOf({ amount: 100 }) },
    'without the clearing day': { body: answerOf({ clearingDay: undefined }) },
    'with a clearing day that is none': { body: answerOf({ clearingDay: '20260231' }) },
    'without their number': { body: answerOf({ companyNo: '' }) },
    'that is a no without a code': { body: answerOf({ status: 'FAILED' }) },
    'that refuses without saying why': { body: JSON.stringify({ code: '4011' }) },
    'that refuses without end': { body: JSON.stringify({ code: '4011', message: 'x'.repeat(201) }) },
    'that is a return without its day': { body: answerOf({ status: 'RETURNED', message: 'r', returnedAt: NOW }) },
    'that a pay-out waits for its payer': { body: answerOf({ status: 'WAITING' }) },
    'without an order': { body: JSON.stringify({ code: '0000' }) },
    'that the signature was wrong': { body: answerOf({}, '4001') },
    'with a server’s error page': { body: 'Bad Gateway', unsigned: true, status: 502 },
  };
  test.each(Object.entries(lies))('%s is unknown', async (_, reply) => {
    expect(await asked(reply)).toMatchObject({ state: 'unknown' });
  });

  test('that never comes, or breaks off, is unknown; a door that is shut is surely unsent', async () => {
    behave = () => undefined;
    expect(await channel.ask(order)).toMatchObject({ state: 'unknown' });
    behave = (_, response) => {
      response.destroy();
      return undefined;
    };
    expect(await channel.ask(order)).toMatchObject({ state: 'unknown' });
    const keys = {
      privateKeyFile: join(folder, 'merchant.pem'),
      channelPublicKeyFile: join(folder, 'company.pub.pem'),
    };
    const url = `http://127.0.0.1:${await freePort()}`;
    const settings = { url, merchantNo: 'M', ...keys, timeoutMs: 300, acceptanceWindowMs: 0 };
    const shut = await openPaymentCompany('SHUT', { kind: 'payment-company', ...settings }, { now: () => NOW });
    expect(await shut.ask(order)).toMatchObject({ state: 'unsent' });
    await shut.stop();
  });

  test('that redirects is not followed', async () => {
    behave = (ask, response) => {
      response.setHeader('location', '/elsewhere');
      return ask.path === '/elsewhere' ? { body: answerOf() } : { body: '', unsigned: true, status: 307 };
    };
    expect(await channel.ask(order)).toMatchObject({ state: 'unknown' });
  });

  test('with a cashier link that is no web address is unknown', async () => {
    const collect: ChannelOrder = { ...order, kind: 'collect', returnUrl: 'http://a/', expiresAt: NOW + 1 };
    const body = (cashierUrl: unknown) =>
      JSON.stringify({ code: '0000', order: { ...view, kind: 'payment', status: 'WAITING' }, cashierUrl });
    behave = () => ({ body: body('javascript:alert(1)') });
    expect(await channel.send(collect)).toMatchObject({ state: 'unknown' });
    behave = () => ({ body: body('http://cashier/1') });
    expect(await channel.send(collect)).toMatchObject({ state: 'presented' });
  });
});

describe('a callback', () => {
  const read = (body: string, more: { at?: number; key?: KeyObject; purpose?: string; headers?: object } = {}) => {
    const at = String(more.at ?? NOW);
    const signed = signature(more.key ?? company, more.purpose ?? 'CALLBACK', '', at, 'n', body);
    return channel.readCallback(
      { 'x-timestamp': at, 'x-nonce': 'n', 'x-signature': signed, ...more.headers },
      Buffer.from(body),
    );
  };
  const whole = JSON.stringify({ eventId: 'e', type: 'ORDER', order: view });

  test('that is theirs and of now is read', () => {
    expect(read(whole)).toMatchObject({
      is: 'order',
      orderId: order.orderId,
      kind: 'payout',
      platformNo: 'P1',
      answer: { state: 'settled', amount: 100n },
    });
  });

  test('that is another’s, altered, an answer, old, of the future or unsigned is forged', () => {
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const forged = [
      read(whole, { key: stranger }),
      read(whole, { purpose: 'ANSWER' }),
      read(whole, { at: NOW - 11 * 60_000 }),
      read(whole, { at: NOW + 11 * 60_000 }),
      read(whole, { headers: { 'x-nonce': 'm' } }),
      read(whole, { headers: { 'x-signature': '' } }),
      read(whole, { headers: { 'x-signature': undefined } }),
      read(whole, { headers: { 'x-timestamp': 'NaN' } }),
      channel.readCallback({}, Buffer.from(whole)),
    ];
    expect(forged.map(({ is }) => is)).toEqual(forged.map(() => 'forged'));
  });

  test('that is theirs and not understood is unreadable, with the order where one is named', () => {
    expect(read('{')).toMatchObject({ is: 'unreadable' });
    expect(read(JSON.stringify({ type: 'HOLIDAY' }))).toMatchObject({ is: 'unreadable' });
    expect(read(JSON.stringify({ type: 'ORDER', order: { ...view, orderNo: 'x; drop' } }))).toMatchObject({
      is: 'unreadable',
    });
    const odd = JSON.stringify({ type: 'ORDER', order: { ...view, status: 'ODD' } });
    expect(read(odd)).toMatchObject({ is: 'unreadable', orderId: order.orderId });
    expect(read(JSON.stringify({ type: 'SETTLEMENT', settlement: { clearingDay: '20260105' } }))).toMatchObject({
      is: 'unreadable',
    });
  });
});
