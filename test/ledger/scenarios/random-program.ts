/**
 * Random programs: scenarios that a seed writes. Each line is chosen with an eye on the model's books, so that most of it goes through, and
 * much of it does not; what comes out is text, which runs on any house and can be read when it fails.
 */
import { type Fen, fen, least } from '../../../contract/money.ts';
import { type HoldRow, remainder } from '../../../ledger/rows.ts';
import { Defect } from '../../../runtime/failure.ts';
import type { Books } from './house.ts';
import { Interpreter } from './interpreter.ts';
import { Model } from './model.ts';
import { type Dice, moneyWays } from './random-money.ts';
import { shown, written } from './words.ts';

/** mulberry32: small, and the same everywhere. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const PLATFORM = 'P0001';
/** How often something else is done with money, against once for each other way. */
const MONEY_PLACES = 8;
const investors = ['I', 'J'];
const borrowers = ['B', 'D'];
const purses = ['000', '002', '004', '005'];

/** Lines that belong together: an act with its details, or a batch. */
type Chunk = string;

class Author {
  readonly #roll: () => number;
  #numbers = 0;
  #day = 1;
  /** Numbers of pages and of orders, by what may still happen to them. */
  readonly #pages: string[] = [];
  readonly #orders: string[] = [];
  readonly #all: string[] = [];
  #projects = 0;

  constructor(seed: number) {
    this.#roll = dice(seed);
  }

