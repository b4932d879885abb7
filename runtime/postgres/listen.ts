/** LISTEN on a session of its own, which is opened again whenever it is lost; after each opening the listener looks for itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stop } from '../lifecycle.ts';
import type { DatabaseOptions } from './config.ts';
import { openSession, type Session } from './session.ts';
import { once, sql } from './sql.ts';

/** Between two tries to connect. */
const AGAIN_MS = { first: 100, most: 5_000 };
/** A silent connection is asked whether it lives, so that a vanished server is noticed. */
const PROBE_MS = 15_000;

/** See `Database.listen`. */
export async function listenOn(
  options: DatabaseOptions,
  channel: string,
  take: (payload: string | undefined) => void,
): Promise<Stop> {
  const stopped = new AbortController();
  const listening = async (): Promise<Session> => {
    const opened = await openSession(options);
    try {
      await opened.listen(channel, take);
      return opened;
    } catch (error) {
      await opened.close();
      throw error;
    }
  };
  let session = await listening();
  const probe = setInterval(() => {
    const { execute, close } = session;
    execute(once(sql`select 1`)).catch(() => close());
  }, PROBE_MS);

  const keep = async (): Promise<void> => {
    let waitMs = AGAIN_MS.first;
    for (;;) {
      await session.lost;
      if (stopped.signal.aborted) return;
      try {
        session = await listening();
        // Stopped meanwhile: the next round ends it.
        if (stopped.signal.aborted) await session.close();
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
    await session.close();
    await kept;
  };
}
