/**
 * The load generator, a process of its own that the benchmark forks: many platforms over keep-alive connections. Closed loop (a fixed number
 * in flight) finds the rate; open loop (arrivals by the clock, latency from the planned moment) tells latency without coordinated omission;
 * lone sends one at a time. Every answer's and notification's signature is verified, and every notification due is waited for at the end.
 */
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { Client, Refused } from './load-client.ts';
import { NotifyDesk } from './load-notified.ts';
import type { FurnishOrder, Latency, LoadFigures, LoadOrder, LoadPlan, LoadWord } from './load-plan.ts';
import { PlatformLoad, type Sent } from './load-platform.ts';
import { leaveCashiers } from './load-walk.ts';
import { startProfile } from './profile.ts';

/** Connections to the gateway, as many platforms' servers and their users' browsers would hold. */
const CONNECTIONS = 512;
/** Pages open and notifications due at once in a closed loop: when the way behind the answer is the slower one, it sets the rate. */
const MOST_OPEN = 1_000;
/** After the load has ended, every notification due must have come within this. */
const COMPLETE_MS = 60_000;
/** Platforms that furnish themselves at once. */
const FURNISHING = 2;

const newHistogram = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 });
const latencyOf = (histogram: RecordableHistogram): Latency => {
  const ms = (micros: number): number => (histogram.count === 0 ? 0 : Math.round(micros / 10) / 100);
  return { p50Ms: ms(histogram.percentile(50)), p99Ms: ms(histogram.percentile(99)), maxMs: ms(histogram.max) };
};
const record = (histogram: RecordableHistogram, ms: number): void =>
  histogram.record(Math.max(1, Math.round(ms * 1000)));
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

class Generator {
  readonly #desk = new NotifyDesk();
  #pool: Pool | undefined;
  #platforms: readonly PlatformLoad[] = [];
  #turn = 0;

  async furnish(order: FurnishOrder): Promise<void> {
    const pool = new Pool(order.gatewayUrl, { connections: CONNECTIONS, pipelining: 1 });
    this.#pool = pool;
    this.#platforms = order.platforms.map(
      (platform) => new PlatformLoad(new Client(platform, pool), this.#desk, order),
    );
    const waiting = [...this.#platforms];
    const furnisher = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next.furnish();
    };
    await Promise.all(Array.from({ length: FURNISHING }, furnisher));
  }

