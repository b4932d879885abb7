/**
 * The simulated payment company, met as a merchant, a payer and a director meet it: over HTTP, as a process of its own. The merchant here
 * signs with node:crypto alone, so that the company is held to its document and not to our adapter.
 */

import { createPublicKey, generateKeyPairSync, type KeyObject, randomUUID, sign, verify } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CompanyProcess, startCompanyProcess } from '../adapters/company.ts';
import { waitFor } from '../servers.ts';

interface Heard {
  readonly body: Record<string, Record<string, string>>;
  readonly genuine: boolean;
}

let folder: string;
let company: CompanyProcess;
let merchant: KeyObject;
let companyKey: KeyObject;
/** The merchant's ear: what it answers, and what it heard. */
let ear: Server;
let notifyUrl: string;
let answer = 'success';
let heard: Heard[] = [];

const textToSign = (purpose: string, path: string, timestamp: string, nonce: string, body: string): Buffer =>
  Buffer.from(`${purpose}\n${path}\n${timestamp}\n${nonce}\n${body}`);

interface Sent {
  readonly fields: object;
  readonly key?: KeyObject;
  readonly nonce?: string;
  readonly timestamp?: number;
}

async function call(
  path: string,
  sent: Sent,
): Promise<Record<string, never> & { code: string; order: Record<string, string>; cashierUrl: string }> {
  const body = JSON.stringify(sent.fields);
  const timestamp = String(sent.timestamp ?? Date.now());
  const nonce = sent.nonce ?? randomUUID();
  const response = await fetch(`${company.url}${path}`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-merchant-no': 'M10001',
      'x-timestamp': timestamp,
      'x-nonce': nonce,
      'x-signature': sign(null, textToSign('REQUEST', path, timestamp, nonce, body), sent.key ?? merchant).toString(
        'base64',
      ),
    },
  });
  const text = await response.text();
  const signature = Buffer.from(response.headers.get('x-signature') ?? '', 'base64');
  const at = response.headers.get('x-timestamp') ?? '';
  expect(verify(null, textToSign('ANSWER', path, at, nonce, text), companyKey, signature)).toBe(true);
  return JSON.parse(text);
}

let made = 0;
const orderNo = (): string => `N${Date.now().toString(36)}${(made++).toString().padStart(4, '0')}`.toUpperCase();
const payment = (fields: object = {}) => ({
  orderNo: orderNo(),
  subMerchantNo: 'S1',
  amount: '1000',
  notifyUrl,
  returnUrl: 'http://merchant.invalid/back?id=1',
  expiresAt: Date.now() + 60_000,
  ...fields,
});
const payout = (fields: object = {}) => ({
  orderNo: orderNo(),
  subMerchantNo: 'S1',
  amount: '500',
  notifyUrl,
  name: '王小明',
  bankcardNo: '6222021234567890123',
  ...fields,
});
const about = (no: string): Heard[] => heard.filter(({ body }) => body['order']?.['orderNo'] === no);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qianzhi-company-'));
  const pair = generateKeyPairSync('ed25519');
  merchant = pair.privateKey;
  const merchantPublicKeyFile = join(folder, 'merchant.pub.pem');
  await writeFile(merchantPublicKeyFile, pair.publicKey.export({ type: 'spki', format: 'pem' }));
  const more = ['--day', '20260228', '--settle-ms', '20', '--fee-bp', '10'];
  company = await startCompanyProcess({ home: join(folder, 'home'), merchantPublicKeyFile, more });
  companyKey = createPublicKey(await readFile(company.publicKeyFile));
  ear = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString('utf8');
    const { 'x-timestamp': timestamp, 'x-nonce': nonce, 'x-signature': signature } = request.headers;
    const text = textToSign('CALLBACK', '', String(timestamp), String(nonce), body);
    heard.push({
      body: JSON.parse(body),
      genuine: verify(null, text, companyKey, Buffer.from(String(signature), 'base64')),
    });
    response.end(answer);
  });
  ear.listen(0, '127.0.0.1');
  await once(ear, 'listening');
  notifyUrl = `http://127.0.0.1:${(ear.address() as AddressInfo).port}/told`;
});
beforeEach(() => {
  heard = [];
  answer = 'success';
});
afterAll(async () => {
  await company?.kill();
  ear?.close();
  await rm(folder, { recursive: true });
});

