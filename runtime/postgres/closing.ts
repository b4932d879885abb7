/** Closing connections to PostgreSQL in finite time: a server that vanished never answers a goodbye. */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

const CLOSE_MS = 2_000;

/** Waits for `ending`, but not longer than two seconds. True when it ended. Never rejects. */
export async function inTime(ending: Promise<unknown>): Promise<boolean> {
  const ended = new AbortController();
  const done = ending.then(
    () => true,
    () => true,
  );
  const late = sleep(CLOSE_MS, false, { signal: ended.signal, ref: false }).catch(() => false);
  const inTime = await Promise.race([done, late]);
  ended.abort();
  return inTime;
}

/** Ends a connection: in order, or by cutting it when nobody answers. */
export async function endClient(client: pg.Client): Promise<void> {
  if (await inTime(client.end())) return;
  socketOf(client).destroy();
}

/** A connected client's socket. The driver keeps it to itself, and offers no other way to let go of it, or to gather its writes. */
export function socketOf(client: pg.ClientBase): Socket {
  return (client as unknown as { readonly connection: { readonly stream: Socket } }).connection.stream;
}
