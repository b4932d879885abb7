/**
 * Closing a channel or a connection to RabbitMQ, in finite time. amqplib's own promise never settles when the connection is lost while the
 * broker's answer is awaited; the event always comes, or the heartbeat's end makes it come.
 */
import type { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

const CLOSE_MS = 3_000;

/** Closes it; resolves once it is closed, was closed already, or has not answered for three seconds. Never rejects. */
export async function closed(closable: EventEmitter & { close(): Promise<void> }): Promise<void> {
  const given = new AbortController();
  const gone = new Promise<void>((resolve) => {
    closable.once('close', () => resolve());
  });
  await Promise.race([
    gone,
    closable.close().catch(() => undefined),
    sleep(CLOSE_MS, undefined, { signal: given.signal }).catch(() => undefined),
  ]);
  given.abort();
}
