/**
 * The book: the rows one batch may touch, of one platform, in memory. Decisions read it, `apply` folds a decision into it, so that the next
 * instruction of the batch sees it. It collects what changed and the entries made, which the shell then writes in set-based statements.
 *
 * A key that was looked up and is not there is known to be absent; a key that nobody looked up is `NotRead`, and the batch is cut before
 * the instruction that needs it.
 */

import type { Fen } from '../contract/money.ts';
import { fen, least, minus, plus, sum, ZERO } from '../contract/money.ts';
import { Defect } from '../runtime/failure.ts';
import { isAsset, takesFloat } from './accounts.ts';
import type { Decision, Posting } from './decision.ts';
import { type Composition, compose, foldArrived } from './lots.ts';
import { foldPins, freeArrived, pinsCovered, pinsOf, repinned } from './pins.ts';
import {
  type AccountRow,
  type ClaimRow,
  type EntrustmentRow,
  type FeeRow,
  type HoldRow,
  type InstructionRow,
  type LotRow,
  type PlatformRow,
  type ProjectRow,
  type PurchaseRow,
  type RechargeRow,
  type RefundRow,
  remainder,
  type SaleRow,
  type ShareRow,
  type SuspenseRow,
  type UserRow,
  type WithdrawalRow,
} from './rows.ts';
import { Shelf } from './shelf.ts';

/** One leg of a posting, with the balance after. */
export interface Entry {
  readonly account: string;
  readonly version: bigint;
  readonly side: 'D' | 'C';
  readonly amount: Fen;
  readonly balanceAfter: Fen;
  /** What of the amount is float, by lot; what is not named is arrived. */
  readonly floats: Composition;
  /** The account on the other side. */
  readonly contra: string;
}

/** All postings of one instruction. */
export interface Journal {
  readonly origin: string;
  readonly number: string;
  readonly entries: readonly Entry[];
}

export class Book {
  readonly platformNo: string;
  platform: PlatformRow | undefined;
  /** Whether the platform's row is to be written. */
  platformChanged = false;
  readonly accounts: Shelf<AccountRow>;
  readonly users: Shelf<UserRow>;
  /** Users by keyedHash of their ID number, refused ones left out: a list, since uniqueness is by request. */
  readonly idCards: Shelf<readonly string[]>;
  readonly holds: Shelf<HoldRow>;
  readonly projects: Shelf<ProjectRow>;
  readonly shares: Shelf<ShareRow>;
  readonly recharges: Shelf<RechargeRow>;
  readonly withdrawals: Shelf<WithdrawalRow>;
  readonly sales: Shelf<SaleRow>;
  readonly purchases: Shelf<PurchaseRow>;
  readonly claims: Shelf<ClaimRow>;
  readonly entrustments: Shelf<EntrustmentRow>;
  /** The open projects of a borrower, by his number. */
  readonly borrowings: Shelf<readonly string[]>;
  /** Some holds that still reserve something, by their project. */
  readonly standing: Shelf<readonly string[]>;
  readonly suspenses: Shelf<SuspenseRow>;
  readonly refunds: Shelf<RefundRow>;
  readonly fees: Shelf<FeeRow>;
  readonly lots: Shelf<LotRow>;
  readonly instructions: Shelf<InstructionRow>;
  readonly journals: Journal[] = [];
  /** Rows that are looked at again and again. */
  readonly #kept: readonly Shelf<unknown>[];
  /** Rows that are mostly looked at once, and of which there is no end. */
  readonly #passing: readonly Shelf<unknown>[];

  constructor(platformNo: string, below?: Book) {
    this.platformNo = platformNo;
    this.platform = below?.platform;
    this.accounts = new Shelf('account', below?.accounts);
    this.users = new Shelf('user', below?.users);
    this.idCards = new Shelf('ID number', below?.idCards);
    this.holds = new Shelf('hold', below?.holds);
    this.projects = new Shelf('project', below?.projects);
    this.shares = new Shelf('share', below?.shares);
    this.recharges = new Shelf('recharge', below?.recharges);
    this.withdrawals = new Shelf('withdrawal', below?.withdrawals);
    this.sales = new Shelf('sale', below?.sales);
    this.purchases = new Shelf('purchase', below?.purchases);
    this.claims = new Shelf('claim', below?.claims);
    this.entrustments = new Shelf('entrustment', below?.entrustments);
    this.borrowings = new Shelf('borrowing', below?.borrowings);
    this.standing = new Shelf('standing holds', below?.standing);
    this.suspenses = new Shelf('suspense', below?.suspenses);
    this.refunds = new Shelf('refund', below?.refunds);
    this.fees = new Shelf('fee', below?.fees);
    this.lots = new Shelf('lot', below?.lots);
    this.instructions = new Shelf('instruction', below?.instructions);
    const { accounts, users, projects } = this;
    this.#kept = [accounts, users, projects];
    const { idCards, holds, shares, recharges, withdrawals, instructions } = this;
    const { sales, purchases, claims, entrustments, borrowings, standing } = this;
    const { suspenses, refunds, fees } = this;
    const trades = [sales, purchases, claims, entrustments, borrowings, standing];
    const others = [suspenses, refunds, fees];
    this.#passing = [idCards, holds, shares, recharges, withdrawals, instructions, ...trades, ...others];
  }

