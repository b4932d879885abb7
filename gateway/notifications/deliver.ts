/**
 * One delivery: a signed form, posted to the platform's URL. Delivered means HTTP 200 and the text SUCCESS; everything else is a failure, in a
 * few words that hold nothing of the answer's body. Redirects are not followed, and an answer is read only as far as it could be SUCCESS.
 */
import { Agent, buildConnector, request } from 'undici';
import type { ToldForm } from './form.ts';
import { Forbidden, guardOf } from './guard.ts';

/** Undefined when delivered, else why not. */
export type Delivered = string | undefined;

export interface Endpoint {
  /** Never rejects. */
  deliver(form: ToldForm): Promise<Delivered>;
  close(): Promise<void>;
}

export interface EndpointOptions {
  readonly url: string;
  /** Private ranges that the URL may lead to. */
  readonly allow: readonly string[];
  readonly timeoutMs: number;
  readonly connections: number;
}

/** `SUCCESS` with some white space around; what is longer is something else. */
const LONGEST_ANSWER = 1024;
const IDLE_MS = 30_000;

/** A platform's endpoint, with connections of its own that the guard watches. */
export function openEndpoint({ url, allow, timeoutMs, connections }: EndpointOptions): Endpoint {
  const guard = guardOf(allow);
  const connect = buildConnector({ timeout: timeoutMs, lookup: guard.lookup });
  const agent = new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxHeaderSize: 16 * 1024,
    connect: (options, callback) => {
      connect(options, (...result) => {
        const [error, socket] = result;
        if (error !== null) return callback(error, null);
        const reached = socket.remoteAddress ?? '';
        const refusal = !guard.allows(reached)
          ? 'the connection reached a private address'
          : options.protocol === 'http:' && !guard.allowsPlain(reached)
            ? 'plain http leads out of the ranges that are registered for it'
            : undefined;
        if (refusal === undefined) return callback(null, socket);
        socket.destroy();
        return callback(new Forbidden(refusal), null);
      });
    },
  });

  const deliver = async (form: ToldForm): Promise<Delivered> => {
    try {
      const checked = guard.check(url);
      const { statusCode, body } = await request(checked, {
        method: 'POST',
        dispatcher: agent,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8', 'user-agent': 'qianzhi' },
        body: new URLSearchParams(form).toString(),
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = await beginning(body);
      if (statusCode !== 200) return `HTTP ${statusCode}`;
      return text?.trim() === 'SUCCESS' ? undefined : 'the answer was not SUCCESS';
    } catch (error) {
      return reasonOf(error);
    }
  };
  return { deliver, close: () => agent.destroy() };
}

/** The text of a short answer; undefined of one that is longer. */
async function beginning(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > LONGEST_ANSWER) {
      body.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function reasonOf(error: unknown): string {
  if (error instanceof Forbidden) return error.message;
  const { code, name, cause } = error as { code?: unknown; name?: unknown; cause?: unknown };
  if (cause instanceof Forbidden) return cause.message;
  if (name === 'TimeoutError') return 'no answer in time';
  return typeof code === 'string' ? code : 'the connection failed';
}
