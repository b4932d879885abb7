/**
 * The phases of the end-to-end benchmark, one after the other on one house: closed loop, half its rate by the clock, one at a time, twice its
 * rate and how soon all is well again, recharges that are approved by password, and the soak when asked for. Prints a line for each and at
 * last the figures as JSON.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PARTITIONS, partitionOf } from '../contract/topology.ts';
import type { House } from '../demo/house.ts';
import { type Processes, perThousand, readCpu } from './cpu.ts';
import type { LoadFigures, LoadPlatform } from './load-plan.ts';
import { forkLoad, type LoadProcess } from './load-process.ts';
import { watchMemory } from './memory.ts';
import { type CpuProfile, printTop, startRemoteProfile } from './profile.ts';
import type { RunningServers } from './servers.ts';
import { soak } from './soak.ts';

export interface Options {
  readonly seed: number;
  readonly inFlight: number;
  readonly seconds: number;
  readonly platforms: number;
  readonly investors: number;
  readonly lone: number;
  readonly soakMinutes: number;
  readonly closedOnly: boolean;
  /** Inspector ports of the rooms' processes, and where profiles are kept. */
  readonly profile?: { readonly folder: string; readonly ports: Readonly<Record<string, number>> };
}

/** Instructions per second that each bound alone would let through. */
export interface Ceilings {
  readonly crypto: number;
  readonly confirms: number;
  readonly tpcb: number;
}

const WARM_S = 4;
/** Full speed again: a second with at least this share of the sustained rate. */
const FULL_SPEED = 0.9;
/** How long full speed is looked for after the overload. */
const RECOVERY_S = 12;
const ratio = (value: number): number => Math.round(value * 1000) / 1000;

/** All phases. 0 when nothing failed. */
export async function measure(
  house: House,
  servers: RunningServers,
  options: Options,
  ceilings: Ceilings,
): Promise<number> {
  const load = forkLoad();
  try {
    return await phases(house, servers, options, ceilings, load);
  } finally {
    await load.stop();
  }
}

async function phases(
  house: House,
  servers: RunningServers,
  options: Options,
  ceilings: Ceilings,
  load: LoadProcess,
): Promise<number> {
  const { seconds } = options;
  await furnish(house, options, load);
  const running = async (): Promise<Processes> => ({
    ...Object.fromEntries([...house.programs].map(([name, { process: program }]) => [name, [program.pid ?? 0]])),
    ...(await servers.processes()),
    'payment company': [house.paymentCompany.program.process.pid ?? 0],
    'load generator': [load.pid],
  });

  await load.run({ what: 'mix', seconds: WARM_S, inFlight: 32 });
  const profiled = await startProfiles(options, load);
  const before = readCpu(await running());
  const closed = shown(
    `closed loop, ${options.inFlight} in flight`,
    await load.run({ what: 'mix', seconds, warmSeconds: WARM_S, inFlight: options.inFlight }),
  );
  const cpu = perThousand(before, readCpu(await running()), closed.answeredInAll);
  await profiled();
  console.log(`CPU seconds per 1,000 instructions: ${JSON.stringify(cpu)}`);
  const figures: LoadFigures[] = [closed];
  let flat = true;
  const lowest = Math.min(...Object.values(ceilings));
  const told: Record<string, unknown> = {
    rate: closed.rate,
    tpcb: ratio(closed.rate / ceilings.tpcb),
    ceiling: ratio(closed.rate / lowest),
    saturatedP50Ms: closed.p50Ms,
    saturatedP99Ms: closed.p99Ms,
    cpu,
    ceilings,
    notified: closed.notified,
    seed: options.seed,
  };

  if (!options.closedOnly) {
    const perSecond = Math.max(1, Math.floor(closed.rate / 2));
    const half = shown(
      `open loop at ${perSecond}/s, half that rate`,
      await load.run({ what: 'mix', seconds, warmSeconds: 2, perSecond }),
    );
    const lone = shown('one at a time', await load.run({ what: 'mix', seconds: 600, lone: options.lone }));
    const { figures: inOverload, ...overload } = await overloaded(closed, options, load, running);
    const beforePasswords = readCpu(await running());
    const password = shown(
      'recharges approved by password, 4 in flight',
      await load.run({ what: 'password', seconds: Math.min(10, seconds), inFlight: 4 }),
    );
    const passwordCpu = perThousand(beforePasswords, readCpu(await running()), password.answeredInAll);
    console.log(`CPU seconds per 1,000 recharges approved by password: ${JSON.stringify(passwordCpu)}`);
    figures.push(half, lone, ...inOverload, password);
    Object.assign(told, {
      p50Ms: half.p50Ms,
      p99Ms: half.p99Ms,
      loneP50Ms: lone.p50Ms,
      loneP99Ms: lone.p99Ms,
      overload,
      passwordRecharges: { rate: password.rate, p50Ms: password.p50Ms, cpu: passwordCpu },
    });
  }

  if (options.soakMinutes > 0) {
    const perSecond = Math.max(1, Math.floor(closed.rate / 2));
    const { figures: soaked, ...verdict } = await soak(house, options.soakMinutes, perSecond, load, running);
    figures.push(shown(`soak of ${options.soakMinutes} min`, soaked));
    told['soak'] = { ...verdict, p99Ms: soaked.p99Ms };
    flat = verdict.flat;
  }

  console.log((await house.cli('ledger', 'check')).trim());
  for (const { firstFailure } of figures) if (firstFailure !== undefined) console.log(`FAILED: ${firstFailure}`);
  const failed = figures.reduce((sum, one) => sum + one.failed, 0);
  console.log(JSON.stringify({ ...told, failed }));
  return failed === 0 && flat ? 0 : 1;
}

