/**
 * What merchants call: POST with a signed JSON body, answered with signed JSON `{code, message, order?, …}`. Code 0000 means that the call
 * was understood and `order.status` counts; 4004 that there is no such order; 4009 that the number belongs to other content. Anything whose
 * signature does not hold is answered 4001 and changes nothing.
 */
import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { fen } from '../../contract/money.ts';
import { settlementView, viewOf } from './callback.ts';
import type { Asked, Company } from './company.ts';
import { BadRequest, type Fields, parse, text } from './requests.ts';
import type { Kind, Operation } from './rules.ts';
import { isSigned, signed } from './signing.ts';
import type { Order } from './state.ts';

export interface ApiSettings {
  readonly company: Company;
  readonly merchantNo: string;
  readonly companyKey: KeyObject;
  readonly merchantKey: KeyObject;
  /** What cashier links begin with. */
  readonly publicUrl: () => string;
  readonly now: () => number;
}

type Answer = Readonly<Record<string, unknown>>;
/** No answer: `lost` cuts the connection, `held` leaves it open until the caller gives up. */
type Lost = 'lost' | 'held';

/** How far a request's clock may be off, and so how long its nonce is remembered. */
const WINDOW_MS = 300_000;

const kinds: Readonly<Record<string, Kind>> = {
  '/api/payments': 'payment',
  '/api/payouts': 'payout',
  '/api/refunds': 'refund',
  '/api/identity-checks': 'identity',
};

const understood = (more: Answer): Answer => ({ code: '0000', message: 'OK', ...more });
const noOrder: Answer = { code: '4004', message: '订单不存在' };
const conflict: Answer = { code: '4009', message: '订单号重复且内容不同' };

/** Adds the merchants' routes to the company's server. */
export function addApi(server: FastifyInstance, settings: ApiSettings): void {
  const { company, publicUrl } = settings;
  const nonces = new Map<string, number>();

  const shown = (order: Order): Answer =>
    understood({
      order: viewOf(order),
      ...(order.token !== undefined && order.status === 'WAITING'
        ? { cashierUrl: `${publicUrl()}/cashier/${order.token}` }
        : {}),
    });

  const create = async (kind: Kind, fields: Fields): Promise<Answer | Lost> => {
    const asked = parse(kind, fields);
    const before = company.orderOf(asked.orderNo);
    const behaviour = before === undefined ? company.takeRule('create', asked) : undefined;
    if (behaviour?.hang === true) return 'held';
    if (behaviour?.oddCode === true) return { code: '8888', message: '系统维护' };
    const problem = kind === 'refund' && before === undefined ? refundProblem(company, asked) : undefined;
    if (problem !== undefined) return problem;
    const order = company.create(asked, behaviour ?? {});
    if (order === 'CONFLICT') return conflict;
    if (behaviour?.delayAnswerMs !== undefined) await sleep(behaviour.delayAnswerMs);
    return behaviour?.loseAnswer === true ? 'lost' : shown(order);
  };

  const call = async (on: Operation, fields: Fields): Promise<Answer | Lost> => {
    const order = company.orderOf(text(fields, 'orderNo', 40));
    const subject = order ?? {
      kind: 'payment' as const,
      orderNo: text(fields, 'orderNo'),
      subMerchantNo: '',
      amount: fen(0n),
    };
    const behaviour = company.takeRule(on, subject);
    if (behaviour?.hang === true) return 'held';
    if (behaviour?.oddCode === true) return { code: '8888', message: '系统维护' };
    const after = on === 'close' ? company.close(subject.orderNo) : order;
    if (behaviour?.delayAnswerMs !== undefined) await sleep(behaviour.delayAnswerMs);
    if (behaviour?.loseAnswer === true) return 'lost';
    return after === undefined ? noOrder : shown(after);
  };

  const settlement = (fields: Fields): Answer => {
    const day = text(fields, 'clearingDay', 8);
    const subMerchantNo = text(fields, 'subMerchantNo', 50);
    if (!company.state.closedDays.includes(day)) return { code: '4010', message: '清算日未结束' };
    const found = company.state.settlements.find(
      (each) => each.clearingDay === day && each.subMerchantNo === subMerchantNo,
    );
    return found === undefined
      ? { code: '4004', message: '该清算日无交易' }
      : understood({ settlement: settlementView(found) });
  };

  const dispatch = async (path: string, fields: Fields): Promise<Answer | Lost> => {
    const kind = kinds[path];
    if (kind !== undefined) return create(kind, fields);
    if (path === '/api/orders/query') return call('query', fields);
    if (path === '/api/orders/close') return call('close', fields);
    return settlement(fields);
  };

  const authentic = (request: FastifyRequest, body: Buffer): boolean => {
    const {
      'x-merchant-no': merchantNo,
      'x-timestamp': timestamp,
      'x-nonce': nonce,
      'x-signature': signature,
    } = request.headers;
    if (typeof timestamp !== 'string' || typeof nonce !== 'string' || typeof signature !== 'string') return false;
    const now = settings.now();
    const stamped = { path: request.url, timestamp, nonce };
    if (merchantNo !== settings.merchantNo || !isSigned(settings.merchantKey, 'REQUEST', stamped, body, signature))
      return false;
    if (Math.abs(now - Number(timestamp)) > WINDOW_MS || nonces.has(nonce)) return false;
    for (const [old, at] of nonces) if (now - at > 2 * WINDOW_MS) nonces.delete(old);
    nonces.set(nonce, now);
    return true;
  };

  const send = (request: FastifyRequest, reply: FastifyReply, answer: Answer): FastifyReply => {
    const body = Buffer.from(JSON.stringify(answer), 'utf8');
    const nonce = request.headers['x-nonce'];
    const stamped = {
      path: request.url,
      timestamp: String(settings.now()),
      nonce: typeof nonce === 'string' ? nonce : '',
    };
    return reply
      .header('content-type', 'application/json')
      .header('x-timestamp', stamped.timestamp)
      .header('x-signature', signed(settings.companyKey, 'ANSWER', stamped, body))
      .send(body);
  };

  for (const path of [...Object.keys(kinds), '/api/orders/query', '/api/orders/close', '/api/settlements/query'])
    server.post(path, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      if (!authentic(request, body)) return send(request, reply, { code: '4001', message: '验签失败' });
      try {
        const fields: unknown = JSON.parse(body.toString('utf8'));
        if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) throw new SyntaxError();
        const answer = await dispatch(path, fields as Fields);
        if (answer !== 'lost' && answer !== 'held') return send(request, reply, answer);
        reply.hijack();
        if (answer === 'lost') request.raw.socket.destroy();
        return reply;
      } catch (error) {
        if (!(error instanceof BadRequest) && !(error instanceof SyntaxError)) throw error;
        return send(request, reply, { code: '4002', message: error.message || 'expected a JSON object' });
      }
    });
}

function refundProblem(company: Company, asked: Asked): Answer | undefined {
  const original = asked.refundOf === undefined ? undefined : company.orderOf(asked.refundOf);
  if (original?.kind !== 'payment' || original.subMerchantNo !== asked.subMerchantNo) return noOrder;
  if (original.status !== 'SUCCESS') return { code: '4011', message: '原订单未成功' };
  let refunded = 0n;
  for (const order of company.state.orders.values())
    if (order.refundOf === original.orderNo && order.status !== 'FAILED') refunded += order.amount;
  return refunded + asked.amount > original.amount ? { code: '4012', message: '退款金额超过原订单' } : undefined;
}
