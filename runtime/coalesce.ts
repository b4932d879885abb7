/**
 * Fewer system calls: what is written to a socket in one turn of the event loop travels in one. The drivers of PostgreSQL, RabbitMQ and Redis
 * write each statement and message by itself, and each write wakes the other side for one of many.
 */
import type { Writable } from 'node:stream';

/** From now on this socket's writes of one turn are sent together, at the turn's end; a lone one is not held up. */
export function coalesceWrites(socket: Pick<Writable, 'write' | 'cork' | 'uncork'>): void {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let corked = false;
  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };
  socket.write = (...args: unknown[]): boolean => {
    if (!corked) {
      corked = true;
      socket.cork();
      process.nextTick(uncork);
    }
    return write(...args);
  };
}
