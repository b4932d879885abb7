/**
 * What falls due: acts that the books gave themselves for a later time lie in a table, and are moved to the outbox when that time has come.
 * Moving is one transaction, so a kill at any moment loses none; should one be given twice, its claim answers.
 */
import { createHash } from 'node:crypto';
import { encode, revive } from '../contract/internal/codec.ts';
import type { Act, InstructionMessage } from '../contract/internal/instruction.ts';
import type { Clock } from '../runtime/clock.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Stop } from '../runtime/lifecycle.ts';
import type { Log } from '../runtime/log.ts';
import type { Database } from '../runtime/postgres/database.ts';
import { stageStatement } from '../runtime/postgres/outbox.ts';
import { type DueRecord, takeDue } from './sql/due.ts';

export interface DueParts {
  readonly database: Pick<Database, 'transaction'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Something was put into the outbox. */
  readonly nudge: () => void;
}

/** How often it looks; what falls due waits at most so much longer. */
const LOOK_MS = 1_000;
const MOST_AT_ONCE = 500;

/** Moves what is due to the outbox; answers how much that was. Throws `Unavailable`. */
export async function moveDue({ database, clock }: Pick<DueParts, 'database' | 'clock'>): Promise<number> {
  return database.transaction(async (transaction) => {
    const receivedAt = clock.now();
    const taken = await transaction.rows<DueRecord>(takeDue(receivedAt, MOST_AT_ONCE));
    if (taken.length === 0) return 0;
    const messages = taken.map(({ platform_no: platformNo, number, act: kept }) => {
      const act = revive(kept) as Act;
      const message: InstructionMessage = {
        version: 1,
        messageId: uuidv7(),
        platformNo,
        origin: 'DUE',
        number,
        digest: createHash('sha256').update(encode(act)).digest('hex'),
        receivedAt,
        act,
      };
      return { family: 'instruction' as const, platformNo, messageId: message.messageId, body: encode(message) };
    });
    await transaction.execute(stageStatement('ledger', messages));
    return taken.length;
  });
}

/** Starts looking for what is due. */
export function startDue(parts: DueParts): Stop {
  const { log, nudge } = parts;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const look = async (): Promise<void> => {
    try {
      while (!stopped && (await moveDue(parts)) > 0) nudge();
    } catch (error) {
      log.warn({ err: error }, 'what is due could not be looked at, and is looked at again');
    }
  };
  let looking = Promise.resolve();
  const next = (): void => {
    timer = setTimeout(() => {
      looking = look().finally(() => {
        if (!stopped) next();
      });
    }, LOOK_MS);
  };
  next();
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await looking;
  };
}
