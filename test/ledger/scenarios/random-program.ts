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
      (now) => this.#sale(now),
      (now) => this.#purchase(now),
      (now) => this.#purchase(now),
      (now) => this.#assignment(now),
      (now) => this.#assignment(now),
      (now) => this.#compensation(now),
      (now) => this.#compensation(now),
      (now) => this.#compensationRepaid(now),
      () => this.#freeze(),
      (now) => this.#frozen(now),
      () => this.#platformTrade(),
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
    const who = this.#of([...investors, ...investors, ...borrowers, ...purses, 'G', '000']);
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
    if (project.loanAmount === 0n && this.chance(0.6)) return undefined;
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
    const hold = this.#openHold(
      books,
      this.#of(['TENDER', 'REPAYMENT', 'CREDIT_ASSIGNMENT', 'COMPENSATORY']) ?? 'TENDER',
    );
    if (hold === undefined) return undefined;
    const commission = this.chance(0.2) ? ` commission ${this.#amount(2)}` : '';
    const profit = this.chance(0.1) ? ` profit C ${this.#amount(1)}` : '';
    return `${this.#number('C')}: cancels ${written(this.#part(remainder(hold)))} of ${hold.requestNo}${commission}${profit}`;
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

  #sale(books: Books): Chunk | undefined {
    const onSale = this.#of(books.sales.filter(({ status }) => status === 'ONSALE'));
    if (onSale !== undefined && this.chance(0.15)) return `${this.#number('V')}: withdraws-sale ${onSale.requestNo}`;
    const share = this.#of(books.shares.filter(({ amount }) => amount > 0n));
    if (share === undefined) return undefined;
    return `${this.#number('V')}: ${share.platformUserNo} sells ${written(this.#part(share.amount))} of ${share.projectNo}`;
  }

  #purchase(books: Books): Chunk | undefined {
    const sale = this.#of(books.sales.filter(({ status }) => status === 'ONSALE' || this.chance(0.1)));
    if (sale === undefined) return undefined;
    const buyers = investors.filter((investor) => investor !== sale.platformUserNo || this.chance(0.05));
    const left = fen(sale.saleShare - sale.preSalingShare - sale.confirmedShare);
    const share = this.#part(left > 0n ? left : fen(1n));
    const page = this.chance(0.2);
    const number = this.#number('T');
    if (page) this.#pages.push(number);
    const price = this.chance(0.3) ? fen(share - share / 10n) : share;
    const buy = `${number}: ${this.#of(buyers)} buys ${written(price)} on ${sale.projectNo} share ${written(share)} sale ${sale.requestNo}`;
    return page ? `${buy} page` : buy;
  }

  #assignment(books: Books): Chunk | undefined {
    const hold = this.#openHold(books, 'CREDIT_ASSIGNMENT');
    const purchase = books.purchases.find(({ requestNo }) => requestNo === hold?.requestNo);
    const sale = books.sales.find(({ requestNo }) => requestNo === purchase?.saleNo);
    if (hold === undefined || purchase === undefined || sale === undefined) return undefined;
    const buyer = shown(hold.account);
    const share = this.#part(fen(purchase.share - purchase.confirmed || 1n));
    const amount = this.chance(0.5) ? remainder(hold) : this.#part(least(share, remainder(hold)));
    const named = this.chance(0.5) ? ` sale ${sale.requestNo}` : '';
    const lines = [
      `${this.#number('S')}: trade CREDIT_ASSIGNMENT of ${sale.projectNo}${named}`,
      `CREDIT_ASSIGNMENT ${buyer} -> ${sale.platformUserNo} ${written(amount)} hold ${hold.requestNo} share ${written(share)}`,
    ];
    if (this.chance(0.3)) lines.push(`MARKETING 002 -> ${sale.platformUserNo} ${this.#amount(5)}`);
    if (this.chance(0.3)) lines.push(`COMMISSION ${sale.platformUserNo} -> 004 ${this.#amount(3)}`);
    if (this.chance(0.2)) lines.push(`COMMISSION ${buyer} -> 004 ${this.#amount(1)} hold ${hold.requestNo}`);
    return lines.join('\n  ');
  }

  /** Reserves for it, or does it, directly or through the borrower. */
  #compensation(books: Books): Chunk | undefined {
    const hold = this.#openHold(books, 'COMPENSATORY');
    if (hold === undefined || this.chance(0.3)) {
      const project = this.#of(books.projects.filter(({ status }) => status === 'REPAYING'));
      if (project === undefined) return undefined;
      return `${this.#number('H')}: G reserves ${this.#amount(60)} for ${project.projectNo} as COMPENSATORY`;
    }
    const project = books.projects.find(({ projectNo }) => projectNo === hold.projectNo);
    const creditor = this.#of(books.shares.filter((share) => share.projectNo === hold.projectNo && share.amount > 0n));
    if (project === undefined || creditor === undefined) return undefined;
    const amount = written(this.#part(least(creditor.amount, remainder(hold))));
    const [who, borrower] = [creditor.platformUserNo, project.platformUserNo];
    const income = this.chance(0.3) ? ' income 0.01' : '';
    const direct = [`COMPENSATORY G -> ${who} ${amount} hold ${hold.requestNo}${income}`];
    const indirect = [
      `COMPENSATORY ${borrower} -> ${who} ${amount}${income}`,
      `COMPENSATORY G -> ${borrower} ${amount} hold ${hold.requestNo}`,
    ];
    const [kind, lines] = this.chance(0.5) ? ['COMPENSATORY', direct] : ['INDIRECT_COMPENSATORY', indirect];
    if (this.chance(0.3)) lines.push(`COMMISSION ${who} -> 004 ${this.#amount(1)}`);
    return [`${this.#number('S')}: trade ${kind} of ${project.projectNo}`, ...lines].join('\n  ');
  }

  #compensationRepaid(books: Books): Chunk | undefined {
    const claim = this.#of(books.claims.filter(({ compensated }) => compensated > 0n));
    const project = books.projects.find(({ projectNo }) => projectNo === claim?.projectNo);
    if (claim === undefined || project === undefined) return undefined;
    const hold = this.#of(
      books.holds.filter(
        ({ bizType, projectNo, ...rest }) =>
          bizType === 'COMPENSATORY_REPAYMENT' &&
          projectNo === claim.projectNo &&
          rest.captured + rest.released < rest.amount,
      ),
    );
    const borrower = project.platformUserNo;
    if (hold === undefined)
      return `${this.#number('H')}: ${borrower} reserves ${this.#amount(60)} for ${claim.projectNo} as COMPENSATORY_REPAYMENT`;
    const amount = this.#part(least(claim.compensated, remainder(hold)));
    return [
      `${this.#number('S')}: trade COMPENSATORY_REPAYMENT of ${claim.projectNo}`,
      `COMPENSATORY_REPAYMENT ${borrower} -> ${claim.platformUserNo} ${written(amount)} hold ${hold.requestNo}`,
    ].join('\n  ');
  }

  #freeze(): Chunk {
    return `${this.#number('F')}: ${this.#of([...investors, ...borrowers])} freezes ${this.#amount(40)}`;
  }

  /** What a general freeze becomes: a bid, a service fee, or nothing. */
  #frozen(books: Books): Chunk | undefined {
    const hold = this.#of(books.holds.filter((one) => one.kind === 'GENERAL' && remainder(one) > 0n));
    if (hold === undefined) return undefined;
    const amount = written(this.#part(remainder(hold)));
    if (this.chance(0.3)) return `${this.#number('U')}: unfreezes ${amount} of ${hold.requestNo}`;
    const project = this.#of(books.projects.filter(({ status }) => status === 'COLLECTING'));
    if (project !== undefined && this.chance(0.6))
      return `${this.#number('T')}: turns ${amount} of ${hold.requestNo} into TENDER on ${project.projectNo}`;
    return [
      `${this.#number('S')}: trade PLATFORM_SERVICE_DEDUCT`,
      `DEDUCT ${shown(hold.account)} -> 004 ${amount} hold ${hold.requestNo}`,
    ].join('\n  ');
  }

  #platformTrade(): Chunk {
    const [kind, line] = this.#of([
      ['MARKETING', `MARKETING 002 -> ${this.#of([...investors, ...borrowers, 'C'])} ${this.#amount(6)}`],
      ['PLATFORM_INDEPENDENT_PROFIT', `PROFIT 004 -> C ${this.#amount(4)}`],
      ['FUNDS_TRANSFER', `FUNDS_TRANSFER 000 -> ${this.#of(purses)} ${this.#amount(50)}`],
      ['FUNDS_TRANSFER', `FUNDS_TRANSFER ${this.#of(purses)} -> 000 ${this.#amount(10)}`],
    ] as const) ?? ['MARKETING', 'MARKETING 002 -> I 0.01'];
    return `${this.#number('S')}: trade ${kind}\n  ${line}`;
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
  const opening = [
    'platform',
    'user I INVESTOR auth TENDER,CREDIT_ASSIGNMENT',
    'user J INVESTOR auth TENDER,CREDIT_ASSIGNMENT',
    'user C COLLABORATOR',
    'user G GUARANTEECORP auth COMPENSATORY',
  ];
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
