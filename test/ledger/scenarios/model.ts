/**
 * The model: the ledger's shell without a database, in maps of whole rows. It loads into a book only what operations say they read, so a
 * missing read is found, and cuts a batch where a decision needs a row that its neighbour has just made.
 */
import { isRejection, type Rejection, reject } from '../../../contract/codes.ts';
import type { InstructionMessage } from '../../../contract/internal/instruction.ts';
import type { Answer, QueryMessage } from '../../../contract/internal/reply.ts';
import { Book, instructionKey, shareKey, suspenseKey } from '../../../ledger/book.ts';
import { type Decision, type Due, MOST_STANDING, type Reads } from '../../../ledger/decision.ts';
import {
  decide,
  followOf,
  keptOf,
  readsOf,
  refusalAnswer,
  refusalResults,
  wasAccepted,
} from '../../../ledger/operations/table.ts';
import { answerQuery, queryFollow, queryReads } from '../../../ledger/queries/table.ts';
import * as rows from '../../../ledger/rows.ts';
import { NotRead, type Shelf } from '../../../ledger/shelf.ts';
import type { BookedJournal, Books, Effect, House } from './house.ts';

/** Everything of one platform. */
class Store {
  platform: rows.PlatformRow | undefined;
  readonly accounts = new Map<string, rows.AccountRow>();
  readonly users = new Map<string, rows.UserRow>();
  readonly holds = new Map<string, rows.HoldRow>();
  readonly projects = new Map<string, rows.ProjectRow>();
  readonly shares = new Map<string, rows.ShareRow>();
  readonly recharges = new Map<string, rows.RechargeRow>();
  readonly withdrawals = new Map<string, rows.WithdrawalRow>();
  readonly sales = new Map<string, rows.SaleRow>();
  readonly purchases = new Map<string, rows.PurchaseRow>();
  readonly claims = new Map<string, rows.ClaimRow>();
  readonly entrustments = new Map<string, rows.EntrustmentRow>();
  readonly suspenses = new Map<string, rows.SuspenseRow>();
  readonly refunds = new Map<string, rows.RefundRow>();
  readonly fees = new Map<string, rows.FeeRow>();
  readonly due = new Map<string, Due>();
  readonly lots = new Map<string, rows.LotRow>();
  readonly instructions = new Map<string, rows.InstructionRow>();
  readonly journals: BookedJournal[] = [];
  /** What the books gave themselves to do. */
  readonly work: InstructionMessage[] = [];

  /** A book with what is always there. */
  open(platformNo: string): Book {
    const book = new Book(platformNo);
    book.platform = this.platform;
    for (const row of this.lots.values()) if (row.state !== 'ARRIVED') book.lots.load(row.lot, row);
    return book;
  }

  load(book: Book, reads: Reads): void {
    const bring = <Row>(shelf: Shelf<Row>, from: ReadonlyMap<string, Row>, keys: readonly string[] = []): void => {
      for (const key of keys) shelf.load(key, from.get(key));
    };
    bring(book.accounts, this.accounts, reads.accounts);
    bring(book.users, this.users, reads.users);
    bring(book.holds, this.holds, reads.holds);
    bring(book.projects, this.projects, reads.projects);
    bring(
      book.shares,
      this.shares,
      reads.shares?.map(([project, user]) => shareKey(project, user)),
    );
    bring(book.recharges, this.recharges, reads.recharges);
    bring(book.withdrawals, this.withdrawals, reads.withdrawals);
    bring(book.sales, this.sales, reads.sales);
    bring(book.purchases, this.purchases, reads.purchases);
    bring(
      book.claims,
      this.claims,
      reads.claims?.map(([project, user]) => shareKey(project, user)),
    );
    bring(book.entrustments, this.entrustments, reads.entrustments);
    this.#bringLists(book, reads);
    bring(
      book.suspenses,
      this.suspenses,
      reads.suspenses?.map(([source, number]) => suspenseKey(source, number)),
    );
    bring(book.refunds, this.refunds, reads.refunds);
    bring(book.fees, this.fees, reads.fees);
    bring(book.lots, this.lots, reads.lots);
    bring(
      book.instructions,
      this.instructions,
      reads.instructions?.map((number) => instructionKey('PLATFORM', number)),
    );
    for (const hash of reads.idCards ?? []) {
      const holders = [...this.users.values()].filter((user) => user.idCardNo.keyedHash === hash);
      book.idCards.load(
        hash,
        holders.filter(({ state }) => state !== 'REFUSED').map(({ platformUserNo }) => platformUserNo),
      );
    }
  }

