/**
 * A small world in which everything is right, made by hand: a recharge, a bid that is partly cancelled and released, a withdrawal, a refusal and
 * a forgery that was turned away. Tests of the judge spoil one thing in it, and the judge must find that.
 */

import { digestOf } from '../load/content.ts';
import type { Expected, HistoryEvent } from '../load/history.ts';
import type { AccountRow, Books, Claim, OrderRow, PaymentRow } from './books.ts';
import type { CompanyDay, CompanyOrder } from './company.ts';

/** The parts of the world as they may be spoilt: nothing is read-only. */
type Open<T> = { -readonly [K in keyof T]: T[K] };
export interface World {
  events: HistoryEvent[];
  books: {
    platformNo: string;
    claims: Open<Claim>[];
    orders: Open<OrderRow>[];
    recharges: Open<PaymentRow>[];
    withdrawals: Open<PaymentRow>[];
    accounts: Open<AccountRow>[];
    lots: Open<Books['lots'][number]>[];
    undelivered: Open<Books['undelivered'][number]>[];
  };
  company: { orders: Open<CompanyOrder>[]; days: Open<CompanyDay>[] };
}

export const PLATFORM = '10001';
const DAY = '20261124';

type Fields = Readonly<Record<string, unknown>>;

const contents: Readonly<Record<string, readonly [service: string, reqData: Fields, expected: Expected]>> = {
  Q1: ['RECHARGE', { platformUserNo: 'investor', amount: '100.00', commission: '1.00' }, 'any'],
  B1: ['USER_AUTO_PRE_TRANSACTION', { platformUserNo: 'investor', amount: '10.00', projectNo: 'P1' }, 'success'],
  C1: ['CANCEL_PRE_TRANSACTION', { preTransactionNo: 'B1', amount: '1.00' }, 'success'],
  T1: [
    'SYNC_TRANSACTION',
    {
      details: [
        { bizType: 'TENDER', sourcePlatformUserNo: 'investor', targetPlatformUserNo: 'borrower', amount: '9.00' },
        { bizType: 'COMMISSION', sourcePlatformUserNo: 'borrower', amount: '0.09' },
      ],
    },
    'success',
  ],
  W1: ['WITHDRAW', { platformUserNo: 'investor', amount: '20.00', commission: '0.50' }, 'any'],
  X1: ['USER_AUTO_PRE_TRANSACTION', { platformUserNo: 'nobody', amount: '10.00', projectNo: 'P1' }, 'refused:100009'],
  Z1: ['USER_AUTO_PRE_TRANSACTION', { platformUserNo: 'investor', amount: '10.00', projectNo: 'P1' }, 'gateway:100003'],
};

export const contentOf = (
  no: string,
): { readonly service: string; readonly reqData: Fields; readonly digest: string } => {
  const [service = '', fields = {}] = contents[no] ?? [];
  const reqData = { requestNo: no, ...fields };
  return { service, reqData, digest: digestOf(service, reqData) };
};

let clock = 0;
const tick = (): number => {
  clock += 10;
  return clock;
};
let ids = 0;

/** A message and its answer, as a history keeps them. */
export function exchange(no: string, answer: Fields, more: Fields = {}, verified = true): HistoryEvent[] {
  const { service, reqData } = contentOf(no);
  const said = { ...reqData, ...more, timestamp: '20261124120000' };
  const body = new URLSearchParams({ serviceName: service, platformNo: PLATFORM, reqData: JSON.stringify(said) });
  ids += 1;
  tick();
  return [
    { t: 'sent', id: ids, at: clock, no, service, path: '/service', body: body.toString() },
    { t: 'answered', id: ids, at: clock + 5, http: 200, text: JSON.stringify(answer), verified },
  ];
}

/** A query of a number and its record. */
export function queried(no: string, record: Fields): HistoryEvent[] {
  const reqData = JSON.stringify({ requestNo: no, transactionType: 'PRETRANSACTION', timestamp: '20261124120000' });
  const service = 'QUERY_TRANSACTION';
  ids += 1;
  tick();
  const text = JSON.stringify({ code: '0', status: 'SUCCESS', records: [record] });
  const body = new URLSearchParams({ serviceName: service, platformNo: PLATFORM, reqData }).toString();
  return [
    { t: 'sent', id: ids, at: clock, no, service, path: '/service', body },
    { t: 'answered', id: ids, at: clock + 5, http: 200, text, verified: true },
  ];
}

export const told = (service: string, respData: Fields, verified = true): HistoryEvent => ({
  t: 'told',
  at: tick(),
  service,
  text: JSON.stringify(respData),
  verified,
  taken: verified,
});

