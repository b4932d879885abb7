/**
 * The load generator, a process of its own: `node load.js PLAN.json`. Signed instructions of several platforms over keep-alive connections; every
 * answer's signature is verified and its status checked. Closed loop (a fixed number in flight) finds the rate; open loop (arrivals by the
 * clock, latency from the planned moment) tells latency without coordinated omission. Prints one JSON line.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Pool } from 'undici';

export interface LoadPlatform {
  readonly platformNo: string;
  readonly keySerial: string;
  readonly privateKeyFile: string;
  readonly bankPublicKeyFile: string;
  readonly investors: readonly string[];
  readonly borrower: string;
  readonly projectNo: string;
}

export interface LoadPlan {
  readonly gatewayUrl: string;
  readonly platforms: readonly LoadPlatform[];
  readonly seed: number;
  /** Put before every requestNo. */
  readonly prefix: string;
  readonly seconds: number;
  /** Closed loop: how many in flight. */
  readonly inFlight?: number;
  /** Open loop: arrivals per second. */
  readonly perSecond?: number;
}

export interface LoadFigures {
  readonly answered: number;
  readonly failed: number;
  readonly firstFailure?: string;
  readonly seconds: number;
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly byService: Readonly<Record<string, number>>;
}

const signOnPool = promisify<string, Buffer, KeyObject, Buffer>(signBytes);
const verifyOnPool = promisify<string, Buffer, KeyObject, Buffer, boolean>(verifyBytes);
const timestamp = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace(/[-T:]/g, '');

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

class PlatformLoad {
  readonly platform: LoadPlatform;
  readonly #privateKey: KeyObject;
  readonly #bankKey: KeyObject;
  readonly #pool: Pool;
  readonly #random: () => number;
  /** Bids that stand and may be released: requestNo and investor. */
  readonly #bids: { requestNo: string; investor: string }[] = [];
  readonly #prefix: string;
  #count = 0;

  constructor(platform: LoadPlatform, pool: Pool, plan: LoadPlan) {
    this.platform = platform;
    this.#privateKey = createPrivateKey(readFileSync(platform.privateKeyFile));
    this.#bankKey = createPublicKey(readFileSync(platform.bankPublicKeyFile));
    this.#pool = pool;
    this.#random = seeded(plan.seed + Number.parseInt(platform.platformNo, 10));
    this.#prefix = plan.prefix;
  }

  /** Sends one instruction of the mix: 2/3 bids, half as many releases, and queries; resolves to its service. Throws unless it succeeded. */
  async one(): Promise<string> {
    const dice = this.#random();
    const bid = dice < 0.28 ? this.#bids.shift() : undefined;
    if (bid !== undefined) return this.#release(bid);
    if (dice >= 0.28 && dice < 0.45) return this.#query();
    return this.#bid();
  }

  async #bid(): Promise<string> {
    const { investors, projectNo } = this.platform;
    const investor = investors[Math.floor(this.#random() * investors.length)] ?? '';
    const requestNo = this.#next('B');
    await this.#send('USER_AUTO_PRE_TRANSACTION', {
      requestNo,
      platformUserNo: investor,
      bizType: 'TENDER',
      amount: '0.01',
      projectNo,
    });
    this.#bids.push({ requestNo, investor });
    return 'USER_AUTO_PRE_TRANSACTION';
  }

  async #release({ requestNo, investor }: { requestNo: string; investor: string }): Promise<string> {
    const { borrower, projectNo } = this.platform;
    const detail = {
      bizType: 'TENDER',
      freezeRequestNo: requestNo,
      sourcePlatformUserNo: investor,
      targetPlatformUserNo: borrower,
      amount: '0.01',
    };
    await this.#send('SYNC_TRANSACTION', {
      requestNo: this.#next('T'),
      tradeType: 'TENDER',
      projectNo,
      details: [detail],
    });
    return 'SYNC_TRANSACTION';
  }

  async #query(): Promise<string> {
    const { investors } = this.platform;
    await this.#send('QUERY_USER_INFORMATION', {
      platformUserNo: investors[Math.floor(this.#random() * investors.length)],
    });
    return 'QUERY_USER_INFORMATION';
  }

  #next(kind: string): string {
    this.#count += 1;
    return `${this.#prefix}${kind}${this.#count}`;
  }

  async #send(serviceName: string, request: object): Promise<void> {
    const reqData = JSON.stringify({ ...request, timestamp: timestamp() });
    const sign = (await signOnPool('sha256', Buffer.from(reqData), this.#privateKey)).toString('base64');
    const { platformNo, keySerial } = this.platform;
    const form = new URLSearchParams({ serviceName, platformNo, reqData, keySerial, sign }).toString();
    const { statusCode, headers, body } = await this.#pool.request({
      path: '/service',
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    const text = await body.text();
    const right = await verifyOnPool(
      'sha256',
      Buffer.from(text),
      this.#bankKey,
      Buffer.from(String(headers['sign']), 'base64'),
    );
    if (!right) throw new Error(`wrong signature on ${text.slice(0, 200)}`);
    const answer = JSON.parse(text) as { code: string; status: string };
    if (statusCode !== 200 || answer.code !== '0' || answer.status !== 'SUCCESS')
      throw new Error(`${serviceName}: HTTP ${statusCode} ${text.slice(0, 300)}`);
  }
}

async function run(plan: LoadPlan): Promise<LoadFigures> {
  const pool = new Pool(plan.gatewayUrl, { connections: plan.inFlight ?? 512, pipelining: 1 });
  const loads = plan.platforms.map((platform) => new PlatformLoad(platform, pool, plan));
  const histogram = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });
  const byService: Record<string, number> = {};
  let failed = 0;
  let firstFailure: string | undefined;
  let turn = 0;
  const started = performance.now();
  const until = started + plan.seconds * 1000;

  const once = async (planned: number): Promise<void> => {
    const load = loads[turn++ % loads.length];
    try {
      const service = (await load?.one()) ?? '';
      histogram.record(Math.max(1, Math.round((performance.now() - planned) * 1000)));
      byService[service] = (byService[service] ?? 0) + 1;
    } catch (error) {
      failed += 1;
      firstFailure ??= error instanceof Error ? error.message : String(error);
    }
  };

  if (plan.perSecond === undefined) {
    const worker = async (): Promise<void> => {
      while (performance.now() < until) await once(performance.now());
    };
    await Promise.all(Array.from({ length: plan.inFlight ?? 64 }, worker));
  } else {
    const outstanding: Promise<void>[] = [];
    const gap = 1000 / plan.perSecond;
    for (let arrival = started; arrival < until; arrival += gap) {
      if (arrival > performance.now()) await sleep(arrival - performance.now());
      outstanding.push(once(arrival));
    }
    await Promise.all(outstanding);
  }
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  const answered = Object.values(byService).reduce((sum, count) => sum + count, 0);
  const ms = (micros: number): number => Math.round(micros / 10) / 100;
  return {
    answered,
    failed,
    ...(firstFailure === undefined ? {} : { firstFailure }),
    seconds,
    rate: Math.round(answered / seconds),
    p50Ms: ms(histogram.percentile(50)),
    p99Ms: ms(histogram.percentile(99)),
    maxMs: ms(histogram.max),
    byService,
  };
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('usage: node load.js PLAN.json\n');
  process.exitCode = 2;
} else {
  process.stdout.write(`${JSON.stringify(await run(JSON.parse(readFileSync(file, 'utf8')) as LoadPlan))}\n`);
}
