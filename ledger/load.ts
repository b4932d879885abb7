/**
 * Rows into books: a handful of statements for all that a batch reads, over all its platforms, sent together. What a book has already is not
 * asked for again; what is asked for and not found is known to be absent. When a statement fails, its books are not to be used any more.
 */
import type { Origin } from '../contract/internal/instruction.ts';
import type { Statement } from '../runtime/postgres/sql.ts';
import type { Statements } from '../runtime/postgres/statements.ts';
import { type Book, instructionKey, shareKey, suspenseKey } from './book.ts';
import { MOST_STANDING, type Reads } from './decision.ts';
import type { Shelf } from './shelf.ts';
import { type AccountRecord, selectAccounts, toAccount } from './sql/accounts.ts';
import { type HoldRecord, selectHolds, toHold } from './sql/holds.ts';
import { type InstructionRecord, selectInstructions, toInstruction } from './sql/instructions.ts';
import {
  type RechargeRecord,
  selectRecharges,
  selectWithdrawals,
  toRecharge,
  toWithdrawal,
  type WithdrawalRecord,
} from './sql/payments.ts';
import {
  type LotRecord,
  type PlatformRecord,
  selectLots,
  selectLotsInTransit,
  selectPlatforms,
  toLot,
  toPlatform,
} from './sql/platforms.ts';
import {
  type ProjectRecord,
  type ShareRecord,
  selectOpenProjects,
  selectProjects,
  selectShares,
  toProject,
  toShare,
} from './sql/projects.ts';
import {
  type FeeRecord,
  type RefundRecord,
  type SuspenseRecord,
  selectFees,
  selectRefunds,
  selectSuspenses,
  toFee,
  toRefund,
  toSuspense,
} from './sql/refunds.ts';
import {
  type ClaimRecord,
  type EntrustmentRecord,
  type PurchaseRecord,
  type SaleRecord,
  selectClaims,
  selectEntrustments,
  selectPurchases,
  selectSales,
  selectStanding,
  toClaim,
  toEntrustment,
  toPurchase,
  toSale,
} from './sql/trades.ts';
import { type HolderRecord, selectHolders, selectUsers, toUser, type UserRecord } from './sql/users.ts';

/** Loads what every book has: its platform's row, and its lots that have not arrived. */
export async function loadPlatforms(statements: Statements, books: readonly Book[]): Promise<void> {
  if (books.length === 0) return;
  const byPlatform = new Map(books.map((book) => [book.platformNo, book]));
  const platformNos = [...byPlatform.keys()];
  const [platforms, lots] = await Promise.all([
    statements.rows<PlatformRecord>(selectPlatforms(platformNos)),
    statements.rows<LotRecord>(selectLotsInTransit(platformNos)),
  ]);
  for (const row of platforms) {
    const book = byPlatform.get(row.platform_no);
    if (book !== undefined) book.platform = toPlatform(row);
  }
  for (const row of lots) byPlatform.get(row.platform_no)?.lots.load(row.lot, toLot(row));
}

/** Keys that a book does not have yet, column by column, with the book of each row. */
class Wish {
  readonly books = new Map<string, Book>();
  readonly platformNos: string[] = [];
  readonly first: string[] = [];
  readonly second: string[] = [];

  /** Wishes for a row; from here on it is known to be absent, until it comes. */
  add(book: Book, shelf: Shelf<unknown>, key: string, first: string, second = ''): void {
    if (shelf.has(key)) return;
    shelf.load(key, undefined);
    this.books.set(book.platformNo, book);
    this.platformNos.push(book.platformNo);
    this.first.push(first);
    this.second.push(second);
  }
}

type Ask = readonly [book: Book, reads: Reads];
/** A claim to be looked up. */
export type Claim = readonly [book: Book, origin: Origin, number: string];

