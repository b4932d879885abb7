/**
 * Stops an HTTP server without cutting off whoever is being answered, and without waiting for whoever asks nothing: a connection that was
 * opened and never used is not idle to Node, and would hold the end up for a minute.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Longer than a request in hand may wait for its answer; then it is cut, and its sender asks again. */
const DRAIN_MS = 15_000;

/**
 * Watches a server from its start. The function that it gives ends it: `close` must stop listening and resolve once every connection is gone.
 */
export function drainOf(server: Server, limitMs = DRAIN_MS): (close: () => Promise<unknown>) => Promise<void> {
  const inHand = new Map<Socket, number>();
  let draining = false;
  const cutIfFree = (socket: Socket): void => {
    if (draining && (inHand.get(socket) ?? 0) === 0) socket.destroy();
  };
  server.on('connection', (socket) => {
    inHand.set(socket, 0);
    socket.once('close', () => inHand.delete(socket));
    cutIfFree(socket);
  });
  server.on('request', ({ socket }, response) => {
    inHand.set(socket, (inHand.get(socket) ?? 0) + 1);
    response.once('close', () => {
      const left = inHand.get(socket);
      if (left === undefined) return;
      inHand.set(socket, left - 1);
      cutIfFree(socket);
    });
  });
  return async (close) => {
    draining = true;
    const closed = close();
    for (const socket of inHand.keys()) cutIfFree(socket);
    const limit = setTimeout(() => server.closeAllConnections(), limitMs);
    try {
      await closed;
    } finally {
      clearTimeout(limit);
    }
  };
}