describe('a merchant', () => {
  test('who does not sign with his key is refused, as is a request sent twice or of another time', async () => {
    const fields = payment();
    const stranger = generateKeyPairSync('ed25519').privateKey;
    expect(await call('/api/payments', { fields, key: stranger })).toMatchObject({ code: '4001' });
    expect(await call('/api/payments', { fields, timestamp: Date.now() - 400_000 })).toMatchObject({ code: '4001' });
    const nonce = randomUUID();
    expect(await call('/api/orders/query', { fields: { orderNo: 'X' }, nonce })).toMatchObject({ code: '4004' });
    expect(await call('/api/orders/query', { fields: { orderNo: 'X' }, nonce })).toMatchObject({ code: '4001' });
    expect(await call('/api/orders/query', { fields: { orderNo: fields.orderNo } })).toMatchObject({ code: '4004' });
  });

  test('who asks again with the same content has the same order, and with other content none', async () => {
    const fields = payment();
    const first = await call('/api/payments', { fields });
    expect(await call('/api/payments', { fields })).toEqual(first);
    expect(await call('/api/payments', { fields: { ...fields, amount: '1001' } })).toMatchObject({ code: '4009' });
    expect(await call('/api/payouts', { fields: payout({ orderNo: fields.orderNo }) })).toMatchObject({ code: '4009' });
  });

  test.each([
    ['10.00', 'amount'],
    ['0', 'amount'],
    ['-5', 'amount'],
  ])('who writes the amount %s is told what was expected', async (amount, field) => {
    const refused = await call('/api/payments', { fields: payment({ amount }) });
    expect(refused).toMatchObject({ code: '4002', message: expect.stringContaining(field) });
  });

  test('is told of a pay-out until he says success, and nothing of the card is told', async () => {
    answer = 'SUCCESS';
    const fields = payout();
    expect(await call('/api/payouts', { fields })).toMatchObject({ code: '0000', order: { status: 'PROCESSING' } });
    await waitFor(() => about(fields.orderNo).length >= 2, { what: 'two callbacks' });
    answer = 'success';
    await waitFor(async () => ((await company.control('GET', '/callbacks')) as unknown[]).length === 0);
    const count = about(fields.orderNo).length;
    expect(about(fields.orderNo).every(({ genuine }) => genuine)).toBe(true);
    expect(new Set(about(fields.orderNo).map(({ body }) => String(body['eventId']))).size).toBe(1);
    expect(about(fields.orderNo)[0]?.body['order']).toMatchObject({
      status: 'SUCCESS',
      clearingDay: expect.any(String),
    });
    expect(JSON.stringify(heard)).not.toContain(fields.bankcardNo);
    await waitFor(() => about(fields.orderNo).length === count);
  });

  test.each([
    [{}, { status: 'SUCCESS', bankCode: 'ICBC' }],
    [{ bankcardNo: '6226090000000048' }, { status: 'SUCCESS', bankCode: 'CMBC' }],
    [{ name: '不符三' }, { status: 'FAILED', code: 'NAME_MISMATCH' }],
    [{ idCardNo: '11010119900309999X' }, { status: 'FAILED', code: 'ID_MISMATCH' }],
    [{ mobile: '13800099999' }, { status: 'FAILED', code: 'MOBILE_MISMATCH' }],
    [{ bankcardNo: '6222021234567899999' }, { status: 'FAILED', code: 'CARD_INVALID' }],
    [{ bankcardNo: '9999021234567890123' }, { status: 'FAILED', code: 'CARD_NOT_SUPPORTED' }],
  ])('who checks four elements, %j otherwise, learns %j', async (change, order) => {
    const elements = {
      name: '王小明',
      idCardNo: '110101199003074477',
      bankcardNo: '6222021234567890123',
      mobile: '13800138001',
    };
    const fields = { orderNo: orderNo(), subMerchantNo: 'S1', ...elements, ...change };
    expect(await call('/api/identity-checks', { fields })).toMatchObject({ code: '0000', order });
  });
});

