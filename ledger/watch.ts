/**
 * Sees to it that work which waits has a worker. A partition's next owner may not know that it is one before its first message (no broker tells
 * it), so when the first piece of a partition's work stands still from one look to the next, that very instruction is published: whoever owns
 * the partition decides it, takes up the rest, and its claim makes it harmless when it was only late.
 */
import type { Bus } from '../runtime/bus/port.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Statements } from '../runtime/postgres/statements.ts';
import { type StandingWork, selectFirstWork } from './sql/work.ts';

/** Between two looks; takeover is to be done in 10 s, and looking costs nothing. */
const LOOK_MS = 4_000;
const PUBLISH_MS = 5_000;

export interface WatchParts {
  readonly database: Statements;
  readonly bus: Pick<Bus, 'publish'>;
  readonly log: Log;
  readonly partitions: readonly number[];
}

/** Looks now and then until it is stopped. Never throws: what is away is looked at again. */
export function startWatch({ database, bus, log, partitions }: WatchParts): Stop {
  let seen = new Map<number, bigint>();
  let looking: Promise<void> = Promise.resolve();

  const look = async (): Promise<void> => {
    const rows = await database.rows<StandingWork>(selectFirstWork(partitions));
    const standing = rows.filter(({ partition, id }) => seen.get(partition) === id);
    seen = new Map(rows.map(({ partition, id }) => [partition, id]));
    if (standing.length === 0) return;
    const answers = await bus.publish(
      standing.map(({ platform_no, body, trace }) => ({
        family: 'instruction',
        platformNo: platform_no,
        messageId: uuidv7(),
        body,
        ...(trace === null ? {} : { trace }),
      })),
      PUBLISH_MS,
    );
    log.info({ partitions: standing.map(({ partition }) => partition), answers }, 'work stood still and was published');
  };

  const timer = setInterval(() => {
    looking = looking.then(look).catch((error: unknown) => log.warn({ err: error }, 'work was not looked at'));
  }, LOOK_MS);
  return async () => {
    clearInterval(timer);
    await looking;
  };
}
