/**
 * Work as it lies in the database: read in chunks, decided like any instruction, deleted in the commit that did it. A piece that breaks is tried
 * alone and then set aside for a person, so that it holds up nobody behind it; its number stays open until it is unparked.
 */
import type { Delivered } from '../runtime/bus/port.ts';
import { Fenced, Malformed, Unavailable } from '../runtime/failure.ts';
import type { Database } from '../runtime/postgres/database.ts';
import { parkStatement } from '../runtime/postgres/parked.ts';
import type { Transaction } from '../runtime/postgres/statements.ts';
import { type Asked, readInstruction } from './messages.ts';
import { deleteWork, selectWork, type WorkRecord } from './sql/work.ts';

/** Pieces in one transaction at most: a lone instruction waits for it. */
export const MOST_IN_CHUNK = 500;
/** Attempts of a piece alone before it is set aside. */
const ATTEMPTS = 3;

export interface WorkParts {
  readonly database: Pick<Database, 'transaction' | 'rows'>;
  readonly partition: number;
  /** Throws `Fenced` in the transaction of who is the owner no more. */
  readonly holdPartition: (transaction: Transaction) => Promise<void>;
  readonly known: (service: string) => boolean;
  readonly setAside: ((number: string, error: unknown) => void) | undefined;
}

export interface PendingWork {
  /** Another owner may have worked here. */
  restart(): void;
  /**
   * Works on what comes first. Answers whether there may be more.
   * @param commitFirst commits the first of a batch; answers how many those were.
   */
  chunk(commitFirst: (batch: readonly Asked[]) => Promise<number>): Promise<boolean>;
}

const isPassing = (error: unknown): boolean => error instanceof Unavailable || error instanceof Fenced;

const toDelivered = ({ id, platform_no, body, trace }: WorkRecord): Delivered => ({
  family: 'instruction',
  platformNo: platform_no,
  messageId: `work:${id}`,
  body,
  redelivered: false,
  ...(trace === null ? {} : { trace }),
});

export function openWork(parts: WorkParts): PendingWork {
  const { database, partition } = parts;
  /** Nothing is left up to here. */
  let floor = 0n;
  /** How many are tried together: halved until who breaks stands alone. */
  let size = MOST_IN_CHUNK;

  const read = (row: WorkRecord): Asked => ({
    ...readInstruction(toDelivered(row), partition, parts.known),
    work: row.id,
  });

  const setAside = async (row: WorkRecord, attempts: number, error: unknown): Promise<void> => {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'an unknown failure';
    const message = toDelivered(row);
    await database.transaction(async (transaction) => {
      await parts.holdPartition(transaction);
      await transaction.execute(
        parkStatement('ledger', { message, queue: 'ledger.instruction', partition, reason, attempts }),
      );
      await transaction.execute(deleteWork(partition, [row.id]));
    });
    parts.setAside?.(message.messageId, error);
  };

  const alone = async (row: WorkRecord, commitFirst: (batch: readonly Asked[]) => Promise<number>): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await commitFirst([read(row)]);
        return;
      } catch (error) {
        if (isPassing(error)) throw error;
        if (error instanceof Malformed || attempt === ATTEMPTS) return setAside(row, attempt, error);
      }
    }
  };

  return {
    restart: () => {
      floor = 0n;
    },
    chunk: async (commitFirst) => {
      const rows = await database.rows<WorkRecord>(selectWork(partition, floor, size));
      const [first] = rows;
      if (first === undefined) return false;
      let done = 1;
      try {
        if (rows.length === 1) await alone(first, commitFirst);
        else done = await commitFirst(rows.map(read));
      } catch (error) {
        if (isPassing(error)) throw error;
        size = Math.ceil(rows.length / 2);
        return true;
      }
      size = Math.min(size * 2, MOST_IN_CHUNK);
      floor = rows[done - 1]?.id ?? floor;
      return true;
    },
  };
}
