/** LISTEN on a connection of its own, which is opened again whenever it is lost; after each opening the listener looks for itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Stop } from '../lifecycle.ts';
import { translated } from './errors.ts';
import { identifier } from './sql.ts';

/** Between two tries to connect. */
const AGAIN_MS = { first: 100, most: 5_000 };
/** A silent connection is asked whether it lives, so that a vanished server is noticed. */
const PROBE_MS = 15_000;

interface Listening {
  readonly client: pg.Client;
  /** Resolves when the connection is gone. */
  readonly lost: Promise<void>;
}

async function startListening(
  config: pg.ClientConfig,
  channel: string,
  take: (payload: string | undefined) => void,
): Promise<Listening> {
  const client = new pg.Client(config);
  const lost = new Promise<void>((resolve) => {
    client.on('error', () => resolve());
    client.on('end', () => resolve());
  });
  client.on('notification', ({ payload }) => take(payload ?? ''));
  try {
    await client.connect();
    await client.query(`listen ${channel}`);
    return { client, lost };
  } catch (error) {
    client.end().catch(() => undefined);
    throw translated(error);
  }
}

/** See `Database.listen`. */
export async function listenOn(
  config: pg.ClientConfig,
  channel: string,
  take: (payload: string | undefined) => void,
): Promise<Stop> {
  const name = identifier(channel).text;
  const stopped = new AbortController();
  let now = await startListening(config, name, take);
  const probe = setInterval(() => {
    const { client } = now;
    client.query('select 1').catch(() => client.end().catch(() => undefined));
  }, PROBE_MS);

  const keep = async (): Promise<void> => {
    let waitMs = AGAIN_MS.first;
    for (;;) {
      await now.lost;
      if (stopped.signal.aborted) return;
      try {
        now = await startListening(config, name, take);
        waitMs = AGAIN_MS.first;
        take(undefined);
      } catch {
        await sleep(waitMs, undefined, { signal: stopped.signal }).catch(() => undefined);
        waitMs = Math.min(waitMs * 2, AGAIN_MS.most);
      }
    }
  };
  const kept = keep();
  take(undefined);

  return async () => {
    stopped.abort();
    clearInterval(probe);
    await now.client.end().catch(() => undefined);
    await kept;
  };
}
