/**
 * The HTTP server: its paths, its limits, and that whatever happens is answered signed. Bodies are taken as bytes, whatever their type says,
 * since a wrong type is a refusal like others. Host and protocol come from configuration only.
 */
import type { IncomingMessage } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { Signer } from '../../certs/signer.ts';
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { Log } from '../../runtime/log.ts';
import { refusalText } from '../answer.ts';
import type { Path } from './admit.ts';
import { openBodyReader, overloaded } from './body.ts';
import { type CounterParts, refused, serve } from './counter.ts';
import { type HealthParts, healthRoutes } from './health.ts';
import { boundInFlight, type InFlight } from './in-flight.ts';
import { openPlaces } from './places.ts';
import { openRates } from './rates.ts';
import { busy, json, type Outgoing, openSending } from './reply.ts';

export interface ServerParts
  extends Omit<CounterParts, 'places' | 'rates' | 'strangers'>,
    Omit<HealthParts, 'registry'> {
  readonly signer: Signer;
  readonly log: Log;
  readonly mostInFlight: number;
}

/** A request that takes longer to arrive is cut: slow senders hold places. */
const REQUEST_MS = 30_000;
const KEEP_ALIVE_MS = 75_000;
/** Paths that are answered even when everything is full. */
const always = new Set(['/health', '/ready', '/metrics']);
const ours: readonly Path[] = ['/service', '/gateway'];

/** Makes the server; it does not listen yet. */
export function openServer(parts: ServerParts): FastifyInstance {
  const server = Fastify({
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    trustProxy: false,
    logger: false,
  });
  const { send, sendKnown } = openSending(parts.signer);
  const inFlight = boundInFlight(server, {
    most: parts.mostInFlight,
    gauge: parts.metrics.gauge('gateway_in_flight', 'Requests in hand', []),
    stopping: parts.stopping,
    always,
    refuse: (reply) => sendKnown(reply, busy(overloaded)),
  });

  server.setErrorHandler(async (error: { readonly statusCode?: number }, request, reply) => {
    const outgoing = outgoingOf(error, request, parts.log);
    return send(reply, outgoing);
  });
  server.setNotFoundHandler(async (request, reply) => sendKnown(reply, notFound(request)));
  healthRoutes(server, parts);
  void server.register(async (scope) => protocolRoutes(scope, parts, inFlight, { send, sendKnown }));
  void server.register(async (scope) => parts.pages.routes(scope));
  return server;
}

function protocolRoutes(
  scope: FastifyInstance,
  parts: ServerParts,
  inFlight: InFlight,
  { send, sendKnown }: ReturnType<typeof openSending>,
): void {
  const seconds = parts.metrics.histogram('gateway_request_seconds', 'From the request to its answer', [
    'path',
    'outcome',
  ]);
  const reader = openBodyReader(parts.limits);
  const counter: CounterParts = {
    ...parts,
    places: openPlaces(parts.mostInFlight),
    rates: openRates(),
    strangers: openRates(),
  };
  scope.removeAllContentTypeParsers();
  const releases = new WeakMap<FastifyRequest, () => void>();
  scope.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    reader.read(payload, (release) => releases.set(request, release)),
  );
  scope.addHook('onRequest', async (request, reply) => {
    reply.raw.once('close', () => {
      releases.get(request)?.();
      releases.delete(request);
    });
  });
  for (const path of ours) {
    scope.post(path, async (request, reply) => {
      const finished = inFlight.hold(request);
      const started = performance.now();
      const body = request.body as Buffer | Rejection | undefined;
      const answering =
        body !== undefined && isRejection(body)
          ? Promise.resolve(refused(path, request.headers, body, undefined, parts.pages))
          : serve(path, request.headers, body ?? Buffer.alloc(0), request.ip, counter);
      const { outgoing, counted, common } = await answering.finally(finished);
      // What was not read to its end would be taken for the next request.
      if (body !== undefined && isRejection(body)) reply.header('connection', 'close');
      await (common === true ? sendKnown : send)(reply, outgoing);
      seconds.observe({ path, outcome: counted }, (performance.now() - started) / 1000);
      return reply;
    });
  }
}

/** What a request that failed outside of the protocol's own refusals is answered. */
function outgoingOf(error: { readonly statusCode?: number }, request: FastifyRequest, log: Log): Outgoing {
  const { statusCode = 500 } = error;
  if (statusCode >= 400 && statusCode < 500)
    return json(refusalText(reject('100002', 'HTTP: a request that can be read')));
  // Its sender is gone, and nobody reads the answer.
  if (request.raw.destroyed && !request.raw.complete)
    return json(refusalText(reject('100002', 'HTTP: all of the body')));
  log.error({ err: error, path: request.routeOptions.url }, 'a request failed');
  return json(refusalText(reject('100001', 'retry with the same number and the same content'), undefined, true));
}

function notFound(request: FastifyRequest): Outgoing {
  const path = request.url.split('?', 1)[0] ?? '';
  const known = ours.some((one) => one === path);
  return known
    ? json(refusalText(reject('100002', `${path} takes POST`)), 405, { allow: 'POST' })
    : json(refusalText(reject('100002', 'no such path: POST /service or /gateway')), 404);
}
