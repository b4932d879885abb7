/**
 * The director's door, on a port of its own that listens on the loopback only: rules for what comes next, the payer's acts, callbacks that
 * say otherwise than the books, the end of the clearing day, and a look at everything. JSON in, JSON out; amounts are digits of fen.
 */
import type { FastifyInstance } from 'fastify';
import { type Fen, fen } from '../../contract/money.ts';
import { noticeOf, sayOf, settlementView, viewOf } from './callback.ts';
import type { Company } from './company.ts';
import { BadRequest } from './requests.ts';
import type { Behaviour, Match } from './rules.ts';
import { settlementsOf } from './settling.ts';

type Json = Readonly<Record<string, unknown>>;

const fenOf = (value: unknown): Fen => {
  if (typeof value !== 'string' || !/^\d{1,13}$/.test(value)) throw new BadRequest('amounts: expected digits of fen');
  return fen(BigInt(value));
};

function objectOf(body: unknown): Json {
  const value: unknown = Buffer.isBuffer(body) ? JSON.parse(body.toString('utf8') || '{}') : (body ?? {});
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new BadRequest('expected a JSON object');
  return value as Json;
}

const MATCH = ['on', 'kind', 'orderNo', 'subMerchantNo', 'amount'];
const BEHAVIOUR: readonly (keyof Behaviour)[] = [
  'settleAfterMs',
  'payAfterMs',
  'decline',
  'returnAfterMs',
  'noCallback',
  'repeatCallbacks',
  'reorder',
  'contradict',
  'forge',
  'otherAmount',
  'oddStatus',
  'hang',
  'loseAnswer',
  'delayAnswerMs',
  'oddCode',
];

/** A rule as the director writes it: `{match: {on, kind, amount, …}, times, behaviour: {…}}`. A word not known is refused. */
function ruleOf(body: Json): { match: Match; times: number; behaviour: Behaviour } {
  const match = objectOf(body['match']);
  const behaviour = objectOf(body['behaviour']);
  for (const [given, known] of [
    [body, ['match', 'times', 'behaviour']],
    [match, MATCH],
    [behaviour, BEHAVIOUR],
  ] as const) {
    const odd = Object.keys(given).find((key) => !known.some((name) => name === key));
    if (odd !== undefined) throw new BadRequest(`${odd}: not known; expected one of ${known.join(', ')}`);
  }
  const times = body['times'] ?? 1;
  if (typeof times !== 'number' || !Number.isSafeInteger(times) || times < 1) throw new BadRequest('times: at least 1');
  return {
    times,
    match: {
      ...match,
      on: match['on'] ?? 'create',
      ...(match['amount'] === undefined ? {} : { amount: fenOf(match['amount']) }),
    } as Match,
    behaviour: {
      ...behaviour,
      ...(behaviour['otherAmount'] === undefined ? {} : { otherAmount: fenOf(behaviour['otherAmount']) }),
    } as Behaviour,
  };
}

/** Adds the director's routes; `journal` reads the journal's file. */
export function addControl(server: FastifyInstance, company: Company, now: () => number, journal: () => Buffer): void {
  const { state } = company;
  const known = (orderNo: string) => {
    const order = company.orderOf(orderNo);
    if (order === undefined) throw new BadRequest(`no order ${orderNo}`);
    return order;
  };

  server.post('/rules', async ({ body }) => company.addRule(ruleOf(objectOf(body))).id);
  server.delete('/rules', async () => {
    company.clearRules();
    return {};
  });
  server.post('/close-day', async ({ body }) => {
    const next = objectOf(body)['next'];
    const settlements = company.closeDay(typeof next === 'string' ? next : undefined);
    return { day: state.day, settlements: settlements.map(settlementView) };
  });
  server.get('/day', async () => ({ day: state.day, closed: state.closedDays }));
  server.get('/orders', async () => [...state.orders.keys()].map((orderNo) => viewOf(known(orderNo))));
  server.get<{ Params: { no: string } }>('/orders/:no', async ({ params }) => viewOf(known(params.no)));
  server.post<{ Params: { no: string; act: string } }>('/orders/:no/:act', async ({ params }) => {
    known(params.no);
    if (params.act === 'pay' || params.act === 'fail') company.payer(params.no, params.act);
    else if (params.act === 'pay-late') company.payLate(params.no);
    else if (params.act === 'return') company.giveBack(params.no);
    else throw new BadRequest('expected pay, pay-late, fail or return');
    return viewOf(known(params.no));
  });
  server.post('/say', async ({ body }) => {
    const { orderNo, change, forged } = objectOf(body);
    const order = known(String(orderNo));
    const url = order.notifyUrl ?? state.urls.get(order.subMerchantNo);
    if (url === undefined) throw new BadRequest('the order has no notifyUrl');
    company.say(sayOf(order, url, { dueAt: now(), forged: forged === true }, objectOf(change)));
    return {};
  });
  server.post('/say-settlement', async ({ body }) => {
    const { clearingDay, subMerchantNo, change, forged } = objectOf(body);
    const settlement = state.settlements.find(
      (each) => each.clearingDay === clearingDay && each.subMerchantNo === subMerchantNo,
    );
    const url = state.urls.get(String(subMerchantNo));
    if (settlement === undefined || url === undefined) throw new BadRequest('no such settlement');
    company.say(noticeOf(settlement, url, now(), objectOf(change), forged === true));
    return {};
  });
  // What each day comes to, the open one too.
  server.get('/totals', async () => [
    ...state.settlements.map(settlementView),
    ...settlementsOf(state.orders, state.day, now()).map((open) => ({ ...settlementView(open), closedAt: undefined })),
  ]);
  server.get('/callbacks', async () =>
    [...state.callbacks.values()].map(({ id, body, forged, repeats }) => ({ id, body, forged, repeats })),
  );
  server.get('/journal', async (_, reply) => reply.type('application/x-ndjson').send(journal()));
}
