/**
 * The fault driver: load from several platforms on a house of real processes and servers, and from a printed seed one fault after the other,
 * sometimes two at once, each healed and waited out. At the end everything is held against everything, all bytes are sent again, and the
 * last line is JSON.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { settleAndAssert } from './assertions/settle-and-assert.ts';
import type { Load } from './interface.ts';
import { allKinds } from './kinds/all.ts';
import type { Kind } from './kinds/kind.ts';
import { type Chance, chanceOf } from './load/chance.ts';
import { openLoad } from './load/open.ts';
import { replayAll } from './replay.ts';
import { type Mode, openWorld, type World } from './world.ts';

export interface RunOptions {
  readonly mode: Mode;
  readonly seed: number;
  /** Of faults; setting up and holding everything against everything come before and after. */
  readonly minutes: number;
  /** At most so many. */
  readonly faults?: number;
  /** Only kinds whose name matches. */
  readonly only?: RegExp;
  readonly platforms: number;
  /** Instructions a second, of all platforms together. */
  readonly perSecond: number;
  readonly note: (line: string) => void;
}

export interface Report {
  readonly seed: number;
  readonly mode: Mode;
  readonly faults: number;
  readonly instructions: number;
  readonly notified: number;
  readonly lost: number;
  readonly doubled: number;
  readonly undelivered: number;
  readonly recoveryP50Ms: number;
  readonly recoveryP95Ms: number;
  readonly recoveryMaxMs: number;
  readonly replayed: number;
  readonly moved: number;
  readonly seconds: number;
  /** Faults of each kind; those of no kind were not had. */
  readonly kinds: Readonly<Record<string, number>>;
  readonly missing: readonly string[];
  readonly problems: readonly string[];
  /** Where logs and settings are; removed when all was well. */
  readonly home?: string;
}

/** A chain that is not well again by then does not come back by itself. */
const PROBE_MS = 90_000;
/** Every so many of a hundred faults do not come alone. */
const TOGETHER_PERCENT = 25;
/** The second of two comes so much later at most. */
const APART_MS = 800;
const HEALINGS = 3;

/** Runs it. Throws only when the house cannot be set up or a fault cannot be healed. */
export async function runFaults(options: RunOptions): Promise<Report> {
  const { mode, seed, platforms, perSecond, note } = options;
  const began = performance.now();
  const home = await mkdtemp(join(tmpdir(), 'qianzhi-faults-'));
  let world: World | undefined;
  let load: Load | undefined;
  try {
    world = await openWorld({ mode, home, platforms, note });
    load = openLoad({
      gatewayUrls: world.gatewayUrls,
      platforms: world.platforms,
      seed,
      perSecond,
      company: world.company,
      note,
    });
    await load.start();
    note(`${mode}: set up in ${Math.round((performance.now() - began) / 1000)} s; the load runs`);
    const done = await breakAndHeal(world, load, options);
    note('no more faults: everything is held against everything');
    const settled = world.settled();
    const verdict = await settleAndAssert(settled, load);
    note('all bytes are sent again');
    const replay = await replayAll(load, settled);
    const unasked = [...world.processes.values()].flatMap((one) => one.unasked);
    const { lost, doubled, undelivered } = verdict;
    const problems = [...verdict.problems, ...replay.problems, ...done.problems, ...unasked];
    const counts = load.counts();
    const report: Report = {
      seed,
      mode,
      faults: done.faults,
      instructions: counts.sent,
      notified: counts.notified,
      lost,
      doubled,
      undelivered,
      ...percentiles(done.recoveriesMs),
      replayed: replay.replayed,
      moved: replay.moved,
      seconds: Math.round((performance.now() - began) / 1000),
      kinds: done.kinds,
      missing: done.missing,
      problems,
      ...(problems.length === 0 ? {} : { home }),
    };
    await load.stop();
    if (problems.length === 0) await load.remove();
    await world.stop();
    if (problems.length === 0) await rm(home, { recursive: true, force: true });
    return report;
  } catch (error) {
    note(`broken off; logs are in ${home}/log`);
    await load?.stop().catch(() => undefined);
    await world?.stop();
    throw error;
  }
}

interface Done {
  readonly faults: number;
  readonly recoveriesMs: readonly number[];
  readonly kinds: Readonly<Record<string, number>>;
  readonly missing: readonly string[];
  readonly problems: readonly string[];
}

