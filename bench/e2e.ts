/**
 * How many instructions a second the whole chain carries: signed HTTP → committed in the books → signed and verified answer, on real RabbitMQ,
 * Redis and PostgreSQL, rooms and load generator in processes of their own. Against it, in the same run: pgbench's TPC-B, the crypto that an
 * instruction costs, and the broker's confirms. The books are proved at the end.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { PARTITIONS, partitionOf } from '../contract/topology.ts';
import { type House, openHouse, type Servers } from '../demo/house.ts';
import { Browser } from '../demo/platform/browser.ts';
import { NotificationServer } from '../demo/platform/notifications.ts';
import { PlatformClient, type PlatformSettings } from '../demo/platform/protocol.ts';
import { type Customer, Teller } from '../demo/platform/teller.ts';
import type { PrivateServer } from '../test/services/private.mjs';
import { confirmCeiling, cryptoCeiling } from './ceilings.ts';
import { type Processes, perThousand, readCpu } from './cpu.ts';
import type { LoadFigures, LoadPlan, LoadPlatform } from './load.ts';
import { describeMachine, printMachine } from './machine.ts';
import { prepareTpcb, runTpcb, TPCB } from './tpcb.ts';

const usage = `npm run bench:e2e -- [options]
  --quick         short phases, for a first look
  --seed N        default 1
  --in-flight N   instructions in flight in the closed loop; default 96
  --seconds N     of each phase of load; default 20`;

const INVESTORS = 3;
const root = fileURLToPath(new URL('../..', import.meta.url));

interface Options {
  readonly seed: number;
  readonly inFlight: number;
  readonly seconds: number;
  readonly tpcbSeconds: number;
  readonly ceilingSeconds: number;
}

function readOptions(args: readonly string[]): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
      'in-flight': { type: 'string', default: '96' },
      seconds: { type: 'string' },
    },
  });
  if (values.help) return undefined;
  return {
    seed: Number(values.seed),
    inFlight: Number(values['in-flight']),
    seconds: Number(values.seconds ?? (values.quick ? 5 : 20)),
    tpcbSeconds: values.quick ? 5 : TPCB.seconds,
    ceilingSeconds: values.quick ? 2 : 5,
  };
}

/** Runs the benchmark. 0 when every answer was right and the books are. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  const machine = describeMachine();
  console.log(printMachine(machine));
  console.log(`seed ${options.seed}; ${PARTITIONS} platforms, ${INVESTORS} investors each; RSA-2048`);
  const home = await mkdtemp(join(tmpdir(), 'qianzhi-bench-'));
  const servers = await startServers();
  try {
    const tpcb = await measureTpcb(servers.urls.databaseUrl, options);
    const ceilings = {
      crypto: Math.round(await cryptoCeiling(options.ceilingSeconds)),
      confirms: Math.round(await confirmCeiling(servers.urls.amqpUrl, options.ceilingSeconds)),
      tpcb: Math.round(tpcb),
    };
    console.log(
      `ceilings, instructions/s: crypto ${ceilings.crypto}, broker confirms ${ceilings.confirms}, TPC-B ${ceilings.tpcb}`,
    );
    const house = await openHouse({
      root,
      home,
      servers: servers.urls,
      processes: [['ledger'], ['adapters'], ['gateway']],
      note: (line) => console.log(`· ${line}`),
    });
    try {
      return await measure(house, home, options, ceilings, servers.processes);
    } finally {
      await house.stop();
    }
  } finally {
    await servers.stop();
    await rm(home, { recursive: true, force: true });
  }
}

interface RunningServers {
  readonly urls: Servers;
  /** The processes of each server, now. */
  processes(): Promise<Processes>;
  stop(): Promise<void>;
}

async function startServers(): Promise<RunningServers> {
  const script = pathToFileURL(join(root, 'test/services/private.mjs')).href;
  const starters = (await import(script)) as {
    startPrivatePostgres(options: { settings: Record<string, string> }): Promise<PrivateServer>;
    startPrivateRabbit(): Promise<PrivateServer>;
    startPrivateRedis(): Promise<PrivateServer>;
  };
  const settings = { shared_buffers: '1GB', max_wal_size: '8GB', fsync: 'on', synchronous_commit: 'on' };
  const [postgres, rabbit, redis] = await Promise.all([
    starters.startPrivatePostgres({ settings }),
    starters.startPrivateRabbit(),
    starters.startPrivateRedis(),
  ]);
  return {
    urls: { databaseUrl: postgres.url, amqpUrl: rabbit.url, redisUrl: redis.url },
    processes: async () => ({
      postgresql: await postgres.processes(),
      rabbitmq: await rabbit.processes(),
      redis: await redis.processes(),
    }),
    stop: async () => void (await Promise.all([postgres.stop(), rabbit.stop(), redis.stop()])),
  };
}

async function measureTpcb(databaseUrl: string, options: Options): Promise<number> {
  await prepareTpcb(databaseUrl);
  return runTpcb(databaseUrl, options.tpcbSeconds);
}

