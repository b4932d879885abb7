/**
 * One signed POST to the payment company and its verified answer. Tells apart what matters for money: surely never sent, and everything
 * else without an answer that is theirs, which is unknown.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'undici';
import type { Clock } from '../../runtime/clock.ts';
import { type Json, parseObject } from './reading.ts';
import { isTheirs, type Keys, signRequest } from './signature.ts';

export interface TransportSettings {
  readonly url: string;
  readonly merchantNo: string;
  readonly keys: Keys;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

export type Reply =
  | { readonly is: 'answer'; readonly json: Json }
  | { readonly is: 'unknown'; readonly why: string }
  | { readonly is: 'unsent'; readonly why: string };

export interface Transport {
  /** Never throws for what the network or the company did. */
  post(path: string, content: Json): Promise<Reply>;
  stop(): Promise<void>;
}

/** Answers are small; more is not read. */
const ANSWER_BYTES = 64 * 1024;
/** Connections to one company. */
const CONNECTIONS = 32;
/** Failures that happen before a byte of the request has left. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

export function transportOf({ url, merchantNo, keys, timeoutMs, clock }: TransportSettings): Transport {
  const agent = new Agent({ connections: CONNECTIONS, connect: { timeout: timeoutMs }, maxResponseSize: ANSWER_BYTES });
  const base = new URL(url);

  const post = async (path: string, content: Json): Promise<Reply> => {
    const body = Buffer.from(JSON.stringify(content), 'utf8');
    const stamped = { path, timestamp: String(clock.now()), nonce: randomUUID() };
    const signature = await signRequest(keys, stamped, body);
    try {
      const response = await request(new URL(path, base), {
        dispatcher: agent,
        method: 'POST',
        body,
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal: AbortSignal.timeout(timeoutMs),
        headers: {
          'content-type': 'application/json',
          'x-merchant-no': merchantNo,
          'x-timestamp': stamped.timestamp,
          'x-nonce': stamped.nonce,
          'x-signature': signature,
        },
      });
      const bytes = Buffer.from(await response.body.arrayBuffer());
      const { 'x-timestamp': timestamp, 'x-signature': theirs } = response.headers;
      if (typeof timestamp !== 'string' || typeof theirs !== 'string')
        return { is: 'unknown', why: `HTTP ${response.statusCode} without a signature` };
      if (!isTheirs(keys, 'ANSWER', { ...stamped, timestamp }, bytes, theirs))
        return { is: 'unknown', why: `HTTP ${response.statusCode} with a wrong signature` };
      const json = parseObject(bytes);
      return typeof json === 'string' ? { is: 'unknown', why: json } : { is: 'answer', json };
    } catch (error) {
      const code = codeOf(error);
      return UNSENT.has(code) ? { is: 'unsent', why: code } : { is: 'unknown', why: code };
    }
  };
  return { post, stop: () => agent.destroy() };
}

/** A word for what happened; the library's texts may quote addresses and are not kept. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}