/** Loads what is asked for. */
export async function load(statements: Statements, asks: readonly Ask[], claims: readonly Claim[] = []): Promise<void> {
  const fetch = async <Record extends { readonly platform_no: string }>(
    wish: Wish,
    select: (platformNos: readonly string[], first: readonly string[], second: readonly string[]) => Statement,
    place: (book: Book, row: Record) => void,
  ): Promise<void> => {
    if (wish.platformNos.length === 0) return;
    for (const row of await statements.rows<Record>(select(wish.platformNos, wish.first, wish.second))) {
      const book = wish.books.get(row.platform_no);
      if (book !== undefined) place(book, row);
    }
  };
  const wishes = gather(asks, claims);
  const [holders] = await Promise.all([
    holdersOf(statements, wishes.idCards),
    fetch<AccountRecord>(wishes.accounts, selectAccounts, (book, row) => book.accounts.load(row.code, toAccount(row))),
    fetch<UserRecord>(wishes.users, selectUsers, placeUser),
    fetch<HoldRecord>(wishes.holds, selectHolds, (book, row) => book.holds.load(row.request_no, toHold(row))),
    fetch<ProjectRecord>(wishes.projects, selectProjects, (book, row) =>
      book.projects.load(row.project_no, toProject(row)),
    ),
    fetch<ShareRecord>(wishes.shares, selectShares, (book, row) =>
      book.shares.load(shareKey(row.project_no, row.platform_user_no), toShare(row)),
    ),
    fetch<RechargeRecord>(wishes.recharges, selectRecharges, (book, row) =>
      book.recharges.load(row.request_no, toRecharge(row)),
    ),
    fetch<WithdrawalRecord>(wishes.withdrawals, selectWithdrawals, (book, row) =>
      book.withdrawals.load(row.request_no, toWithdrawal(row)),
    ),
    fetch<SaleRecord>(wishes.sales, selectSales, (book, row) => book.sales.load(row.request_no, toSale(row))),
    fetch<PurchaseRecord>(wishes.purchases, selectPurchases, (book, row) =>
      book.purchases.load(row.request_no, toPurchase(row)),
    ),
    fetch<ClaimRecord>(wishes.claims, selectClaims, (book, row) =>
      book.claims.load(shareKey(row.project_no, row.platform_user_no), toClaim(row)),
    ),
    fetch<EntrustmentRecord>(wishes.entrustments, selectEntrustments, (book, row) =>
      book.entrustments.load(row.project_no, toEntrustment(row)),
    ),
    fetch<ProjectRecord>(wishes.borrowings, selectOpenProjects, (book, row) => {
      const known = book.borrowings.get(row.platform_user_no) ?? [];
      book.borrowings.load(row.platform_user_no, [...known, row.project_no]);
      if (!book.projects.has(row.project_no)) book.projects.load(row.project_no, toProject(row));
    }),
    fetch<HoldRecord>(
      wishes.standing,
      (platformNos, projectNos) => selectStanding(platformNos, projectNos, MOST_STANDING),
      (book, row) => {
        const known = book.standing.get(row.project_no ?? '') ?? [];
        book.standing.load(row.project_no ?? '', [...known, row.request_no]);
        if (!book.holds.has(row.request_no)) book.holds.load(row.request_no, toHold(row));
      },
    ),
    fetch<SuspenseRecord>(wishes.suspenses, selectSuspenses, (book, row) =>
      book.suspenses.load(suspenseKey(row.source, row.number), toSuspense(row)),
    ),
    fetch<RefundRecord>(wishes.refunds, selectRefunds, (book, row) => book.refunds.load(row.refund_no, toRefund(row))),
    fetch<FeeRecord>(wishes.fees, selectFees, (book, row) => book.fees.load(row.invoice_no, toFee(row))),
    fetch<LotRecord>(wishes.lots, selectLots, (book, row) => book.lots.load(row.lot, toLot(row))),
    fetch<InstructionRecord>(
      wishes.instructions,
      (platformNos, origins, numbers) => selectInstructions(platformNos, origins as readonly Origin[], numbers),
      (book, row) => book.instructions.load(instructionKey(row.origin, row.number), toInstruction(row)),
    ),
  ]);
  await fetch<UserRecord>(holders, selectUsers, placeUser);
}