export const done = (no: string): Fields => ({ code: '0', status: 'SUCCESS', requestNo: no });
export const refused = (no: string, errorCode: string): Fields => ({
  code: '0',
  status: 'INIT',
  errorCode,
  requestNo: no,
});
const meant = (no: string): HistoryEvent => ({
  t: 'meant',
  no,
  digest: contentOf(no).digest,
  expected: contents[no]?.[2] ?? 'any',
});

const claim = (no: string, state: Claim['state'] = 'DONE', errorCode: string | null = null): Claim => {
  const { service, digest } = contentOf(no);
  return { number: no, origin: 'PLATFORM', digest, state, service, errorCode };
};

/** A new world, in which the judge must find nothing. */
export function honestWorld(): World {
  const w1 = (withdrawStatus: string, status = 'PROCESSING') =>
    told('WITHDRAW', { code: '0', status, requestNo: 'W1', withdrawStatus });
  return {
    events: [
      ...Object.keys(contents).map(meant),
      ...exchange('Q1', { code: '0', status: 'PROCESSING', requestNo: 'Q1', rechargeStatus: 'PENDDING' }),
      told('RECHARGE', { code: '0', status: 'SUCCESS', requestNo: 'Q1', rechargeStatus: 'SUCCESS' }),
      ...exchange('Q1', { ...done('Q1'), rechargeStatus: 'SUCCESS' }),
      ...exchange('B1', done('B1')),
      ...exchange('B1', refused('B1', '100013'), { amount: '11.00' }),
      ...queried('B1', { status: 'FREEZED', cancelAmount: '0.00' }),
      ...exchange('C1', done('C1')),
      ...queried('B1', { status: 'FREEZED', cancelAmount: '1.00' }),
      ...exchange('T1', { code: '1', status: 'PROCESSING', errorCode: '100001', requestNo: 'T1' }),
      ...exchange('T1', done('T1')),
      ...exchange('T1', done('T1')),
      ...queried('B1', { status: 'UNFREEZED', cancelAmount: '1.00' }),
      ...exchange('W1', { code: '0', status: 'PROCESSING', requestNo: 'W1', withdrawStatus: 'REMITING' }),
      w1('ACCEPT'),
      w1('REMITING'),
      w1('SUCCESS', 'SUCCESS'),
      ...exchange('X1', refused('X1', '100009')),
      ...exchange('Z1', { code: '1', status: 'INIT', errorCode: '100003', requestNo: 'Z1' }),
    ],
    books: {
      platformNo: PLATFORM,
      claims: [claim('Q1'), claim('B1'), claim('C1'), claim('T1'), claim('W1'), claim('X1', 'REFUSED', '100009')],
      orders: [
        { orderId: 'O1', kind: 'collect', requestNo: 'Q1', amount: 10_000n, state: 'settled', clearingDay: DAY },
        { orderId: 'O2', kind: 'payout', requestNo: 'W1', amount: 1_950n, state: 'settled', clearingDay: DAY },
      ],
      recharges: [{ requestNo: 'Q1', status: 'SUCCESS', amount: 10_000n, commission: 100n, orderId: 'O1' }],
      withdrawals: [{ requestNo: 'W1', status: 'SUCCESS', amount: 2_000n, commission: 50n, orderId: 'O2' }],
      accounts: [
        { code: 'USER:investor', balance: 9_900n - 900n - 2_000n, held: 0n },
        { code: 'USER:borrower', balance: 891n, held: 0n },
        { code: 'FN:004', balance: 100n + 9n + 50n, held: 0n },
        { code: `COLLECT:PAYSIM-${DAY}`, balance: 10_000n, held: 0n },
        { code: `PAID:PAYSIM-${DAY}`, balance: 1_950n, held: 0n },
      ],
      lots: [{ lot: `PAYSIM-${DAY}`, clearingDay: DAY, state: 'OPEN', gross: null, payouts: null, net: null }],
      undelivered: [],
    },
    company: {
      orders: [
        {
          orderNo: 'O1',
          kind: 'payment',
          subMerchantNo: PLATFORM,
          amount: '10000',
          status: 'SUCCESS',
          clearingDay: DAY,
        },
        { orderNo: 'O2', kind: 'payout', subMerchantNo: PLATFORM, amount: '1950', status: 'SUCCESS', clearingDay: DAY },
      ],
      days: [{ subMerchantNo: PLATFORM, clearingDay: DAY, gross: '10000', payouts: '1950', net: '8050' }],
    },
  };
}
