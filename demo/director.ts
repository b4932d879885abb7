/**
 * Directs the demo: opens a house, lets the example platform's program live its story there, plays the payment company's part (its
 * clearing day, a returned pay-out), prints the table and the trial balance, and holds the books against what they must be.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { proveBooks } from './books.ts';
import { closeClearingDay, type House, openHouse, returnPayout, type Servers } from './house.ts';
import { type Program, readyLine, startProgram } from './programs.ts';
import { printHeading, printStep, printTrialBalance } from './table.ts';

export interface DemoOptions {
  readonly servers: boolean;
  readonly keep: boolean;
  readonly home?: string;
}

const PLATFORM_NO = '10001';
const root = fileURLToPath(new URL('../..', import.meta.url));

/** Runs the demo; 0 when all of it held. */
export async function direct(options: DemoOptions): Promise<number> {
  const home = resolve(options.home ?? join(root, 'var', 'demo'));
  if (options.home === undefined) rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const note = (line: string): void => void process.stdout.write(`· ${line}\n`);
  const services = options.servers ? await startServers(note) : undefined;
  let house: House | undefined;
  let platform: Program | undefined;
  let held = false;
  const stop = async (): Promise<void> => {
    await platform?.stop();
    await house?.stop();
    await services?.stop();
  };
  const interrupted = (): void => void stop().finally(() => process.exit(130));
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    note(
      options.servers
        ? 'mode: RabbitMQ, Redis and PostgreSQL'
        : 'mode: embedded (one PostgreSQL, the bus on it; single-node: for trying and tests, not for other people’s money)',
    );
    house = await openHouse({ root, home, note, ...(services === undefined ? {} : { servers: services.servers }) });
    note(`platform ${PLATFORM_NO} is added, its key certified by the bank's authority`);
    const settings = await house.addPlatform(PLATFORM_NO);
    platform = startPlatform(house, settings);
    held = (await watch(house, platform)) && (await showBooks(house));
    process.stdout.write(
      held ? '\nThe story held: every step, every signature, every fen.\n' : '\nThe story did NOT hold.\n',
    );
    if (options.keep && held) await keep(house, settings);
    return held ? 0 : 1;
  } finally {
    await stop();
    if (!held) process.stdout.write(`Logs are in ${join(home, 'log')}\n`);
  }
}

function startPlatform(house: House, settings: Record<string, unknown>): Program {
  const file = join(house.home, `platform-${PLATFORM_NO}`, 'settings.json');
  writeFileSync(file, JSON.stringify(settings, null, 2));
  return startProgram(
    'platform',
    [join(root, 'dist/demo/platform/main.js'), file],
    join(house.home, 'log/platform.log'),
  );
}

/** Prints the platform's steps as it tells them, and closes the clearing day when it waits for that. */
async function watch(house: House, platform: Program): Promise<boolean> {
  await readyLine(platform, join(house.home, 'log/platform.log'), (line) => line['ready'] === true);
  const { controlUrl } = house.paymentCompany;
  await returnPayout(controlUrl, 100_000);
  printHeading();
  for (;;) {
    const line = await platform.line();
    if (line === undefined) return false;
    if (line['waits'] === 'dayClosed') {
      await closeClearingDay(controlUrl);
      platform.write('closed');
    } else if (line['failed'] !== undefined) {
      process.stdout.write(`\n✗ ${String(line['failed'])}\n`);
      return false;
    } else if (line['done'] !== undefined) {
      const { verified, notifications, refused } = line['done'] as Record<string, number>;
      process.stdout.write(
        `\n${verified} signatures of the bank verified, ${notifications} notifications received, ${refused} refused\n`,
      );
      return refused === 0;
    } else {
      printStep(line as never);
    }
  }
}

/** Prints the trial balance and what the proof of the books says. */
async function showBooks(house: House): Promise<boolean> {
  const { balance, check, wrong } = await proveBooks(house, PLATFORM_NO);
  printTrialBalance(balance);
  process.stdout.write(`\n${check}\n`);
  for (const line of wrong) process.stdout.write(`✗ ${line}\n`);
  return wrong.length === 0;
}

async function keep(house: House, settings: Record<string, unknown>): Promise<void> {
  process.stdout.write(`
Left running.
  gateway           ${house.gatewayUrl}/service, /gateway, /health, /ready, /metrics
  payment company   control: ${house.paymentCompany.controlUrl}
  bank's keys       ${join(house.home, 'keys')}, authority ${join(house.home, 'authority')}
  platform's keys   ${String(settings['privateKeyFile'])} (keySerial ${String(settings['keySerial'])})
  command line      npx qianzhi --home ${house.home} --help
  stop              press Ctrl-C here
`);
  await new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve));
}

interface RunningServers {
  readonly servers: Servers;
  stop(): Promise<void>;
}

interface Services {
  readonly environment: Readonly<Record<string, string>>;
  readonly missing: readonly { readonly title: string; readonly reason: string }[];
  readonly advice: string;
  stop(): Promise<void>;
}

/** Real servers, by the same script that the tests use. */
async function startServers(note: (line: string) => void): Promise<RunningServers> {
  const script = pathToFileURL(join(root, 'test/services/main.mjs')).href;
  const { startServices } = (await import(script)) as {
    startServices(options: { log: (line: string) => void }): Promise<Services>;
  };
  const services = await startServices({ log: note });
  const { QIANZHI_TEST_PG, QIANZHI_TEST_AMQP, QIANZHI_TEST_REDIS } = services.environment;
  if (QIANZHI_TEST_PG === undefined || QIANZHI_TEST_AMQP === undefined || QIANZHI_TEST_REDIS === undefined) {
    await services.stop();
    const missing = services.missing.map(({ title, reason }) => `${title}: ${reason}`).join('\n');
    throw new Error(`--servers needs RabbitMQ, Redis and PostgreSQL.\n${missing}\n${services.advice}`);
  }
  return {
    servers: { databaseUrl: QIANZHI_TEST_PG, amqpUrl: QIANZHI_TEST_AMQP, redisUrl: QIANZHI_TEST_REDIS },
    stop: () => services.stop(),
  };
}