/** A shuffled deck that is dealt anew when it is used up: everything comes once before anything comes twice. */
function dealer(kinds: readonly Kind[], chance: Chance): (fits: (kind: Kind) => boolean) => Kind | undefined {
  let deck: Kind[] = [];
  return (fits) => {
    if (deck.length === 0) deck = shuffled(kinds, chance);
    const at = deck.findIndex(fits);
    return at < 0 ? undefined : deck.splice(at, 1)[0];
  };
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const left = [...list];
  return list.map(() => left.splice(chance.below(left.length), 1)[0] as T);
}

async function breakAndHeal(world: World, load: Load, options: RunOptions): Promise<Done> {
  const { seed, minutes, faults: most = Number.POSITIVE_INFINITY, only, note } = options;
  const { kinds: all, missing } = allKinds(world);
  const kinds = only === undefined ? all : all.filter(({ name }) => only.test(name));
  if (kinds.length === 0) throw new Error(`no kind of fault matches ${only}`);
  for (const { name, reason } of missing) note(`NOT HAD ${name}: ${reason}`);
  note(`${kinds.length} kinds of fault`);
  const root = chanceOf(`faults ${seed}`);
  const deal = dealer(kinds, root);
  const counted: Record<string, number> = {};
  const recoveriesMs: number[] = [];
  const problems: string[] = [];
  let faults = 0;
  const began = performance.now();
  const until = began + minutes * 60_000;
  while (faults < most && performance.now() < until) {
    const chance = root.fork(`fault ${faults}`);
    const first = deal(() => true);
    if (first === undefined) break;
    const together = chance.percent(TOGETHER_PERCENT) && faults + 1 < most;
    const second = together ? deal(({ touches }) => !touches.some((one) => first.touches.includes(one))) : undefined;
    const chosen = second === undefined ? [first] : [first, second];
    const names = chosen.map(({ name }) => name).join(' + ');
    const bouts = await Promise.all(
      chosen.map((kind, at) => bout(kind, at, world, load, chance.fork(kind.name), note)),
    );
    for (const [at, struck] of bouts.entries()) {
      const name = chosen[at]?.name ?? '';
      if (!struck) continue;
      faults += 1;
      counted[name] = (counted[name] ?? 0) + 1;
    }
    const healedAt = performance.now();
    const recoveredMs = await load.probe(PROBE_MS).then(
      () => performance.now() - healedAt,
      (error: unknown) => {
        problems.push(`not well again after ${names}: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      },
    );
    if (recoveredMs !== undefined) recoveriesMs.push(Math.round(recoveredMs));
    const { sent, answered, unknown, notified } = load.counts();
    const seconds = Math.round((performance.now() - began) / 1000);
    note(
      `[${seconds} s] ${faults} ${names}: ${recoveredMs === undefined ? 'NOT WELL AGAIN' : `well after ${Math.round(recoveredMs)} ms`}; ` +
        `${sent} sent, ${answered} answered, ${unknown} unknown, ${notified} notified`,
    );
  }
  return {
    faults,
    recoveriesMs,
    kinds: counted,
    missing: missing.map(({ name, reason }) => `${name}: ${reason}`),
    problems,
  };
}

/** Arms, holds, heals. False when it could not be armed, or never struck. */
async function bout(
  kind: Kind,
  at: number,
  world: World,
  load: Load,
  chance: Chance,
  note: (line: string) => void,
): Promise<boolean> {
  if (at > 0) await sleep(chance.below(APART_MS));
  const [least, most] = kind.holdMs;
  const holdMs = chance.between(least, most);
  let heal: () => Promise<void>;
  let struck = true;
  const missed = (): void => {
    struck = false;
  };
  try {
    heal = await kind.arm({ world, load, chance, note, missed });
  } catch (error) {
    note(`could not arm ${kind.name}: ${error instanceof Error ? error.message : String(error)}`);
    return false;
  }
  await sleep(holdMs);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await heal();
      return struck;
    } catch (error) {
      if (attempt >= HEALINGS) throw new Error(`${kind.name} could not be healed`, { cause: error });
      note(`healing ${kind.name} again: ${error instanceof Error ? error.message : String(error)}`);
      await sleep(1_000);
    }
  }
}

function percentiles(recoveriesMs: readonly number[]): {
  recoveryP50Ms: number;
  recoveryP95Ms: number;
  recoveryMaxMs: number;
} {
  const sorted = [...recoveriesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { recoveryP50Ms: at(0.5), recoveryP95Ms: at(0.95), recoveryMaxMs: sorted.at(-1) ?? 0 };
}