/** Twice the sustained rate, then at once the closed loop again, second by second. */
async function overloaded(closed: LoadFigures, options: Options, load: LoadProcess, running: () => Promise<Processes>) {
  const perSecond = closed.rate * 2;
  const memory = watchMemory(running);
  const over = await load.run({ what: 'mix', seconds: options.seconds, warmSeconds: 2, perSecond });
  shown(`overload at ${perSecond}/s: ${over.refused} refused`, over);
  const after = await load.run({ what: 'mix', seconds: RECOVERY_S, inFlight: options.inFlight });
  const at = after.everySecond.findIndex((count) => count >= closed.answeredPerSecond * FULL_SPEED);
  console.log(`after it, answered each second: ${after.everySecond.join(' ')}`);
  return {
    figures: [over, after],
    offered: perSecond,
    accepted: Math.round(over.answered / over.seconds),
    refused: Math.round(over.refused / over.seconds),
    acceptedP99Ms: over.p99Ms,
    // Within the first full second at that speed, so that second is counted whole.
    recoveredMs: at < 0 ? null : (at + 1) * 1000,
    maxRssMb: await memory(),
  };
}

/** Platforms over all partitions alike; each furnishes itself. */
async function furnish(house: House, options: Options, load: LoadProcess): Promise<void> {
  const platforms: LoadPlatform[] = [];
  for (const platformNo of platformNumbers(options.platforms))
    platforms.push((await house.addPlatform(platformNo)) as unknown as LoadPlatform);
  const { investors, seed } = options;
  await load.furnish({ gatewayUrl: house.gatewayUrl, platforms, investors, seed });
  console.log('· platforms, projects and investors with money are there');
}

function platformNumbers(most: number): readonly string[] {
  const numbers: string[] = [];
  const counts = Array<number>(PARTITIONS).fill(0);
  for (let number = 10_001; numbers.length < most; number += 1) {
    const partition = partitionOf(String(number));
    const count = counts[partition] ?? 0;
    if (count * PARTITIONS > numbers.length) continue;
    counts[partition] = count + 1;
    numbers.push(String(number));
  }
  return numbers;
}

/** Begins the profiles that were asked for; the function returned ends and prints them. */
async function startProfiles({ profile }: Options, load: LoadProcess): Promise<() => Promise<void>> {
  if (profile === undefined) return async () => undefined;
  const { folder, ports } = profile;
  const fileOf = (name: string): string => join(folder, `${name}.cpuprofile`);
  const stops = await Promise.all(Object.entries(ports).map(([name, port]) => startRemoteProfile(port, fileOf(name))));
  await load.profile(fileOf('load-generator'));
  return async () => {
    await Promise.all([...stops.map((stop) => stop()), load.profile()]);
    for (const name of [...Object.keys(ports), 'load-generator'])
      printTop(fileOf(name), JSON.parse(readFileSync(fileOf(name), 'utf8')) as CpuProfile);
  };
}

function shown(name: string, figures: LoadFigures): LoadFigures {
  const { rate, answered, failed, p50Ms, p99Ms, maxMs, byService, notified } = figures;
  console.log(
    `${name}: ${rate}/s (${answered} answered, ${failed} failed), p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms; ${JSON.stringify(byService)}`,
  );
  if (notified.due > 0)
    console.log(
      `  notified ${notified.received} of ${notified.due}, from payment: p50 ${notified.p50Ms} ms, p99 ${notified.p99Ms} ms`,
    );
  return figures;
}