  /** How many rows were looked at since the last ageing. */
  get young(): number {
    return this.#kept.reduce((total, shelf) => total + shelf.young, 0);
  }

  /** All that changed is committed. Only accounts, users, projects and lots stay for the next batch. */
  settle(): void {
    for (const shelf of [...this.#kept, this.lots]) shelf.settle();
    for (const shelf of this.#passing) {
      shelf.settle();
      shelf.clear();
    }
    this.journals.length = 0;
    this.platformChanged = false;
  }

  /** Lets go what was not needed since the last time; only between batches. Lots stay for as long as the book does. */
  age(): void {
    for (const shelf of this.#kept) shelf.age();
  }

  /** A sheet of tracing paper: what is applied to it shows on it and leaves this book as it is. For decisions in several steps. */
  sketch(): Book {
    return new Book(this.platformNo, this);
  }

  /** An account that must exist once its owner does. */
  account(code: string): AccountRow {
    const row = this.accounts.get(code);
    if (row === undefined) throw new Defect(`account ${code} of ${this.platformNo} is missing`);
    return this.#folded(row);
  }

  /** Balance less what holds reserve. */
  available(code: string): Fen {
    const row = this.account(code);
    return minus(row.balance, row.held);
  }

  /** What the bank holds of an account's balance. */
  arrived(code: string): Fen {
    const row = this.account(code);
    return minus(row.balance, sum(Object.values(row.floats)));
  }

  /** What may leave the sub-accounts: min(arrived − pinned arrived, available). */
  withdrawable(code: string): Fen {
    return least(freeArrived(this.account(code)), this.available(code));
  }

  /** Folds a decision in. Throws `Defect` when it breaks a floor: then a check in the operation is missing. */
  apply(instruction: { readonly origin: string; readonly number: string }, decision: Decision): void {
    const { changes } = decision;
    if (changes.platform !== undefined) {
      this.platform = changes.platform;
      this.platformChanged = true;
    }
    for (const code of changes.openAccounts ?? []) this.#open(code);
    for (const row of changes.lots ?? []) this.lots.put(row.lot, row);
    for (const row of changes.users ?? []) this.#putUser(row);
    for (const row of changes.projects ?? []) this.#putProject(row);
    for (const row of changes.shares ?? []) this.shares.put(shareKey(row.projectNo, row.platformUserNo), row);
    for (const row of changes.sales ?? []) this.sales.put(row.requestNo, row);
    for (const row of changes.purchases ?? []) this.purchases.put(row.requestNo, row);
    for (const row of changes.claims ?? []) this.claims.put(shareKey(row.projectNo, row.platformUserNo), row);
    for (const row of changes.entrustments ?? []) this.entrustments.put(row.projectNo, row);
    for (const row of changes.recharges ?? []) this.recharges.put(row.requestNo, row);
    for (const row of changes.withdrawals ?? []) this.withdrawals.put(row.requestNo, row);
    for (const row of changes.suspenses ?? []) this.suspenses.put(suspenseKey(row.source, row.number), row);
    for (const row of changes.refunds ?? []) this.refunds.put(row.refundNo, row);
    for (const row of changes.fees ?? []) this.fees.put(row.invoiceNo, row);
    for (const row of changes.instructions ?? []) this.instructions.put(instructionKey(row.origin, row.number), row);
    const reserved = (changes.holds ?? []).filter((row) => this.#putHold(row));
    const entries = decision.postings.flatMap((posting) => this.#post(posting));
    if (entries.length > 0) this.journals.push({ origin: instruction.origin, number: instruction.number, entries });
    for (const { account } of entries) this.#refuseOverdraft(account);
    // Only now: what a hold reserves or pins may come by these very postings.
    for (const { account } of reserved) this.#refuseOverdraft(account);
  }

  #open(code: string): void {
    if (this.accounts.get(code) === undefined) {
      const currency = this.platform?.currency ?? 'CNY';
      this.accounts.put(code, { code, currency, balance: ZERO, held: ZERO, floats: {}, version: 0n });
    }
  }

  #putUser(row: UserRow): void {
    this.users.put(row.platformUserNo, row);
    const hash = row.idCardNo.keyedHash;
    if (!this.idCards.has(hash)) return;
    const others = (this.idCards.get(hash) ?? []).filter((holder) => holder !== row.platformUserNo);
    // Who was refused holds nothing.
    this.idCards.put(hash, row.state === 'REFUSED' ? others : [...others, row.platformUserNo]);
  }

  /** A new project is one of its borrower's; those that ended stay in his list and count nothing. */
  #putProject(row: ProjectRow): void {
    this.projects.put(row.projectNo, row);
    const { platformUserNo, projectNo } = row;
    if (!this.borrowings.has(platformUserNo)) return;
    const known = this.borrowings.get(platformUserNo) ?? [];
    if (!known.includes(projectNo)) this.borrowings.put(platformUserNo, [...known, projectNo]);
  }

  /** A hold's change moves what its account has held by the same amount. Answers whether more is reserved than before. */
  #putHold(row: HoldRow): boolean {
    const before = this.holds.get(row.requestNo);
    const moved = minus(remainder(row), before === undefined ? ZERO : remainder(before));
    if (remainder(row) < 0n) throw new Defect(`hold ${row.requestNo} of ${this.platformNo} would be below zero`);
    this.holds.put(row.requestNo, row);
    if (moved !== 0n) {
      const account = this.account(row.account);
      const held = plus(account.held, moved);
      this.accounts.put(
        row.account,
        row.pins === undefined ? { ...account, held } : this.#repinned({ ...account, held }, before, row),
      );
    }
    return moved > 0n;
  }

  #repinned({ pins, ...account }: AccountRow, before: HoldRow | undefined, after: HoldRow): AccountRow {
    const folded = (hold: HoldRow | undefined) => foldPins(pinsOf(hold), (lot) => this.#lot(lot) === undefined);
    return { ...account, ...repinned(pins, folded(before), folded(after)) };
  }

  #post(posting: Posting): readonly Entry[] {
    if (posting.amount <= 0n) throw new Defect(`a posting of ${posting.amount} fen`);
    if (posting.debit === posting.credit) throw new Defect(`a posting from ${posting.debit} to itself`);
    if (/^(COLLECT|PAID):/.test(posting.debit)) this.#open(posting.debit);
    if (/^(COLLECT|PAID):/.test(posting.credit)) this.#open(posting.credit);
    const source = this.account(posting.debit);
    if (source.currency !== this.account(posting.credit).currency)
      throw new Defect(`a posting from ${posting.debit} to ${posting.credit} mixes two currencies`);
    const floats = takesFloat(posting.debit)
      ? compose(source, posting.amount, posting.take, (lot) => this.#lot(lot))
      : this.#incoming(posting);
    return [
      this.#leg(posting.debit, 'D', posting.amount, floats, posting.credit),
      this.#leg(posting.credit, 'C', posting.amount, floats, posting.debit),
    ];
  }

  /** Money that comes from outside the sub-accounts: float of the lot that the posting names, unless that lot has arrived. */
  #incoming(posting: Posting): Composition {
    if (typeof posting.take === 'string') return {};
    const { lot } = posting.take;
    return this.lots.get(lot)?.state === 'ARRIVED' ? {} : { [lot]: posting.amount };
  }

