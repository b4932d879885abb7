/**
 * What a batch changed, into the database: set-based statements, sent together, each table once. Counts are checked where a row that is not
 * as we read it would mean that somebody else wrote.
 */
import { Defect, Unavailable } from '../runtime/failure.ts';
import type { Statement } from '../runtime/postgres/sql.ts';
import type { Transaction } from '../runtime/postgres/statements.ts';
import { type Book, instructionKey } from './book.ts';
import type { AccountRow, InstructionRow } from './rows.ts';
import { type AccountToInsert, type AccountToUpdate, insertAccounts, updateAccounts } from './sql/accounts.ts';
import { insertHolds, updateHolds } from './sql/holds.ts';
import { type InstructionToInsert, insertInstructions, updateInstructions } from './sql/instructions.ts';
import { type EntryToInsert, insertEntries, insertJournals, type JournalToInsert } from './sql/journals.ts';
import { KEY_BLOCK, takeKeys } from './sql/partitions.ts';
import { upsertRecharges, upsertWithdrawals } from './sql/payments.ts';
import { upsertLots, upsertPlatforms } from './sql/platforms.ts';
import { insertProjects, updateProjects, upsertShares } from './sql/projects.ts';
import { upsertFees, upsertRefunds, upsertSuspenses } from './sql/refunds.ts';
import { upsertClaims, upsertEntrustments, upsertPurchases, upsertSales } from './sql/trades.ts';
import { bindCards, endAuthorisations, giveAuthorisations, unbindCards, upsertUsers } from './sql/users.ts';
import { insertWork } from './sql/work.ts';
import type { Later } from './turn.ts';

/** Keys that grow with time: counted within blocks that a sequence gives. What a rolled back batch took is never given again. */
export class Keys {
  #next = 0n;
  #end = 0n;

  /** As many keys as are needed, smallest first. */
  async take(transaction: Transaction, count: number): Promise<() => bigint> {
    const keys: bigint[] = [];
    while (keys.length < count) {
      if (this.#next === this.#end) {
        const block = await transaction.row<{ first: bigint }>(takeKeys());
        if (block === undefined) throw new Defect('a sequence gave nothing');
        this.#next = block.first;
        this.#end = block.first + BigInt(KEY_BLOCK);
      }
      keys.push(this.#next);
      this.#next += 1n;
    }
    let taken = 0;
    return () => {
      const key = keys[taken];
      if (key === undefined) throw new Defect('more rows were written than counted');
      taken += 1;
      return key;
    };
  }
}

/** What of a batch is written besides the books. */
export interface Besides {
  readonly partition: number;
  readonly work: readonly Later[];
  /** Epoch milliseconds, for the history of users. */
  readonly at: number;
}

/** Writes what changed in these books, the instructions that were claimed, and the work that was made. */
export async function writeBooks(
  transaction: Transaction,
  books: readonly Book[],
  keys: Keys,
  { partition, work, at }: Besides,
): Promise<void> {
  const made = new Made();
  for (const book of books) made.count(book);
  const next = await keys.take(transaction, made.keysNeeded + work.length);
  for (const book of books) made.collect(book, next);
  const workToInsert = work.map((piece) => ({ ...piece, partition, id: next() }));
  const run = async (rows: readonly unknown[], statement: () => Statement): Promise<void> => {
    if (rows.length > 0) await transaction.execute(statement());
  };
  const all = <Row>(rows: (book: Book) => Iterable<Row>): readonly (Row & { readonly platformNo: string })[] =>
    books.flatMap((book) => [...rows(book)].map((row) => ({ ...row, platformNo: book.platformNo })));
  const each = <Row>(rows: (book: Book) => Iterable<Row>): readonly { platformNo: string; row: Row }[] =>
    books.flatMap((book) => [...rows(book)].map((row) => ({ platformNo: book.platformNo, row })));
  const users = all((book) => book.users.changed());
  const lots = all((book) => book.lots.changed());
  const shares = each((book) => book.shares.changed());
  const recharges = all((book) => book.recharges.changed());
  const withdrawals = all((book) => book.withdrawals.changed());
  const sales = all((book) => book.sales.changed());
  const purchases = all((book) => book.purchases.changed());
  const claims = all((book) => book.claims.changed());
  const entrustments = all((book) => book.entrustments.changed());
  const suspenses = all((book) => book.suspenses.changed());
  const refunds = all((book) => book.refunds.changed());
  const fees = all((book) => book.fees.changed());
  const newProjects = each((book) => book.projects.changedRows(true));
  const oldProjects = each((book) => book.projects.changedRows(false));
  const newHolds = each((book) => book.holds.changedRows(true));
  const oldHolds = each((book) => book.holds.changedRows(false));
  await Promise.all([
    run(made.instructions, () => insertInstructions(made.instructions)),
    writeMoved(transaction, made),
    run(workToInsert, () => insertWork(workToInsert)),
    run(made.platforms, () => upsertPlatforms(made.platforms)),
    run(made.newAccounts, () => insertAccounts(made.newAccounts)),
    writeAccounts(transaction, made.accounts),
    run(made.journals, () => insertJournals(made.journals)),
    run(made.entries, () => insertEntries(made.entries)),
    run(newHolds, () => insertHolds(newHolds)),
    run(oldHolds, () => updateHolds(oldHolds)),
    run(shares, () => upsertShares(shares)),
    run(newProjects, () => insertProjects(newProjects)),
    run(oldProjects, () => updateProjects(oldProjects)),
    run(sales, () => upsertSales(sales)),
    run(purchases, () => upsertPurchases(purchases)),
    run(claims, () => upsertClaims(claims)),
    run(entrustments, () => upsertEntrustments(entrustments)),
    run(lots, () => upsertLots(lots)),
    run(recharges, () => upsertRecharges(recharges)),
    run(withdrawals, () => upsertWithdrawals(withdrawals)),
    run(suspenses, () => upsertSuspenses(suspenses)),
    run(refunds, () => upsertRefunds(refunds)),
    run(fees, () => upsertFees(fees)),
    run(users, () => upsertUsers(users)),
    run(users, () => unbindCards(users, at)),
    run(users, () => bindCards(users, at)),
    run(users, () => endAuthorisations(users, at)),
    run(users, () => giveAuthorisations(users)),
  ]);
}

/** The rows of a batch that need keys. */
class Made {
  keysNeeded = 0;
  readonly platforms: NonNullable<Book['platform']>[] = [];
  readonly instructions: InstructionToInsert[] = [];
  readonly moved: { readonly platformNo: string; readonly row: InstructionRow }[] = [];
  readonly newAccounts: AccountToInsert[] = [];
  readonly accounts: AccountToUpdate[] = [];
  readonly journals: JournalToInsert[] = [];
  readonly entries: EntryToInsert[] = [];

