/**
 * Publishes instructions from requests, gathered: all that arrive while one window is being confirmed travel in the next, so that the
 * broker's confirm is paid once for many. What waited too long for its window was surely not published.
 */
import type { Bus, Outgoing, Publication } from '../runtime/bus/port.ts';
import { gather } from '../runtime/gather.ts';

/** Messages in one window at most. */
const MOST_MESSAGES = 200;

/** After this a publication is unknown, milliseconds. A frozen broker is told by nothing else. */
export const PUBLISH_MS = 5_000;

export type Publish = (message: Outgoing) => Promise<Publication>;

export function openPublishing(bus: Pick<Bus, 'publish'>, deadlineMs = PUBLISH_MS): Publish {
  type Item = { readonly message: Outgoing; readonly until: number };
  const send = gather(async (items: readonly Item[]): Promise<readonly Publication[]> => {
    const now = performance.now();
    const live = items.filter(({ until }) => until > now);
    if (live.length === 0) return items.map(() => 'full');
    const told = await bus.publish(
      live.map(({ message }) => message),
      deadlineMs,
    );
    const byItem = new Map(live.map((item, index) => [item, told[index] ?? 'unknown']));
    return items.map((item) => byItem.get(item) ?? 'full');
  }, MOST_MESSAGES);
  // What the bus throws is a defect of it; what became of the message is unknown all the same.
  return (message) => send({ message, until: performance.now() + deadlineMs }).catch(() => 'unknown' as const);
}
