/**
 * The shell: a batch of instructions becomes one database transaction. Claims are looked up, rows are loaded, each instruction is decided in
 * turn on the books in memory, and what changed is written together with claims, answers and outgoing messages, all under the partition's
 * epoch, so that an owner who was replaced writes nothing. Only after the commit is anybody answered.
 *
 * Whatever fails leaves nothing behind: the books in memory are dropped with the transaction, and a redelivery finds the claims of what had
 * been committed all the same.
 */
import { encode } from '../contract/internal/codec.ts';
import type { InstructionMessage } from '../contract/internal/instruction.ts';
import type { Bus, Delivered } from '../runtime/bus/port.ts';
import { Defect, Fenced, Unavailable } from '../runtime/failure.ts';
import { fault } from '../runtime/fault.ts';
import type { Database } from '../runtime/postgres/database.ts';
import { violates } from '../runtime/postgres/errors.ts';
import { stageStatement } from '../runtime/postgres/outbox.ts';
import type { Transaction } from '../runtime/postgres/statements.ts';
import type { Book } from './book.ts';
import { Books } from './books.ts';
import { MOST_STANDING, type Reads } from './decision.ts';
import { openLane } from './lane.ts';
import { type Claim, load } from './load.ts';
import { type Asked, readInstruction } from './messages.ts';
import type { Facts } from './operation.ts';
import { NotRead } from './shelf.ts';
import { insertDue } from './sql/due.ts';
import { CLAIM } from './sql/instructions.ts';
import { holdEpoch, takeEpoch } from './sql/partitions.ts';
import { deleteWork } from './sql/work.ts';
import { CutShort, decideInTurn, type End, type Rules, type Turn } from './turn.ts';
import { openWork } from './work.ts';
import { openWorker } from './worker.ts';
import { Keys, writeBooks } from './write.ts';

/** Instructions in one transaction at most: above it throughput hardly grows, and everybody in the batch waits longer. */
export const MOST_IN_TRANSACTION = 500;

export interface ShellParts {
  readonly database: Pick<Database, 'transaction' | 'row' | 'rows'>;
  readonly partition: number;
  readonly rules: Rules;
  readonly facts: Facts;
  readonly reply: Bus['reply'];
  /** Something was put into the outbox. */
  readonly nudge: () => void;
  /** Told of work that failed by itself, and was set aside. */
  readonly setAside?: (number: string, error: unknown) => void;
  /** Told after each commit. */
  readonly observe?: (turn: { readonly ends: Readonly<Record<End, number>>; readonly seconds: number }) => void;
}

export interface Shell {
  /** Becomes the partition's owner: the one before is refused from here on. Throws `Unavailable`. */
  takeOver(): Promise<void>;
  /**
   * Deals with a batch, in order. Resolves once all of it is committed and answered.
   * @throws Unavailable, Fenced, Malformed, Defect: what was committed before stays, and is found again by its claims.
   */
  handle(batch: readonly Delivered[]): Promise<void>;
  /** Resolves when the work that the books gave themselves is done, or cannot be done now. */
  idle(): Promise<void>;
  /** Ends the work after the chunk in hand; what is left is done by whoever takes the partition over. */
  close(): Promise<void>;
}

/** How many instructions a message is: a batch of trades is as many as it has items, a miscarriage as many as it may release holds. */
function weightOf({ instruction: { act } }: Asked): number {
  if (act.service === 'ASYNC_TRANSACTION') return act.request.bizDetails.length;
  return act.service === 'PROJECT_MISCARRIED' ? MOST_STANDING : 1;
}

/** The first of a batch, as many as are decided in one transaction; one heavy message goes alone. */
function firstOf(batch: readonly Asked[], most: number): readonly Asked[] {
  let weight = 0;
  let count = 0;
  for (const asked of batch) {
    weight += weightOf(asked);
    if (count === most || (count > 0 && weight > MOST_IN_TRANSACTION)) break;
    count += 1;
  }
  return batch.slice(0, count);
}

/** Rows found through rows. Where those are still to be made by an instruction before it, the batch will be cut at this one. */
function followed(rules: Rules, instruction: InstructionMessage, book: Book): Reads {
  if (book.platform === undefined) return {};
  try {
    return rules.follow(instruction, book);
  } catch (error) {
    if (error instanceof NotRead) return {};
    throw error;
  }
}

