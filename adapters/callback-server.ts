/**
 * The port that channels call back on, and that says how this room is: `/channels/<name>/callbacks`, `/health`, `/ready`, `/metrics`. The
 * answer is exactly `success`, and only after the commit; anything else makes the channel tell again.
 */
import fastify from 'fastify';
import { Unavailable } from '../runtime/failure.ts';
import { drainOf } from '../runtime/http-drain.ts';
import type { Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import { type TakingCallbacks, takeCallback } from './callbacks.ts';
import type { Channel } from './channel.ts';

export interface CallbackServerOptions extends TakingCallbacks {
  readonly host: string;
  readonly port: number;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly log: Log;
  readonly metrics: Metrics;
  /** undefined when ready, else why not. */
  readonly unready: () => Promise<string | undefined>;
}

/** A callback of one order is far smaller; a larger body is not read. */
const BODY_BYTES = 64 * 1024;
/** A slow sender is cut off: a channel has its answer within seconds. */
const REQUEST_MS = 15_000;

/** Forged callbacks whose evidence is kept within a minute: anybody can send one, and must not fill the disk or take all connections. */
const FORGED_A_MINUTE = 60;
const MINUTE_MS = 60_000;

/** Answers whether one more is within the bound of its minute. */
function boundPerMinute(most: number): () => boolean {
  let began = Number.NEGATIVE_INFINITY;
  let count = 0;
  return () => {
    const now = performance.now();
    if (now - began >= MINUTE_MS) {
      began = now;
      count = 0;
    }
    count += 1;
    return count <= most;
  };
}

/** Starts to listen; answers how to stop it. Throws Error when the port is taken. */
export async function startCallbackServer(options: CallbackServerOptions): Promise<Stop> {
  const { channels, log, metrics } = options;
  const server = fastify({
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    connectionTimeout: REQUEST_MS,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 40 },
  });
  const drain = drainOf(server.server);
  const keepsForged = boundPerMinute(FORGED_A_MINUTE);
  const logsForged = boundPerMinute(FORGED_A_MINUTE);
  // The signature is over the bytes as they came: nothing is parsed before it was checked.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));

  server.post<{ Params: { name: string } }>('/channels/:name/callbacks', async (request, reply) => {
    const channel = channels.get(request.params.name);
    if (channel === undefined) return reply.code(404).send('no such channel');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    reply.type('text/plain; charset=utf-8');
    switch (await takeCallback(options, channel, request.headers, body, keepsForged)) {
      case 'taken':
        return reply.send('success');
      case 'forged':
        if (logsForged())
          log.warn({ channel: channel.name, from: request.ip }, 'a callback was not signed by the channel');
        return reply.code(401).send('signature');
      case 'refused':
        log.error({ channel: channel.name }, 'a settlement notice contradicts what was kept; see the differences');
        return reply.code(409).send('refused');
    }
  });

  server.get('/health', async () => ({ status: 'ok' }));
  server.get('/ready', async (_, reply) => {
    const why = await options.unready();
    return why === undefined ? { status: 'ready' } : reply.code(503).send({ status: 'not ready', why });
  });
  server.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.print()));

  server.setErrorHandler(async (error, _, reply) => {
    const status = error instanceof Unavailable ? 503 : ((error as { statusCode?: number }).statusCode ?? 500);
    if (status >= 500) log.error({ err: error }, 'a callback could not be taken; the channel tells again');
    return reply.code(status).type('text/plain').send('not taken');
  });
  await server.listen({ host: options.host, port: options.port });
  return () => drain(() => server.close());
}
