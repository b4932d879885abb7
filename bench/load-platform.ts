/**
 * One platform's part of the load: furnishes itself with users, money and a project by its own signed messages, then sends the mix, seeded.
 * Of every 20 instructions 10 are pre-transactions, 5 trades, 3 queries and 2 recharges, in an order of their own each time.
 */
import type { Client, Said } from './load-client.ts';
import type { NotifyDesk } from './load-notified.ts';
import type { FurnishOrder } from './load-plan.ts';
import { walk } from './load-walk.ts';

type Kind = 'pre-transaction' | 'trade' | 'query' | 'recharge';

const cycle: readonly Kind[] = [
  ...Array<Kind>(10).fill('pre-transaction'),
  ...Array<Kind>(5).fill('trade'),
  ...Array<Kind>(3).fill('query'),
  ...Array<Kind>(2).fill('recharge'),
];

const PROJECT = 'P1';
const BORROWER = 'u0';
const MARKETING = 'SYS_GENERATE_002';
const PASSWORD = 'Stopwatch-2026';

/** mulberry32: a small seeded generator, so that a run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What was sent, once it is answered; a page goes on without whoever sent it, until it is through. */
export interface Sent {
  readonly service: string;
  readonly goesOn?: Promise<void>;
}

export class PlatformLoad {
  readonly #client: Client;
  readonly #desk: NotifyDesk;
  readonly #random: () => number;
  /** Bids that stand and may be released. */
  readonly #bids: { readonly requestNo: string; readonly investor: string }[] = [];
  readonly #investors: readonly string[];
  #turn: Kind[] = [];
  #count = 0;

  constructor(client: Client, desk: NotifyDesk, { seed, investors }: Pick<FurnishOrder, 'seed' | 'investors'>) {
    this.#client = client;
    this.#desk = desk;
    this.#random = seeded(seed + Number.parseInt(client.platform.platformNo, 10));
    this.#investors = Array.from({ length: investors }, (_, index) => `u${index + 1}`);
  }

  /** Users register with a password and authorise bids, each investor recharges, a project is filed. */
  async furnish(): Promise<void> {
    await this.#desk.listen(this.#client);
    await Promise.all([BORROWER, ...this.#investors].map((userNo, index) => this.#register(userNo, index)));
    await Promise.all(
      this.#investors.map((investor) => this.#recharge(investor, '10000.00', PASSWORD).then(({ goesOn }) => goesOn)),
    );
    await this.#settled();
    await this.#client.succeed('ESTABLISH_PROJECT', {
      requestNo: this.#next('P'),
      platformUserNo: BORROWER,
      projectNo: PROJECT,
      projectAmount: '100000.00',
      projectName: '基准',
      projectType: 'STANDARDPOWDER',
      projectPeriod: 30,
      annnualInterestRate: '0.1',
      repaymentWay: 'ONE_TIME_SERVICING',
    });
  }

  async #register(userNo: string, index: number): Promise<void> {
    const requestNo = this.#next('U');
    const lender = index > 0;
    const tail = String(1000 + index);
    const request = {
      requestNo,
      platformUserNo: userNo,
      realName: '测试人',
      idCardNo: `11010119900307${tail}`,
      idCardType: 'PRC_ID',
      bankcardNo: `622202020000000${tail}`,
      mobile: `1380013${tail}`,
      userRole: lender ? 'INVESTOR' : 'BORROWERS',
      checkType: 'LIMIT',
      redirectUrl: 'http://platform.example/back',
      ...(lender ? { authList: 'TENDER', amount: '1000000.00', failTime: '20991231' } : {}),
    };
    const { opened, paying } = await this.#open('PERSONAL_REGISTER_EXPAND', request);
    paying();
    await walk(this.#client, opened, { password: PASSWORD, passwordAgain: PASSWORD }, { whole: true });
  }