const placeUser = (book: Book, row: UserRecord): void => book.users.load(row.platform_user_no, toUser(row));

function gather(asks: readonly Ask[], claims: readonly Claim[]) {
  const wishes = {
    accounts: new Wish(),
    users: new Wish(),
    holds: new Wish(),
    projects: new Wish(),
    shares: new Wish(),
    instructions: new Wish(),
    recharges: new Wish(),
    withdrawals: new Wish(),
    sales: new Wish(),
    purchases: new Wish(),
    claims: new Wish(),
    entrustments: new Wish(),
    borrowings: new Wish(),
    standing: new Wish(),
    suspenses: new Wish(),
    refunds: new Wish(),
    fees: new Wish(),
    lots: new Wish(),
    idCards: new Wish(),
  };
  for (const [book, origin, number] of claims) {
    wishes.instructions.add(book, book.instructions, instructionKey(origin, number), origin, number);
  }
  for (const [book, reads] of asks) {
    for (const code of reads.accounts ?? []) wishes.accounts.add(book, book.accounts, code, code);
    for (const no of reads.users ?? []) wishes.users.add(book, book.users, no, no);
    for (const no of reads.holds ?? []) wishes.holds.add(book, book.holds, no, no);
    for (const no of reads.projects ?? []) wishes.projects.add(book, book.projects, no, no);
    for (const [projectNo, userNo] of reads.shares ?? [])
      wishes.shares.add(book, book.shares, shareKey(projectNo, userNo), projectNo, userNo);
    for (const no of reads.instructions ?? [])
      wishes.instructions.add(book, book.instructions, instructionKey('PLATFORM', no), 'PLATFORM', no);
    for (const no of reads.recharges ?? []) wishes.recharges.add(book, book.recharges, no, no);
    for (const no of reads.withdrawals ?? []) wishes.withdrawals.add(book, book.withdrawals, no, no);
    for (const no of reads.sales ?? []) wishes.sales.add(book, book.sales, no, no);
    for (const no of reads.purchases ?? []) wishes.purchases.add(book, book.purchases, no, no);
    for (const [projectNo, userNo] of reads.claims ?? [])
      wishes.claims.add(book, book.claims, shareKey(projectNo, userNo), projectNo, userNo);
    for (const no of reads.entrustments ?? []) wishes.entrustments.add(book, book.entrustments, no, no);
    for (const no of reads.borrowings ?? []) wishes.borrowings.add(book, book.borrowings, no, no);
    for (const no of reads.standing ?? []) wishes.standing.add(book, book.standing, no, no);
    for (const [source, no] of reads.suspenses ?? [])
      wishes.suspenses.add(book, book.suspenses, suspenseKey(source, no), source, no);
    for (const no of reads.refunds ?? []) wishes.refunds.add(book, book.refunds, no, no);
    for (const no of reads.fees ?? []) wishes.fees.add(book, book.fees, no, no);
    for (const lot of reads.lots ?? []) wishes.lots.add(book, book.lots, lot, lot);
    for (const hash of reads.idCards ?? []) wishes.idCards.add(book, book.idCards, hash, hash);
  }
  return wishes;
}

/** Who holds these ID numbers; answers the users among them that their books do not have yet. */
async function holdersOf(statements: Statements, wish: Wish): Promise<Wish> {
  const users = new Wish();
  if (wish.platformNos.length === 0) return users;
  const rows = await statements.rows<HolderRecord>(selectHolders(wish.platformNos, wish.first));
  for (const row of rows) {
    const book = wish.books.get(row.platform_no);
    if (book === undefined) continue;
    book.idCards.load(row.hash, [...(book.idCards.get(row.hash) ?? []), row.platform_user_no]);
    users.add(book, book.users, row.platform_user_no, row.platform_user_no);
  }
  return users;
}