  /** Rows by what they belong to. */
  #bringLists(book: Book, reads: Reads): void {
    for (const borrower of reads.borrowings ?? []) {
      const open = [...this.projects.values()].filter(
        ({ platformUserNo, status }) => platformUserNo === borrower && /^(COLLECTING|REPAYING)$/.test(status),
      );
      book.borrowings.load(
        borrower,
        open.map(({ projectNo }) => projectNo),
      );
      for (const row of open) book.projects.load(row.projectNo, row);
    }
    for (const project of reads.standing ?? []) {
      const standing = [...this.holds.values()]
        .filter((hold) => hold.projectNo === project && rows.remainder(hold) > 0n)
        .sort((a, b) => (a.requestNo < b.requestNo ? -1 : 1))
        .slice(0, MOST_STANDING);
      book.standing.load(
        project,
        standing.map(({ requestNo }) => requestNo),
      );
      for (const row of standing) book.holds.load(row.requestNo, row);
    }
  }

  save(book: Book): void {
    this.platform = book.platform;
    for (const row of book.accounts.changed()) this.accounts.set(row.code, row);
    for (const row of book.users.changed()) this.users.set(row.platformUserNo, row);
    for (const row of book.holds.changed()) this.holds.set(row.requestNo, row);
    for (const row of book.projects.changed()) this.projects.set(row.projectNo, row);
    for (const row of book.shares.changed()) this.shares.set(shareKey(row.projectNo, row.platformUserNo), row);
    for (const row of book.recharges.changed()) this.recharges.set(row.requestNo, row);
    for (const row of book.withdrawals.changed()) this.withdrawals.set(row.requestNo, row);
    for (const row of book.sales.changed()) this.sales.set(row.requestNo, row);
    for (const row of book.purchases.changed()) this.purchases.set(row.requestNo, row);
    for (const row of book.claims.changed()) this.claims.set(shareKey(row.projectNo, row.platformUserNo), row);
    for (const row of book.entrustments.changed()) this.entrustments.set(row.projectNo, row);
    for (const row of book.suspenses.changed()) this.suspenses.set(suspenseKey(row.source, row.number), row);
    for (const row of book.refunds.changed()) this.refunds.set(row.refundNo, row);
    for (const row of book.fees.changed()) this.fees.set(row.invoiceNo, row);
    for (const row of book.lots.changed()) this.lots.set(row.lot, row);
    for (const row of book.instructions.changed()) this.instructions.set(instructionKey(row.origin, row.number), row);
    this.journals.push(...book.journals);
  }
}

export class Model implements House {
  readonly #stores = new Map<string, Store>();
  #orders = 0;