  count(book: Book): void {
    for (const _ of book.instructions.changedRows(true)) this.keysNeeded += 1;
    for (const { id } of book.accounts.changed()) if (id === undefined) this.keysNeeded += 1;
  }

  collect(book: Book, nextKey: () => bigint): void {
    const { platform, platformNo } = book;
    if (platform === undefined) throw new Defect(`platform ${platformNo} is unknown, and was written to`);
    if (book.platformChanged) this.platforms.push(platform);
    const ids = new Map<string, bigint>();
    const received = new Map<string, number>();
    for (const row of book.instructions.changedRows(true)) {
      const id = nextKey();
      this.instructions.push({ id, platformNo, row });
      ids.set(instructionKey(row.origin, row.number), id);
      received.set(instructionKey(row.origin, row.number), row.receivedAt);
    }
    for (const row of book.instructions.changedRows(false)) {
      this.moved.push({ platformNo, row });
      // What was accepted before may post now.
      if (row.id === undefined) throw new Defect(`the claim of ${row.number} was never written`);
      ids.set(instructionKey(row.origin, row.number), row.id);
      received.set(instructionKey(row.origin, row.number), row.receivedAt);
    }
    const legs = legsByAccount(book);
    for (const row of [...book.accounts.changed()]) {
      if (row.id === undefined) {
        const id = nextKey();
        book.accounts.put(row.code, { ...row, id });
        this.newAccounts.push({ id, platformNo, row });
      } else {
        this.accounts.push({ id: row.id, before: row.version - (legs.get(row.code) ?? 0n), row });
      }
    }
    for (const { origin, number, entries } of book.journals) {
      const key = instructionKey(origin, number);
      const [journalId, receivedAt] = [ids.get(key), received.get(key)];
      if (journalId === undefined || receivedAt === undefined)
        throw new Defect(`a journal of ${number} without a claim`);
      this.journals.push({ id: journalId, platformNo, day: platform.openDay, receivedAt });
      for (const entry of entries) {
        this.entries.push({
          journalId,
          accountId: idOf(book.accounts.get(entry.account)),
          contraId: idOf(book.accounts.get(entry.contra)),
          entry,
        });
      }
    }
  }
}

function idOf(account: AccountRow | undefined): bigint {
  if (account?.id === undefined) throw new Defect('an entry of an account that was not written');
  return account.id;
}

/** How many entries each account got in this batch. */
function legsByAccount(book: Book): ReadonlyMap<string, bigint> {
  const legs = new Map<string, bigint>();
  for (const { entries } of book.journals) {
    for (const { account } of entries) legs.set(account, (legs.get(account) ?? 0n) + 1n);
  }
  return legs;
}

async function writeAccounts(transaction: Transaction, accounts: readonly AccountToUpdate[]): Promise<void> {
  if (accounts.length === 0) return;
  const written = await transaction.execute(updateAccounts(accounts));
  // Only a hand at work beside us can do that: what we hold in memory is stale, and is read again.
  if (written !== accounts.length) throw new Unavailable('accounts were changed by somebody else');
}

async function writeMoved(transaction: Transaction, { moved }: Made): Promise<void> {
  if (moved.length === 0) return;
  const written = await transaction.execute(updateInstructions(moved));
  if (written !== moved.length) throw new Defect('an instruction that had ended was to be moved on');
}