  #leg(code: string, side: 'D' | 'C', amount: Fen, floats: Composition, contra: string): Entry {
    const row = this.account(code);
    const increases = isAsset(code) === (side === 'D');
    const signed = increases ? amount : fen(-amount);
    const balance = plus(row.balance, signed);
    const own = takesFloat(code) ? floats : {};
    const next: AccountRow = {
      ...row,
      balance,
      floats: addFloats(row.floats, own, increases ? 1n : -1n),
      version: row.version + 1n,
    };
    this.accounts.put(code, next);
    return { account: code, version: next.version, side, amount, balanceAfter: balance, floats: own, contra };
  }

  #refuseOverdraft(code: string): void {
    const row = this.account(code);
    if (row.balance < 0n || row.held < 0n || (!isAsset(code) && row.held > row.balance) || !pinsCovered(row)) {
      throw new Defect(`account ${code} of ${this.platformNo} would have ${row.balance} with ${row.held} held`);
    }
  }

  /** The row of a lot that has not arrived: those are all in the book, so one that is not there has arrived. */
  #lot(lot: string): LotRow | undefined {
    const row = this.lots.has(lot) ? this.lots.get(lot) : undefined;
    return row?.state === 'ARRIVED' ? undefined : row;
  }

  /** An arrived lot is folded into arrived money when its account is next touched. */
  #folded(row: AccountRow): AccountRow {
    const floats = foldArrived(row.floats, (lot) => this.#lot(lot) === undefined);
    const pins = row.pins === undefined ? undefined : foldPins(row.pins, (lot) => this.#lot(lot) === undefined);
    if (floats === row.floats && pins === row.pins) return row;
    return { ...row, floats, ...(pins === undefined ? {} : { pins }) };
  }
}

export const shareKey = (projectNo: string, platformUserNo: string): string => `${projectNo}\n${platformUserNo}`;
export const suspenseKey = (source: SuspenseRow['source'], number: string): string => `${source}\n${number}`;
export const instructionKey = (origin: string, number: string): string => `${origin}\n${number}`;

function addFloats(floats: AccountRow['floats'], change: Composition, sign: bigint): AccountRow['floats'] {
  const lots = Object.keys(change);
  if (lots.length === 0) return floats;
  const next: Record<string, Fen> = { ...floats };
  for (const lot of lots) {
    const amount = fen((next[lot] ?? 0n) + sign * (change[lot] ?? 0n));
    if (amount < 0n) throw new Defect(`float of lot ${lot} would be below zero`);
    if (amount === 0n) delete next[lot];
    else next[lot] = amount;
  }
  return next;
}