export function openShell(parts: ShellParts): Shell {
  const { database, partition, rules, facts } = parts;
  const books = new Books();
  const keys = new Keys();
  let epoch: bigint | undefined;

  const holdPartition = async (transaction: Transaction): Promise<void> => {
    const row = await transaction.row<{ epoch: bigint }>(holdEpoch(partition));
    if (row?.epoch !== epoch) throw new Fenced(`partition ${partition} has another owner`);
  };

  const inTransaction = async (transaction: Transaction, batch: readonly Asked[]): Promise<Turn> => {
    const platformNos = new Set(batch.map(({ instruction }) => instruction.platformNo));
    const [opened] = await Promise.all([books.open(transaction, platformNos), holdPartition(transaction)]);
    const bookOf = (platformNo: string) => {
      const book = opened.get(platformNo);
      if (book === undefined) throw new Defect(`the book of ${platformNo} was not opened`);
      return book;
    };
    const claims = batch.map(
      ({ instruction: { platformNo, origin, number } }): Claim => [bookOf(platformNo), origin, number],
    );
    const asks = batch.map(({ instruction }) => [bookOf(instruction.platformNo), rules.reads(instruction)] as const);
    await load(transaction, asks, claims);
    const follows = batch.map(({ instruction }) => {
      const book = bookOf(instruction.platformNo);
      return [book, followed(rules, instruction, book)] as const;
    });
    await load(transaction, follows);
    const turn = decideInTurn(batch, opened, rules, facts);
    const at = Math.max(...batch.slice(0, turn.done).map(({ instruction }) => instruction.receivedAt));
    const written = [...platformNos].map(bookOf).filter(({ platform }) => platform !== undefined);
    await Promise.all([
      writeBooks(transaction, written, keys, { partition, work: turn.work, at }),
      turn.worked.length > 0 ? transaction.execute(deleteWork(partition, turn.worked)) : undefined,
      turn.due.length > 0 ? transaction.execute(insertDue(turn.due)) : undefined,
      turn.outgoing.length > 0 ? transaction.execute(stageStatement('ledger', turn.outgoing)) : undefined,
    ]);
    await fault('ledger.before-commit');
    return turn;
  };

  /** Commits as many instructions of the batch as can be decided together; answers how many. */
  const commitSome = async (batch: readonly Asked[]): Promise<number> => {
    const since = performance.now();
    let turn: Turn;
    try {
      turn = await database.transaction((transaction) => inTransaction(transaction, batch));
    } catch (error) {
      books.drop();
      throw error;
    }
    books.settle();
    await fault('ledger.after-commit-before-ack');
    tell(turn);
    if (turn.work.length > 0) worker.wake();
    parts.observe?.({ ends: turn.ends, seconds: (performance.now() - since) / 1000 });
    return turn.done;
  };

  const tell = ({ replies, outgoing }: Turn): void => {
    const byAddress = new Map<string, { correlationId: string; body: string }[]>();
    for (const { address, reply } of replies) {
      const group = byAddress.get(address) ?? [];
      group.push({ correlationId: reply.correlationId, body: encode(reply) });
      byAddress.set(address, group);
    }
    for (const [address, group] of byAddress) parts.reply(address, group);
    if (outgoing.length > 0) parts.nudge();
  };

  /** Commits what comes first of a batch, as much of it as can be decided together; answers how many instructions that were. */
  const commitFirst = async (batch: readonly Asked[]): Promise<number> => {
    if (epoch === undefined) throw new Fenced(`partition ${partition} was not taken`);
    let most = MOST_IN_TRANSACTION;
    let doubled = false;
    for (;;) {
      try {
        return await commitSome(firstOf(batch, most));
      } catch (error) {
        if (error instanceof CutShort) most = error.at;
        // Claimed between our look and our write: the claim answers now.
        else if (violates(error, CLAIM) && !doubled) doubled = true;
        else throw error;
      }
    }
  };

  const inLane = openLane();
  const work = openWork({ database, partition, holdPartition, known: rules.known, setAside: parts.setAside });
  const worker = openWorker(
    () => inLane(() => work.chunk(commitFirst)),
    (error) => parts.setAside?.('a chunk of work', error),
  );

  return {
    takeOver: () =>
      inLane(async () => {
        books.drop();
        const row = await database.row<{ epoch: bigint }>(takeEpoch(partition));
        if (row === undefined) throw new Unavailable(`partition ${partition} is not in the database`);
        epoch = row.epoch;
        work.restart();
        worker.wake();
      }),

    handle: (batch) =>
      inLane(async () => {
        const asked = batch.map((delivered) => readInstruction(delivered, partition, rules.known));
        for (let done = 0; done < asked.length; ) done += await commitFirst(asked.slice(done));
      }),

    idle: worker.idle,
    close: worker.close,
  };
}