  #store(platformNo: string): Store {
    const store = this.#stores.get(platformNo) ?? new Store();
    this.#stores.set(platformNo, store);
    return store;
  }

  /** Takes a batch, and works off what it leads to. */
  async submit(batch: readonly InstructionMessage[]): Promise<readonly Effect[]> {
    const effects = this.#handle(batch);
    const platformNos = new Set(batch.map(({ platformNo }) => platformNo));
    const later: Effect[] = [];
    for (const platformNo of platformNos) {
      const { work } = this.#store(platformNo);
      while (work.length > 0) later.push(...this.#handle(work.splice(0, 1)));
    }
    const last = effects.at(-1);
    if (last === undefined || later.length === 0) return effects;
    const results = [...last.results, ...later.flatMap((effect) => effect.results)];
    const orders = [...last.orders, ...later.flatMap((effect) => effect.orders)];
    return [...effects.slice(0, -1), { ...last, results, orders }];
  }

  #handle(batch: readonly InstructionMessage[]): readonly Effect[] {
    const effects: Effect[] = [];
    while (effects.length < batch.length) {
      const [first] = batch.slice(effects.length);
      if (first === undefined) break;
      const store = this.#store(first.platformNo);
      const book = store.open(first.platformNo);
      const rest = batch.slice(effects.length);
      for (const message of rest) {
        const key = instructionKey(message.origin, message.number);
        book.instructions.load(key, store.instructions.get(key));
        store.load(book, readsOf(message));
      }
      for (const message of rest) store.load(book, followOf(message, book));
      const done = this.#work(rest, book);
      store.save(book);
      effects.push(...done);
    }
    return effects;
  }

  /** Works through a batch until it needs a row that is not there; the first must not. */
  #work(batch: readonly InstructionMessage[], book: Book): readonly Effect[] {
    const effects: Effect[] = [];
    for (const message of batch) {
      try {
        effects.push(this.#one(message, book));
      } catch (error) {
        if (error instanceof NotRead && effects.length > 0) return effects;
        throw error;
      }
    }
    return effects;
  }

  #one(message: InstructionMessage, book: Book): Effect {
    const key = instructionKey(message.origin, message.number);
    const claimed = book.instructions.get(key);
    const waits = wasAccepted(message) && claimed?.state === 'OPEN';
    if (claimed !== undefined && !waits) {
      const same = claimed.digest === message.digest;
      return { answer: same ? claimed.answer : passing(reject('100013')), results: [], orders: [] };
    }
    const decision = decide(message, book, { newOrderId: () => this.#newOrderId() });
    const refused = isRejection(decision);
    // A platform that is not there has no books to claim a number in.
    if (refused && book.platform === undefined) return { answer: passing(decision), results: [], orders: [] };
    const answer = refused ? refusalAnswer(decision) : decision.answer;
    if (!refused) {
      book.apply(message, decision);
      for (const due of decision.due ?? []) this.#store(message.platformNo).due.set(due.number, due);
    }
    const row = claim(message, answer, decision);
    book.instructions.put(key, waits && claimed !== undefined ? { ...claimed, ...ended(row) } : row);
    if (!refused) this.#later(message, decision);
    return refused
      ? { answer, results: refusalResults(message, decision), orders: [] }
      : { answer, results: decision.results, orders: decision.orders };
  }

  #later({ platformNo, messageId, digest, receivedAt }: InstructionMessage, { work }: Decision): void {
    const store = this.#store(platformNo);
    for (const piece of work) store.work.push({ version: 1, messageId, platformNo, digest, receivedAt, ...piece });
  }

  #newOrderId(): string {
    this.#orders += 1;
    return `ORDER${String(this.#orders).padStart(19, '0')}`;
  }

  takeDue(platformNo: string, now: number): Promise<readonly Due[]> {
    const { due } = this.#store(platformNo);
    const taken = [...due.values()].filter(({ at }) => at <= now).sort((a, b) => a.at - b.at);
    for (const { number } of taken) due.delete(number);
    return Promise.resolve(taken);
  }

  ask(question: QueryMessage): Promise<Answer> {
    const store = this.#store(question.platformNo);
    const book = store.open(question.platformNo);
    store.load(book, queryReads(question));
    store.load(book, queryFollow(question, book));
    return Promise.resolve(answerQuery(question, book));
  }

  books(platformNo: string): Promise<Books> {
    const store = this.#store(platformNo);
    return Promise.resolve({
      accounts: [...store.accounts.values()],
      holds: [...store.holds.values()],
      lots: [...store.lots.values()],
      projects: [...store.projects.values()],
      shares: [...store.shares.values()],
      recharges: [...store.recharges.values()],
      withdrawals: [...store.withdrawals.values()],
      sales: [...store.sales.values()],
      purchases: [...store.purchases.values()],
      claims: [...store.claims.values()],
      entrustments: [...store.entrustments.values()],
      suspenses: [...store.suspenses.values()],
      refunds: [...store.refunds.values()],
      fees: [...store.fees.values()],
      users: [...store.users.values()],
      journals: [...store.journals],
    });
  }
}

/** What a claim that waited becomes. */
const ended = ({ state, answer, endedAt }: rows.InstructionRow): Partial<rows.InstructionRow> => ({
  state,
  answer,
  ...(endedAt === undefined ? {} : { endedAt }),
});

/** A refusal that is not its number's last word. */
const passing = (rejection: Rejection): Answer => ({ ...refusalAnswer(rejection), final: false });

function claim(message: InstructionMessage, answer: Answer, decision: Decision | Rejection): rows.InstructionRow {
  const act = keptOf(message);
  const state = isRejection(decision) ? 'REFUSED' : decision.state;
  return {
    origin: message.origin,
    number: message.number,
    service: message.act.service,
    digest: message.digest,
    messageId: message.messageId,
    state,
    answer,
    ...(act === undefined ? {} : { act }),
    receivedAt: message.receivedAt,
    ...(state === 'OPEN' ? {} : { endedAt: message.receivedAt }),
  };
}
