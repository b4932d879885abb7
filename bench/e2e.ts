/**
 * How many instructions a second the whole chain carries: signed HTTP → committed in the books → signed and verified answer, and the signed
 * and verified notification where one is due; on real RabbitMQ, Redis and PostgreSQL, rooms and load generator in processes of their own.
 * Against it, in the same run: what bounds it (bench/ceilings.ts, pgbench's TPC-B). The books are proved at the end. See bench/README.md.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openHouse } from '../demo/house.ts';
import { freePort } from '../demo/programs.ts';
import { confirmCeiling, cryptoCeiling } from './ceilings.ts';
import { type Ceilings, measure, type Options } from './e2e-phases.ts';
import { describeMachine, printMachine } from './machine.ts';
import { startServers } from './servers.ts';
import { prepareTpcb, runTpcb, TPCB } from './tpcb.ts';

const usage = `npm run bench:e2e -- [options]
  --quick           few users and short phases, for a first look
  --seed N          default 1
  --in-flight N     instructions in flight in the closed loop; default 96
  --seconds N       of each phase of load; default 20
  --soak MINUTES    afterwards, so long at half the rate: is everything flat?
  --only closed     no more than the closed loop (with --profile: what to optimise)
  --profile FOLDER  processor profiles of the closed loop, of each process; prints where their time goes`;

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Of TPC-B in a quick run: filling the usual 50 takes longer than all the rest of it. */
const QUICK_SCALE = 8;
const ROOMS = ['ledger', 'adapters', 'gateway'] as const;

async function readOptions(args: readonly string[]): Promise<(Options & { readonly quick: boolean }) | undefined> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      'in-flight': { type: 'string', default: '96' },
      seconds: { type: 'string' },
      soak: { type: 'string', default: '0' },
      only: { type: 'string' },
      profile: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  const { quick } = values;
  return {
    quick,
    seed: Number(values.seed),
    inFlight: Number(values['in-flight']),
    seconds: Number(values.seconds ?? (quick ? 8 : 20)),
    platforms: quick ? 8 : 16,
    investors: quick ? 4 : 24,
    lone: quick ? 40 : 200,
    soakMinutes: Number(values.soak),
    closedOnly: values.only === 'closed',
    ...(values.profile === undefined ? {} : { profile: await profileIn(resolve(values.profile)) }),
  };
}

async function profileIn(folder: string): Promise<NonNullable<Options['profile']>> {
  await mkdir(folder, { recursive: true });
  const ports = await Promise.all(ROOMS.map(async (room) => [room, await freePort()] as const));
  return { folder, ports: Object.fromEntries(ports) };
}

/** Runs the benchmark. 0 when every answer and notification was right and the books are. */
export async function main(args: readonly string[]): Promise<number> {
  const options = await readOptions(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  console.log(printMachine(describeMachine()));
  console.log(`seed ${options.seed}; ${options.platforms} platforms, ${options.investors} investors each; RSA-2048`);
  const home = await mkdtemp(join(tmpdir(), 'qianzhi-bench-'));
  const servers = await startServers(root);
  try {
    const ceilings = await measureCeilings(servers.urls.databaseUrl, servers.urls.amqpUrl, options.quick);
    const { crypto, confirms, tpcb } = ceilings;
    console.log(`ceilings, instructions/s: crypto ${crypto}, broker confirms ${confirms}, TPC-B ${tpcb}`);
    const { profile } = options;
    const house = await openHouse({
      root,
      home,
      servers: servers.urls,
      processes: ROOMS.map((room) => [room]),
      nodeOptions: (name) => (profile === undefined ? [] : [`--inspect=127.0.0.1:${profile.ports[name]}`]),
      note: (line) => console.log(`· ${line}`),
    });
    try {
      return await measure(house, servers, options, ceilings);
    } finally {
      await house.stop();
    }
  } finally {
    await servers.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function measureCeilings(databaseUrl: string, amqpUrl: string, quick: boolean): Promise<Ceilings> {
  const scale = quick ? QUICK_SCALE : TPCB.scale;
  await prepareTpcb(databaseUrl, scale);
  const tpcb = await runTpcb(databaseUrl, quick ? 5 : TPCB.seconds, scale);
  const seconds = quick ? 2 : 5;
  return {
    crypto: Math.round(await cryptoCeiling(seconds)),
    confirms: Math.round(await confirmCeiling(amqpUrl, seconds)),
    tpcb: Math.round(tpcb),
  };
}