async function measure(
  house: House,
  home: string,
  options: Options,
  ceilings: Readonly<Record<string, number>>,
  serverProcesses: () => Promise<Processes>,
): Promise<number> {
  const platforms = await Promise.all(platformNumbers().map((platformNo) => furnish(house, platformNo)));
  console.log('· platforms, projects and investors with money are there');
  let phase = 0;
  const load = (plan: Partial<LoadPlan>): Promise<LoadFigures> => {
    phase += 1;
    return runLoad(home, {
      gatewayUrl: house.gatewayUrl,
      platforms,
      seed: options.seed + phase,
      prefix: `L${phase}-`,
      seconds: options.seconds,
      ...plan,
    });
  };
  await load({ seconds: Math.min(5, options.seconds), inFlight: 32 });
  const running = async (): Promise<Processes> => ({
    ...Object.fromEntries([...house.programs].map(([name, { process: program }]) => [name, [program.pid ?? 0]])),
    ...(await serverProcesses()),
  });
  const before = readCpu(await running());
  const closed = shown(`closed loop, ${options.inFlight} in flight`, await load({ inFlight: options.inFlight }));
  const cpu = perThousand(before, readCpu(await running()), closed.answered);
  console.log(`CPU seconds per 1,000 instructions: ${JSON.stringify(cpu)}`);
  const half = shown(
    'open loop at half that rate',
    await load({ perSecond: Math.max(1, Math.floor(closed.rate / 2)) }),
  );
  const lone = shown('one at a time', await load({ inFlight: 1, seconds: Math.min(5, options.seconds) }));

  console.log((await house.cli('ledger', 'check')).trim());
  const failed = closed.failed + half.failed + lone.failed;
  for (const { firstFailure } of [closed, half, lone])
    if (firstFailure !== undefined) console.log(`FAILED: ${firstFailure}`);
  const lowest = Math.min(...Object.values(ceilings));
  const ratio = (value: number): number => Math.round(value * 1000) / 1000;
  console.log(
    JSON.stringify({
      rate: closed.rate,
      tpcb: ratio(closed.rate / (ceilings['tpcb'] ?? 1)),
      ceiling: ratio(closed.rate / lowest),
      p50Ms: half.p50Ms,
      p99Ms: half.p99Ms,
      loneP50Ms: lone.p50Ms,
      loneP99Ms: lone.p99Ms,
      saturatedP50Ms: closed.p50Ms,
      saturatedP99Ms: closed.p99Ms,
      failed,
      cpu,
      ceilings,
      seed: options.seed,
    }),
  );
  return failed === 0 ? 0 : 1;
}

function shown(name: string, figures: LoadFigures): LoadFigures {
  const { rate, answered, failed, p50Ms, p99Ms, maxMs, byService } = figures;
  console.log(
    `${name}: ${rate}/s (${answered} answered, ${failed} failed), p50 ${p50Ms} ms, p99 ${p99Ms} ms, max ${maxMs} ms; ${JSON.stringify(byService)}`,
  );
  return figures;
}

/** One platform number for each partition, so that all writers work. */
function platformNumbers(): readonly string[] {
  const numbers = new Map<number, string>();
  for (let number = 10_001; numbers.size < PARTITIONS; number += 1) {
    const partition = partitionOf(String(number));
    if (!numbers.has(partition)) numbers.set(partition, String(number));
  }
  return [...numbers.values()];
}

/** A platform with a borrower, a large project, and investors who have money and have authorised bids; all by its own signed messages. */
async function furnish(house: House, platformNo: string): Promise<LoadPlatform> {
  const settings = (await house.addPlatform(platformNo)) as unknown as PlatformSettings & { notifyPort: number };
  const client = new PlatformClient(settings);
  const notifications = new NotificationServer(client);
  await notifications.listen(settings.notifyPort);
  const teller = new Teller({
    client,
    notifications,
    browser: () => new Browser(),
    told: () => undefined,
  });
  const person = (index: number): Customer => ({
    userNo: `u${index}`,
    password: 'Stopwatch-2026',
    role: index === 0 ? 'BORROWERS' : 'INVESTOR',
  });
  for (let index = 0; index <= INVESTORS; index += 1) {
    const customer = person(index);
    const register = {
      requestNo: `REG${index}`,
      platformUserNo: customer.userNo,
      realName: '测试人',
      idCardNo: `11010119900307${String(1000 + index)}`,
      idCardType: 'PRC_ID',
      bankcardNo: `622202020000000${String(1000 + index)}`,
      mobile: `1380013${String(1000 + index)}`,
      userRole: customer.role,
      checkType: 'LIMIT',
      ...(index === 0 ? {} : { authList: 'TENDER', amount: '1000000.00', failTime: '20991231' }),
    };
    await teller.page('register', 'PERSONAL_REGISTER_EXPAND', register, customer);
    if (index === 0) continue;
    const recharge = {
      requestNo: `R${index}`,
      platformUserNo: customer.userNo,
      amount: '9000000.00',
      expectPayCompany: 'PAYSIM',
      rechargeWay: 'WEB',
      bankcode: 'ICBK',
    };
    await teller.page('recharge', 'RECHARGE', recharge, customer, { rechargeStatus: 'SUCCESS' });
  }
  await teller.direct('project', 'ESTABLISH_PROJECT', {
    requestNo: 'P1',
    platformUserNo: 'u0',
    projectNo: 'P1',
    projectAmount: '99999999.00',
    projectName: '基准',
    projectType: 'STANDARDPOWDER',
    projectPeriod: 30,
    annnualInterestRate: '0.1',
    repaymentWay: 'ONE_TIME_SERVICING',
  });
  notifications.close();
  const { keySerial, privateKeyFile, bankPublicKeyFile } = settings;
  const investors = Array.from({ length: INVESTORS }, (_, index) => `u${index + 1}`);
  return { platformNo, keySerial, privateKeyFile, bankPublicKeyFile, investors, borrower: 'u0', projectNo: 'P1' };
}

async function runLoad(home: string, plan: LoadPlan): Promise<LoadFigures> {
  const file = join(home, 'load.json');
  await writeFile(file, JSON.stringify(plan));
  const program = fileURLToPath(new URL('./load.js', import.meta.url));
  const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const chunk of child.stdout) said += String(chunk);
  if (said === '') throw new Error('the load generator said nothing');
  return JSON.parse(said) as LoadFigures;
}
