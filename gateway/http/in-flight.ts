/**
 * How many requests are in hand: so many are let in at once, one more is answered at once that we are busy. A request that its client gave up
 * keeps its place while we still work on it, or the bound would bound nothing. As many again may still be on their way in; one more, and the
 * one that has been on its way longest is cut: honest senders take milliseconds.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface InFlight {
  /** The request is being worked on until the answer is called. */
  hold(request: FastifyRequest): () => void;
}

export interface InFlightOptions {
  readonly most: number;
  readonly gauge: { set(count: number): void };
  readonly stopping: () => boolean;
  /** Paths that are answered even when everything is full. */
  readonly always: ReadonlySet<string>;
  readonly refuse: (reply: FastifyReply) => Promise<FastifyReply>;
}

export function boundInFlight(server: FastifyInstance, options: InFlightOptions): InFlight {
  const { most, gauge, stopping, always, refuse } = options;
  let count = 0;
  const counted = new WeakSet<FastifyRequest>();
  const held = new WeakSet<FastifyRequest>();
  const gone = new WeakSet<FastifyRequest>();
  const leave = (request: FastifyRequest): void => {
    if (!counted.delete(request)) return;
    count -= 1;
    gauge.set(count);
  };

  // Requests whose body is still coming, the oldest first. They have no place yet: a sender who is slow on purpose would hold it.
  const coming = new Set<FastifyRequest>();
  server.addHook('onRequest', async (request, reply) => {
    if (always.has(request.url)) return;
    if (stopping()) {
      await refuse(reply);
      return reply;
    }
    const [oldest] = coming;
    if (oldest !== undefined && coming.size >= most) {
      coming.delete(oldest);
      oldest.raw.destroy();
    }
    coming.add(request);
    reply.raw.once('close', () => coming.delete(request));
    return;
  });
  server.addHook('preValidation', async (request, reply) => {
    if (!coming.delete(request)) return;
    if (stopping() || count >= most) {
      await refuse(reply);
      return reply;
    }
    count += 1;
    counted.add(request);
    gauge.set(count);
    // Fastify's own hooks are silent about a client that goes away after its body was read.
    reply.raw.once('close', () => {
      if (held.has(request)) gone.add(request);
      else leave(request);
    });
    return;
  });
  // A connection that is kept alive would keep a server that stops alive too.
  server.addHook('onSend', async (_request, reply) => {
    if (stopping()) reply.header('connection', 'close');
  });

  return {
    hold: (request) => {
      held.add(request);
      return () => {
        held.delete(request);
        if (gone.has(request)) leave(request);
      };
    },
  };
}
