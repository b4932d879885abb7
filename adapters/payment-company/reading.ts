/**
 * Reads what the company wrote, strictly: a field that is missing, of another type or about another order makes the whole unknown. A yes
 * needs its amount, its number, its moment and its clearing day.
 */
import type { OrderKind } from '../../contract/internal/order.ts';
import { type Fen, fen } from '../../contract/money.ts';
import { isDate } from '../../contract/time.ts';
import type { Answer, ChannelOrder, Settled, SettlementNotice } from '../channel.ts';
import { bankCodeOf, callCodes, orderStatuses } from './codes.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Thrown inside this file for what cannot be read; becomes `unknown`. */
class Unreadable extends Error {}

const KINDS: Readonly<Record<string, OrderKind>> = {
  payment: 'collect',
  payout: 'payout',
  refund: 'refund',
  identity: 'verify',
};

/** Parses the body as a JSON object, or says why it is none. */
export function parseObject(body: Buffer): Json | string {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : 'not a JSON object';
  } catch {
    return 'not JSON in UTF-8';
  }
}

export function objectIn(json: Json, name: string): Json | undefined {
  const value = json[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function text(json: Json, name: string, longest = 200): string {
  const value = json[name];
  if (typeof value !== 'string' || value === '' || value.length > longest)
    throw new Unreadable(`${name} is not a text`);
  return value;
}

function moment(json: Json, name: string): number {
  const value = json[name];
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0)
    throw new Unreadable(`${name} is no moment`);
  return value;
}

function day(json: Json, name: string): string {
  const value = text(json, name, 8);
  if (!isDate(value)) throw new Unreadable(`${name} is no day`);
  return value;
}

function amount(json: Json, name: string, signed = false): Fen {
  const value = text(json, name, 19);
  if (!(signed ? /^-?\d{1,18}$/ : /^\d{1,18}$/).test(value)) throw new Unreadable(`${name} is no amount`);
  return fen(BigInt(value));
}

/** The kind and platform of an order's view, if it names both. */
export function subjectIn(view: Json): { readonly kind: OrderKind; readonly platformNo: string } | undefined {
  const { kind, subMerchantNo: platformNo } = view;
  const ours = typeof kind === 'string' && Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  return ours === undefined || typeof platformNo !== 'string' ? undefined : { kind: ours, platformNo };
}

/** The order that an order's view is about, if it names one. */
export const orderIdIn = (view: Json): string | undefined =>
  typeof view['orderNo'] === 'string' && /^[0-9A-Z]{24}$/.test(view['orderNo']) ? view['orderNo'] : undefined;

/** What a view of an order says. `expected` is the order asked about, when we asked. */
export function readOrder(view: Json, expected?: ChannelOrder, cashierUrl?: unknown): Answer {
  try {
    const kind = subjectIn(view)?.kind;
    if (kind === undefined) throw new Unreadable('kind is not known');
    if (expected !== undefined && (kind !== expected.kind || orderIdIn(view) !== expected.orderId))
      throw new Unreadable('it is about another order');
    if (expected !== undefined && text(view, 'subMerchantNo') !== expected.platformNo)
      throw new Unreadable('it is about another merchant');
    return readStatus(view, kind, expected, cashierUrl);
  } catch (error) {
    if (error instanceof Unreadable) return { state: 'unknown', why: error.message };
    throw error;
  }
}

function readStatus(view: Json, kind: OrderKind, expected: ChannelOrder | undefined, cashierUrl: unknown): Answer {
  const status = text(view, 'status', 40);
  const meaning = orderStatuses.get(status);
  switch (meaning) {
    case undefined:
      throw new Unreadable(`status ${JSON.stringify(status)} is not known`);
    case 'waiting':
      return waiting(kind, expected, cashierUrl);
    case 'pending':
      return { state: 'pending' };
    case 'settled':
      return readYes(view, kind);
    case 'declined':
      return {
        state: 'declined',
        channelErrorCode: text(view, 'code', 64),
        channelErrorMessage: text(view, 'message', 200),
      };
    case 'returned':
      return {
        state: 'returned',
        settled: readYes(view, kind),
        reason: text(view, 'message', 200),
        returnedAt: moment(view, 'returnedAt'),
        clearingDay: day(view, 'returnedDay'),
      };
  }
}

function waiting(kind: OrderKind, expected: ChannelOrder | undefined, cashierUrl: unknown): Answer {
  if (kind !== 'collect') throw new Unreadable(`${kind} cannot wait for a payer`);
  if (expected?.expiresAt === undefined || cashierUrl === undefined) return { state: 'pending' };
  if (typeof cashierUrl !== 'string' || cashierUrl.length > 2_000 || !URL.canParse(cashierUrl))
    throw new Unreadable('cashierUrl is no URL');
  if (!/^https?:$/.test(new URL(cashierUrl).protocol)) throw new Unreadable('cashierUrl is not http');
  return {
    state: 'presented',
    presentation: { kind: 'redirect', url: cashierUrl, expiresAt: expected.expiresAt },
  };
}

function readYes(view: Json, kind: OrderKind): Settled {
  return {
    state: 'settled',
    amount: amount(view, 'amount'),
    channelOrderNo: text(view, 'companyNo', 64),
    settledAt: moment(view, 'finishedAt'),
    ...(kind === 'verify' ? bankIn(view) : { clearingDay: day(view, 'clearingDay') }),
  };
}

/** The protocol's code of the bank that the company names; nothing for a bank that the protocol does not know. */
function bankIn(view: Json): Pick<Settled, 'bankcode'> {
  const bankcode = bankCodeOf(text(view, 'bankCode', 8));
  return bankcode === undefined ? {} : { bankcode };
}

function readRefusal(json: Json): Answer {
  try {
    const [channelErrorCode, channelErrorMessage] = [text(json, 'code', 64), text(json, 'message', 200)];
    return { state: 'declined', channelErrorCode, channelErrorMessage };
  } catch (error) {
    if (error instanceof Unreadable) return { state: 'unknown', why: error.message };
    throw error;
  }
}

/** What a signed answer to a call about an order says. */
export function readAnswer(json: Json, expected: ChannelOrder): Answer {
  const code = json['code'];
  const meaning = typeof code === 'string' ? callCodes.get(code) : undefined;
  switch (meaning) {
    case undefined:
      return { state: 'unknown', why: `code ${JSON.stringify(code)?.slice(0, 40)} is not known` };
    case 'absent':
      return { state: 'absent' };
    case 'refused':
      return readRefusal(json);
    case 'understood': {
      const view = objectIn(json, 'order');
      return view === undefined
        ? { state: 'unknown', why: 'no order in the answer' }
        : readOrder(view, expected, json['cashierUrl']);
    }
  }
}

/** Reads a settlement, or says why it is none. */
export function readSettlement(view: Json): SettlementNotice | string {
  try {
    return {
      platformNo: text(view, 'subMerchantNo', 50),
      clearingDay: day(view, 'clearingDay'),
      gross: amount(view, 'gross', true),
      payouts: amount(view, 'payouts', true),
      fee: amount(view, 'fee'),
      net: amount(view, 'net', true),
    };
  } catch (error) {
    if (error instanceof Unreadable) return error.message;
    throw error;
  }
}