  /** Carries a plan out. */
  async load(plan: LoadPlan): Promise<LoadFigures> {
    const { warmSeconds = 0 } = plan;
    const histogram = newHistogram();
    const told = newHistogram();
    const byService: Record<string, number> = {};
    const everySecond: number[] = [];
    const goingOn = new Set<Promise<void>>();
    const failures: string[] = [];
    const repeatedBefore = this.#desk.repeated;
    let [refused, due, received, dueInAll] = [0, 0, 0, 0];
    const started = performance.now();
    const from = started + warmSeconds * 1000;
    const until = from + plan.seconds * 1000;
    const measured = (): boolean => performance.now() >= from && performance.now() < until;
    for (const platform of this.#platforms) {
      platform.onDue = () => {
        dueInAll += 1;
        if (measured()) due += 1;
      };
      platform.onTold = (afterMs) => {
        record(told, afterMs);
        if (measured()) received += 1;
      };
    }

    const answered = (service: string, planned: number): void => {
      const second = Math.floor((performance.now() - started) / 1000);
      everySecond[second] = (everySecond[second] ?? 0) + 1;
      if (planned < from) return;
      record(histogram, performance.now() - planned);
      byService[service] = (byService[service] ?? 0) + 1;
    };
    const goOn = ({ service, goesOn }: Sent): Promise<void> | undefined => {
      if (goesOn === undefined) return undefined;
      const walking = goesOn
        .catch((error: unknown) => void failures.push(`${service}: ${words(error)}`))
        .finally(() => goingOn.delete(walking));
      goingOn.add(walking);
      return walking;
    };
    /** One instruction: resolves once it is answered, with what goes on after that. */
    const once = async (planned: number): Promise<Promise<void> | undefined> => {
      const platform = this.#platforms[this.#turn++ % this.#platforms.length];
      if (platform === undefined) throw new Error('no platform is furnished');
      try {
        const sent = await (plan.what === 'password' ? platform.byPassword() : platform.mixed());
        answered(sent.service, planned);
        return goOn(sent);
      } catch (error) {
        if (error instanceof Refused) refused += planned < from ? 0 : 1;
        else failures.push(words(error));
        return undefined;
      }
    };

    if (plan.lone !== undefined) {
      for (let count = 0; count < plan.lone; count += 1) {
        await await once(performance.now());
        if (this.#desk.open > 0) await this.#desk.complete(COMPLETE_MS);
      }
    } else if (plan.perSecond === undefined) {
      const worker = async (): Promise<void> => {
        while (performance.now() < until) {
          if (this.#desk.open >= MOST_OPEN) await sleep(5);
          else {
            const walking = await once(performance.now());
            // Those that are counted as whole recharges are in flight until their user is back.
            if (plan.what === 'password') await walking;
          }
        }
      };
      await Promise.all(Array.from({ length: plan.inFlight ?? 64 }, worker));
    } else await this.#byTheClock(plan.perSecond, started, until, once);

    const seconds = plan.lone === undefined ? plan.seconds : (performance.now() - started) / 1000;
    await Promise.all(goingOn);
    const missing = await this.#desk.complete(COMPLETE_MS);
    failures.push(...missing.map((key) => `no notification on ${key}`), ...this.#desk.wrong.splice(0));
    for (const key of missing) this.#desk.forget(...(key.split(' ', 2) as [string, string]));
    const counted = Object.values(byService).reduce((sum, count) => sum + count, 0);
    const answeredPerSecond = counted / seconds;
    return {
      ...latencyOf(histogram),
      answered: counted,
      refused,
      failed: failures.length,
      ...(failures[0] === undefined ? {} : { firstFailure: failures[0] }),
      seconds,
      rate: Math.round(answeredPerSecond * (due === 0 ? 1 : Math.min(1, received / due))),
      answeredPerSecond: Math.round(answeredPerSecond),
      everySecond: Array.from(everySecond, (count) => count ?? 0),
      byService,
      answeredInAll: everySecond.reduce((sum, count) => sum + (count ?? 0), 0),
      notified: {
        ...latencyOf(told),
        due: dueInAll,
        received: told.count,
        repeated: this.#desk.repeated - repeatedBefore,
        missing: missing.length,
      },
    };
  }

  async #byTheClock(
    perSecond: number,
    started: number,
    until: number,
    once: (planned: number) => Promise<unknown>,
  ): Promise<void> {
    const outstanding = new Set<Promise<unknown>>();
    const gap = 1000 / perSecond;
    for (let arrival = started; arrival < until; arrival += gap) {
      if (arrival > performance.now()) await sleep(arrival - performance.now());
      const one = once(arrival).finally(() => outstanding.delete(one));
      outstanding.add(one);
    }
    await Promise.all(outstanding);
  }

  async close(): Promise<void> {
    this.#desk.close();
    await leaveCashiers();
    await this.#pool?.close();
  }
}

const generator = new Generator();
let stopProfile: (() => Promise<void>) | undefined;

async function obey(order: LoadOrder): Promise<unknown> {
  switch (order.order) {
    case 'furnish':
      return generator.furnish(order);
    case 'load':
      return generator.load(order);
    case 'profile':
      await stopProfile?.();
      stopProfile = order.file === undefined ? undefined : await startProfile(order.file);
      return undefined;
  }
}

process.on('message', (order: LoadOrder) => {
  obey(order).then(
    (done) => process.send?.({ done: done ?? null } satisfies LoadWord),
    (error: unknown) => process.send?.({ wrong: words(error) } satisfies LoadWord),
  );
});
process.once('disconnect', () => void generator.close());