  /** The next instruction of the mix. Throws unless it succeeded; `Refused` when the bank is busy. */
  async mixed(): Promise<Sent> {
    if (this.#turn.length === 0) this.#turn = this.#shuffled();
    const kind = this.#turn.pop();
    switch (kind) {
      case 'trade':
        return this.#release();
      case 'query':
        return this.#query();
      case 'recharge':
        return this.#recharge(MARKETING, '1.00');
      default:
        return this.#bid();
    }
  }

  /** A recharge of a user, who approves it by his password. */
  byPassword(): Promise<Sent> {
    return this.#recharge(this.#anyone(), '1.00', PASSWORD);
  }

  async #bid(): Promise<Sent> {
    const investor = this.#anyone();
    const requestNo = this.#next('B');
    await this.#client.succeed('USER_AUTO_PRE_TRANSACTION', {
      requestNo,
      platformUserNo: investor,
      bizType: 'TENDER',
      amount: '0.01',
      projectNo: PROJECT,
    });
    this.#bids.push({ requestNo, investor });
    return { service: 'USER_AUTO_PRE_TRANSACTION' };
  }

  async #release(): Promise<Sent> {
    const bid = this.#bids.shift();
    if (bid === undefined) {
      // No bid stands yet: one is made first, and the next one is released in its place.
      const next = this.#turn.indexOf('pre-transaction');
      if (next >= 0) this.#turn[next] = 'trade';
      return this.#bid();
    }
    const detail = {
      bizType: 'TENDER',
      freezeRequestNo: bid.requestNo,
      sourcePlatformUserNo: bid.investor,
      targetPlatformUserNo: BORROWER,
      amount: '0.01',
    };
    const request = { requestNo: this.#next('T'), tradeType: 'TENDER', projectNo: PROJECT, details: [detail] };
    await this.#client.succeed('SYNC_TRANSACTION', request);
    return { service: 'SYNC_TRANSACTION' };
  }

  async #query(): Promise<Sent> {
    const [bid] = this.#bids;
    if (bid !== undefined && this.#random() < 0.5) {
      await this.#client.succeed('QUERY_TRANSACTION', { requestNo: bid.requestNo, transactionType: 'PRETRANSACTION' });
      return { service: 'QUERY_TRANSACTION' };
    }
    await this.#client.succeed('QUERY_USER_INFORMATION', { platformUserNo: this.#anyone() });
    return { service: 'QUERY_USER_INFORMATION' };
  }

  /** Answered once the page is there; the user goes on by himself. */
  async #recharge(platformUserNo: string, amount: string, password?: string): Promise<Sent> {
    const requestNo = this.#next('R');
    const { opened, paying } = await this.#open('RECHARGE', {
      requestNo,
      platformUserNo,
      amount,
      expectPayCompany: 'PAYSIM',
      rechargeWay: 'WEB',
      bankcode: 'ICBK',
      redirectUrl: 'http://platform.example/back',
    });
    const typed = password === undefined ? {} : { password };
    const goesOn = walk(this.#client, opened, typed, { whole: false, paying });
    return { service: 'RECHARGE', goesOn };
  }

  /** Told with each notification: after how many milliseconds. */
  onTold: (afterMs: number) => void = () => undefined;
  /** Told with each notification that became due. */
  onDue: () => void = () => undefined;

  async #open(serviceName: string, request: { readonly requestNo: string; readonly [field: string]: string }) {
    const { platformNo } = this.#client.platform;
    const due = { since: undefined as number | undefined, told: (afterMs: number) => this.onTold(afterMs) };
    this.#desk.expect(platformNo, request.requestNo, due);
    const opened: Said = await this.#client.send('/gateway', serviceName, request).catch((error: unknown) => {
      this.#desk.forget(platformNo, request.requestNo);
      throw error;
    });
    const paying = (): void => {
      due.since = performance.now();
      this.onDue();
    };
    return { opened, paying };
  }

  async #settled(): Promise<void> {
    const missing = await this.#desk.complete(60_000);
    if (missing.length > 0) throw new Error(`no notification: ${missing.slice(0, 5).join(', ')}`);
  }

  #anyone(): string {
    return this.#investors[Math.floor(this.#random() * this.#investors.length)] ?? '';
  }

  #next(kind: string): string {
    this.#count += 1;
    return `${kind}${this.#count}`;
  }

  #shuffled(): Kind[] {
    const kinds = [...cycle];
    for (let last = kinds.length - 1; last > 0; last -= 1) {
      const other = Math.floor(this.#random() * (last + 1));
      [kinds[last], kinds[other]] = [kinds[other] as Kind, kinds[last] as Kind];
    }
    return kinds;
  }
}
