/**
 * 第三方支付公司: the channel that a payment company of the first kind is, for collections on its cashier, pay-outs, refunds and checks of
 * the four identity elements. The company knows an order by our number, and the same number with the same content is the same order.
 */

import type { Clock } from '../../runtime/clock.ts';
import type { PaymentCompanyConfig } from '../../runtime/config.ts';
import { Defect } from '../../runtime/failure.ts';
import type { Answer, CallbackRead, Channel, ChannelOrder, Headers } from '../channel.ts';
import { settlementCodes } from './codes.ts';
import {
  type Json,
  objectIn,
  orderIdIn,
  parseObject,
  readAnswer,
  readOrder,
  readSettlement,
  subjectIn,
} from './reading.ts';
import { isTheirs, type Keys, openKeys } from './signature.ts';
import { transportOf } from './transport.ts';

/** A callback older than this is a replay of one that we had our chance to take. */
const CALLBACK_WINDOW_MS = 10 * 60_000;

/** Opens the channel: reads its keys, connects to nothing. Throws KeyProblem. */
export async function openPaymentCompany(name: string, settings: PaymentCompanyConfig, clock: Clock): Promise<Channel> {
  const keys = await openKeys(settings.privateKeyFile, settings.channelPublicKeyFile);
  const { url, merchantNo, timeoutMs, acceptanceWindowMs } = settings;
  const transport = transportOf({ url, merchantNo, keys, timeoutMs, clock });

  const call = async (path: string, content: Json, order: ChannelOrder): Promise<Answer> => {
    const reply = await transport.post(path, content);
    if (reply.is !== 'answer') return { state: reply.is, why: reply.why };
    return readAnswer(reply.json, order);
  };

  return {
    name,
    acceptanceWindowMs,
    timeoutMs,
    send: (order) => {
      const { path, content } = requestOf(order);
      return call(path, content, order);
    },
    ask: (order) => call('/api/orders/query', { orderNo: order.orderId }, order),
    close: (order) => call('/api/orders/close', { orderNo: order.orderId }, order),
    readCallback: (headers, body) => readCallback(keys, clock, headers, body),
    settlement: async (platformNo, clearingDay) => {
      const reply = await transport.post('/api/settlements/query', { subMerchantNo: platformNo, clearingDay });
      if (reply.is !== 'answer') return 'unknown';
      const code = reply.json['code'];
      const meaning = typeof code === 'string' ? settlementCodes.get(code) : undefined;
      if (meaning === 'open' || meaning === 'none') return meaning;
      const view = meaning === undefined ? undefined : objectIn(reply.json, 'settlement');
      const notice = view === undefined ? undefined : readSettlement(view);
      if (typeof notice !== 'object') return 'unknown';
      return notice.platformNo === platformNo && notice.clearingDay === clearingDay ? notice : 'unknown';
    },
    stop: () => transport.stop(),
  };
}

function requestOf(order: ChannelOrder): { readonly path: string; readonly content: Json } {
  const { orderId: orderNo, platformNo: subMerchantNo, notifyUrl, party } = order;
  const amount = order.amount.toString();
  switch (order.kind) {
    case 'collect': {
      const { returnUrl, expiresAt } = order;
      return { path: '/api/payments', content: { orderNo, subMerchantNo, amount, notifyUrl, returnUrl, expiresAt } };
    }
    case 'payout': {
      if (party === undefined) throw new Defect(`pay-out ${orderNo} has no payee`);
      const { name, bankcard: bankcardNo } = party;
      return { path: '/api/payouts', content: { orderNo, subMerchantNo, amount, notifyUrl, name, bankcardNo } };
    }
    case 'refund': {
      const { refundOf: originalOrderNo } = order;
      return { path: '/api/refunds', content: { orderNo, subMerchantNo, amount, notifyUrl, originalOrderNo } };
    }
    case 'verify': {
      if (party === undefined) throw new Defect(`check ${orderNo} has nobody to check`);
      const { name, bankcard: bankcardNo, idCardNo, mobile } = party;
      return { path: '/api/identity-checks', content: { orderNo, subMerchantNo, name, bankcardNo, idCardNo, mobile } };
    }
  }
}

function readCallback(keys: Keys, clock: Clock, headers: Headers, body: Buffer): CallbackRead {
  const { 'x-timestamp': timestamp, 'x-nonce': nonce, 'x-signature': signature } = headers;
  if (typeof timestamp !== 'string' || typeof nonce !== 'string' || typeof signature !== 'string')
    return { is: 'forged', why: 'not signed' };
  if (!isTheirs(keys, 'CALLBACK', { path: '', timestamp, nonce }, body, signature))
    return { is: 'forged', why: 'wrong signature' };
  if (!/^\d{13}$/.test(timestamp) || Math.abs(clock.now() - Number(timestamp)) > CALLBACK_WINDOW_MS)
    return { is: 'forged', why: 'not of now' };
  const json = parseObject(body);
  if (typeof json === 'string') return { is: 'unreadable', why: json };
  if (json['type'] === 'SETTLEMENT') {
    const notice = readSettlement(objectIn(json, 'settlement') ?? {});
    return typeof notice === 'string' ? { is: 'unreadable', why: notice } : { is: 'settlement', notice };
  }
  const view = json['type'] === 'ORDER' ? objectIn(json, 'order') : undefined;
  if (view === undefined) return { is: 'unreadable', why: 'neither an order nor a settlement' };
  const orderId = orderIdIn(view);
  if (orderId === undefined) return { is: 'unreadable', why: 'no order of ours is named' };
  const answer = readOrder(view);
  if (answer.state === 'unknown') return { is: 'unreadable', why: answer.why, orderId };
  const subject = subjectIn(view);
  return subject === undefined
    ? { is: 'unreadable', why: 'no merchant is named', orderId }
    : { is: 'order', orderId, ...subject, answer };
}