  readonly #dice: Dice = {
    chance: (part) => this.chance(part),
    of: (list) => this.#of(list),
    amount: (most) => this.#amount(most),
    part: (most) => this.#part(most),
    number: (kind) => this.#number(kind),
    day: () => this.#dayName(),
    page: (number) => this.#pages.push(number),
  };

  chance(part: number): boolean {
    return this.#roll() < part;
  }
  #of<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#roll() * list.length)];
  }
  #amount(most: number): string {
    return written(fen(BigInt(1 + Math.floor(this.#roll() * most * 100))));
  }
  #number(kind: string): string {
    this.#numbers += 1;
    const number = `${kind}${this.#numbers}`;
    this.#all.push(number);
    return number;
  }
  /** A day of late, seldom an earlier one. */
  #dayName(): string {
    if (this.chance(0.03) && this.#day < 28) this.#day += 1;
    return `D${this.chance(0.9) ? this.#day : 1 + Math.floor(this.#roll() * this.#day)}`;
  }

  chunk(books: Books): Chunk {
    const ways: readonly ((books: Books) => Chunk | undefined)[] = [
      () => this.#recharge(),
      (now) => this.#approval(now),
      (now) => this.#approval(now),
      (now) => this.#approval(now),
      (now) => this.#outcome(now),
      (now) => this.#outcome(now),
      (now) => this.#outcome(now),
      () => this.#withdrawal(),
      (now) => this.#project(now),
      (now) => this.#bid(now),
      (now) => this.#bid(now),
      (now) => this.#cancel(now),
      (now) => this.#release(now),
      (now) => this.#release(now),
      (now) => this.#reservation(now),
      (now) => this.#repayment(now),
      (now) => this.#repayment(now),
      (now) => this.#settlement(now),
      () => this.#again(),
      ...Array.from({ length: MONEY_PLACES }, () => (now: Books) => this.#of(moneyWays)?.(now, this.#dice)),
    ];
    for (;;) {
      const chunk = this.#of(ways)?.(books);
      if (chunk !== undefined) return chunk;
    }
  }

  #recharge(): Chunk {
    const who = this.#of([...investors, ...investors, ...borrowers, ...purses]);
    const number = this.#number('R');
    this.#pages.push(number);
    this.#orders.push(number);
    const commission = this.chance(0.4) ? ` commission ${this.#amount(3)}` : '';
    return `${number}: ${who} recharges ${this.#amount(400)}${commission}`;
  }

  #withdrawal(): Chunk {
    const number = this.#number('W');
    this.#pages.push(number);
    this.#orders.push(number);
    const commission = this.chance(0.5) ? ` commission ${this.#amount(2)}` : '';
    const type = this.#of(['', ' type URGENT', ' type NORMAL_URGENT']) ?? '';
    return `${number}: ${this.#of([...investors, ...borrowers])} withdraws ${this.#amount(40)}${commission}${type}`;
  }

  /** Mostly of a page that waits. */
  #approval(books: Books): Chunk | undefined {
    const waiting = [...books.recharges, ...books.withdrawals].filter(({ status }) => status === 'INIT');
    const numbers = this.chance(0.8) ? waiting.map(({ requestNo }) => requestNo) : this.#pages.slice(-6);
    const number = this.#of(numbers);
    if (number === undefined) return undefined;
    return `${number} ${this.chance(0.92) ? 'approved' : this.#of(['expires', 'abandoned'])}`;
  }

  /** Mostly of an order that is out. */
  #outcome(books: Books): Chunk | undefined {
    const out = [...books.recharges, ...books.withdrawals].filter(({ status }) => /PENDDING|REMITING/.test(status));
    const numbers = this.chance(0.85) ? out.map(({ requestNo }) => requestNo) : this.#orders;
    const number = this.#of(numbers);
    if (number === undefined) return undefined;
    if (this.chance(0.12)) return `${number} declined`;
    const back = books.withdrawals.some(({ requestNo, status }) => requestNo === number && status === 'SUCCESS');
    if (number.startsWith('W') && this.chance(back ? 0.9 : 0.1)) return `${number} returned ${this.#dayName()}`;
    return `${number} paid ${this.#dayName()}`;
  }

  #project(books: Books): Chunk | undefined {
    if (this.#projects < 2 || this.chance(0.3)) {
      this.#projects += 1;
      return `${this.#number('E')}: ${this.#of(borrowers)} files P${this.#projects} ${this.#amount(900)}`;
    }
    const project = this.#of(books.projects);
    if (project === undefined) return undefined;
    // Called off before anything is lent it leads nowhere.
    if (project.loanAmount === 0n && this.chance(0.8)) return undefined;
    const status = this.#of(['REPAYING', 'REPAYING', 'REPAYING', 'MISCARRY', 'COLLECTING']);
    return `${this.#number('M')}: project ${project.projectNo} becomes ${status}`;
  }

  #bid(books: Books): Chunk | undefined {
    const project = this.#of(books.projects.filter(({ status }) => status === 'COLLECTING'));
    if (project === undefined) return undefined;
    const number = this.#number('T');
    const coupon = this.chance(0.4) ? ` coupon ${this.#amount(20)}` : '';
    const page = this.chance(0.3);
    if (page) this.#pages.push(number);
    const bid = `${number}: ${this.#of(investors)} bids ${this.#amount(150)} on ${project.projectNo}${coupon}`;
    return page ? `${bid} page` : bid;
  }

  #openHold(books: Books, bizType: string): HoldRow | undefined {
    return this.#of(books.holds.filter((hold) => hold.bizType === bizType && remainder(hold) > 0n));
  }

  /** Mostly a part of it or all, seldom too much. */
  #part(most: Fen): Fen {
    if (this.chance(0.35)) return most;
    const part = fen(1n + (most * BigInt(Math.floor(this.#roll() * 1000))) / 1000n);
    return this.chance(0.05) ? fen(most + 1n) : least(part, most);
  }

  #cancel(books: Books): Chunk | undefined {
    const hold = this.#openHold(books, this.#of(['TENDER', 'REPAYMENT']) ?? 'TENDER');
    if (hold === undefined) return undefined;
    return `${this.#number('C')}: cancels ${written(this.#part(remainder(hold)))} of ${hold.requestNo}`;
  }

  #release(books: Books): Chunk | undefined {
    const hold = this.#openHold(books, 'TENDER');
    const borrower = books.projects.find(({ projectNo }) => projectNo === hold?.projectNo)?.platformUserNo;
    if (hold === undefined || borrower === undefined) return undefined;
    const amount = this.#part(remainder(hold));
    const lines = [
      `${this.#number('S')}: trade TENDER of ${hold.projectNo}`,
      `TENDER ${shown(hold.account)} -> ${borrower} ${written(amount)} hold ${hold.requestNo}`,
    ];
    if (this.chance(0.4)) lines.push(`MARKETING 002 -> ${borrower} ${this.#amount(15)}`);
    if (this.chance(0.5)) lines.push(`COMMISSION ${borrower} -> 004 ${this.#amount(5)}`);
    if (this.chance(0.3)) lines.push(`PROFIT 004 -> C ${this.#amount(3)}`);
    return lines.join('\n  ');
  }

  #reservation(books: Books): Chunk | undefined {
    const project = this.#of(books.projects.filter(({ status }) => status === 'REPAYING'));
    if (project === undefined) return undefined;
    const number = this.#number('H');
    return `${number}: ${project.platformUserNo} reserves ${this.#amount(120)} for ${project.projectNo}`;
  }

  #repayment(books: Books): Chunk | undefined {
    const hold = this.#openHold(books, 'REPAYMENT');
    const creditors = books.shares.filter((share) => share.projectNo === hold?.projectNo && share.amount > 0n);
    const creditor = this.#of(creditors);
    if (hold === undefined || creditor === undefined) return undefined;
    const borrower = shown(hold.account);
    const principal = this.#part(least(creditor.amount, remainder(hold)));
    const income = this.chance(0.5) ? least(fen(principal / 10n), principal) : fen(0n);
    const lines = [
      `${this.#number('S')}: trade REPAYMENT of ${hold.projectNo}`,
      `REPAYMENT ${borrower} -> ${creditor.platformUserNo} ${written(principal)} hold ${hold.requestNo} income ${written(income)}`,
    ];
    if (this.chance(0.3)) lines.push(`INTEREST 005 -> ${creditor.platformUserNo} ${this.#amount(4)}`);
    if (this.chance(0.3)) lines.push(`INTEREST_REPAYMENT ${borrower} -> 005 ${this.#amount(2)} hold ${hold.requestNo}`);
    if (this.chance(0.3)) lines.push(`COMMISSION ${creditor.platformUserNo} -> 004 ${this.#amount(2)}`);
    if (this.chance(0.2)) lines.push(`COMMISSION ${borrower} -> 004 ${this.#amount(2)} hold ${hold.requestNo}`);
    return lines.join('\n  ');
  }

  /** As the books say, with a fee; seldom with a fen too much. */
  #settlement(books: Books): Chunk | undefined {
    const lot = this.#of(
      books.lots.filter(({ state, net, lot: name }) => state === 'OPEN' && !net && !/LATE/.test(name)),
    );
    if (lot === undefined || this.#day > 28) return undefined;
    const balanceOf = (code: string) => books.accounts.find((row) => row.code === code)?.balance ?? fen(0n);
    const payouts = balanceOf(`PAID:${lot.lot}`);
    const gross = fen(balanceOf(`COLLECT:${lot.lot}`) + (this.chance(0.15) ? 1n : 0n));
    const fee = this.chance(0.5) ? fen(BigInt(Math.floor(this.#roll() * 900))) : fen(0n);
    const net = fen(gross - payouts - fee);
    const name = shown(lot.lot);
    // A day that settles is over.
    if (name === `D${this.#day}`) this.#day += 1;
    return `lot ${name} settles gross ${written(gross)} payouts ${written(payouts)} fee ${written(fee)} net ${written(net)}`;
  }

  #again(): Chunk | undefined {
    const number = this.#of(this.#all);
    return number === undefined ? undefined : `again ${number}${this.chance(0.2) ? ' changed' : ''}`;
  }
}

/** Only these may contradict the books, which sets a whole batch aside. */
const sound = (chunk: Chunk): boolean => !/^W\d+ paid|settles|^time|^due/.test(chunk);

/** Writes a program of about so many lines. */
export async function randomProgram(seed: number, length: number): Promise<string> {
  const author = new Author(seed);
  const model = new Model();
  const interpreter = new Interpreter(model, PLATFORM);
  const program: string[] = [];
  const write = async (chunk: Chunk): Promise<void> => {
    try {
      await interpreter.run(chunk);
      program.push(chunk);
    } catch (error) {
      // What contradicts the books is set aside and changes nothing; what was never ordered or sent is not said at all.
      if (error instanceof Defect && !chunk.startsWith('batch')) program.push(`parked: ${chunk}`);
      else if (!/no order of|no page of|was never sent/.test(String(error))) throw error;
    }
  };
  const opening = ['platform', 'user I INVESTOR auth TENDER', 'user J INVESTOR auth TENDER', 'user C COLLABORATOR'];
  for (const line of [...opening, 'user B BORROWERS auth REPAYMENT', 'user D BORROWERS auth REPAYMENT'])
    await write(line);
  while (program.length < length) {
    const books = await model.books(PLATFORM);
    if (author.chance(0.8)) await write(author.chunk(books));
    else
      await write(['batch', ...Array.from({ length: 4 }, () => author.chunk(books)).filter(sound), 'end'].join('\n'));
  }
  return program.join('\n');
}