describe('a payer', () => {
  const open = async (fields = payment()) => ({ fields, url: (await call('/api/payments', { fields })).cashierUrl });
  const press = (url: string, action: string) =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ action }), redirect: 'manual' });

  test('sees the amount on a page without script, pays, and is sent back', async () => {
    const { fields, url } = await open();
    const page = await fetch(url);
    const html = await page.text();
    expect(html).toContain('10.00');
    expect(html).toContain('<form method="post">');
    expect(html).not.toContain('<script');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const paid = await press(url, 'pay');
    expect([paid.status, paid.headers.get('location')]).toEqual([303, fields.returnUrl]);
    expect((await press(url, 'fail')).status).toBe(303);
    const view = await call('/api/orders/query', { fields: { orderNo: fields.orderNo } });
    expect(view.order).toMatchObject({ status: 'SUCCESS', amount: '1000' });
    expect(view.cashierUrl).toBeUndefined();
    await waitFor(() => about(fields.orderNo).length === 1);
  });

  test('whose bank refuses has not paid', async () => {
    const { fields, url } = await open();
    await press(url, 'fail');
    await waitFor(() => about(fields.orderNo)[0]?.body['order']?.['status'] === 'FAILED');
  });

  test('who comes after the merchant closed the order, or after its time, cannot pay', async () => {
    const closed = await open();
    expect(await call('/api/orders/close', { fields: { orderNo: closed.fields.orderNo } })).toMatchObject({
      order: { status: 'CLOSED' },
    });
    await press(closed.url, 'pay');
    const late = await open(payment({ expiresAt: Date.now() - 1 }));
    expect(late.url).toBeUndefined();
    for (const { fields } of [closed, late])
      expect((await call('/api/orders/query', { fields: { orderNo: fields.orderNo } })).order['status']).toBe('CLOSED');
  });

  test('without the link finds nothing', async () => {
    expect((await fetch(`${company.url}/cashier/unknown`)).status).toBe(404);
  });
});

describe('the books', () => {
  test('a day comes to what was collected, paid out and returned in it, less the fee; the next day has what came later', async () => {
    const subMerchantNo = 'SBOOKS';
    const { day } = (await company.control('GET', '/day')) as { day: string };
    const paid = payment({ subMerchantNo, amount: '100000' });
    await call('/api/payments', { fields: paid });
    await company.control('POST', `/orders/${paid.orderNo}/pay`);
    const outs = [payout({ subMerchantNo, amount: '3000' }), payout({ subMerchantNo, amount: '2000' })];
    for (const fields of outs) await call('/api/payouts', { fields });
    await waitFor(() => outs.every(({ orderNo: no }) => about(no).length === 1));
    await company.control('POST', `/orders/${outs[0]?.orderNo}/return`);
    const query = (clearingDay: string) => call('/api/settlements/query', { fields: { subMerchantNo, clearingDay } });
    expect(await query(day)).toMatchObject({ code: '4010' });
    await company.control('POST', '/close-day');
    const first = { gross: '100000', payouts: '2000', fee: '100', net: '97900', clearingDay: day };
    expect(await query(day)).toMatchObject({ code: '0000', settlement: first });
    await waitFor(() => heard.some(({ body, genuine }) => genuine && body['settlement']?.['clearingDay'] === day));

    const refund = { orderNo: orderNo(), subMerchantNo, amount: '700', notifyUrl, originalOrderNo: paid.orderNo };
    await call('/api/refunds', { fields: refund });
    await waitFor(() => about(refund.orderNo).length === 1);
    await company.control('POST', `/orders/${outs[1]?.orderNo}/return`);
    const { day: next } = (await company.control('GET', '/day')) as { day: string };
    await company.control('POST', '/close-day');
    expect(await query(next)).toMatchObject({ settlement: { gross: '2000', payouts: '700', fee: '0', net: '1300' } });
    expect(next > day).toBe(true);
  });

  test('a company killed keeps orders, rules, its day, and tells what was not yet taken', async () => {
    answer = 'not now';
    const fields = payout();
    await call('/api/payouts', { fields });
    await company.control('POST', '/rules', {
      match: { kind: 'payout' },
      behaviour: { decline: { code: 'RULED', message: 'x' } },
    });
    await waitFor(() => about(fields.orderNo).length > 0);
    const before = [
      await company.control('GET', '/orders'),
      await company.control('GET', '/totals'),
      await company.control('GET', '/day'),
    ];
    await company.kill();
    await appendFile(join(folder, 'home', 'journal.jsonl'), '[{"event":"day-closed","day":"torn');
    heard = [];
    answer = 'success';
    await company.restart();
    expect([
      await company.control('GET', '/orders'),
      await company.control('GET', '/totals'),
      await company.control('GET', '/day'),
    ]).toEqual(before);
    await waitFor(() => about(fields.orderNo).length > 0);
    const ruled = payout();
    expect(await call('/api/payouts', { fields: ruled })).toMatchObject({ order: { status: 'FAILED', code: 'RULED' } });
    const after = payout();
    expect(await call('/api/payouts', { fields: after })).toMatchObject({ order: { status: 'PROCESSING' } });
    await company.kill();
    await company.restart();
    await waitFor(() => about(after.orderNo).length > 0);
  });

  test('a rule with a word that is not known is refused', async () => {
    await expect(company.control('POST', '/rules', { behaviour: { declines: true } })).rejects.toThrow(
      'declines: not known',
    );
  });
});
