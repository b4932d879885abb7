/**
 * Sets a whole house up in an empty folder and starts it: `qianzhi init`, the payment company's simulator, `qianzhi start`, one platform.
 * Everything is done by the same commands an operator would type. The system tests use it too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, type Program, qianzhi, readyLine, startProgram } from './programs.ts';

export interface Servers {
  readonly databaseUrl: string;
  readonly amqpUrl: string;
  readonly redisUrl: string;
}

export interface HouseOptions {
  /** The package's root. */
  readonly root: string;
  readonly home: string;
  /** undefined: the embedded default. */
  readonly servers?: Servers;
  /** One process for each of these groups of rooms; default: all in one. */
  readonly processes?: readonly (readonly string[])[];
  /** Options of Node for the process of a group of rooms. */
  readonly nodeOptions?: (name: string) => readonly string[];
  readonly note?: (line: string) => void;
}

export interface House {
  readonly home: string;
  readonly gatewayUrl: string;
  readonly paymentCompany: { readonly program: Program; readonly controlUrl: string; restart(): Promise<void> };
  readonly programs: Map<string, Program>;
  /** Starts (again) the process of a group of rooms; name is the rooms joined by `+`. */
  startRooms(rooms: readonly string[]): Promise<Program>;
  /** Adds a platform; gives the settings its own program needs. */
  addPlatform(platformNo: string): Promise<Record<string, unknown>>;
  cli(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const MERCHANT_NO = 'QIANZHI';
export const CHANNEL = 'PAYSIM';

export async function openHouse(options: HouseOptions): Promise<House> {
  const { root, home, note = () => undefined } = options;
  const [gatewayPort, adaptersPort, simulatorPort, controlPort] = await Promise.all([
    freePort(),
    freePort(),
    freePort(),
    freePort(),
  ]);
  const cli = (...args: readonly string[]): Promise<string> => qianzhi(root, [...args, '--home', home]);
  const servers = options.servers;
  // Servers may be shared with others: this house has a database, queues and keys of its own.
  const prefix = `qianzhi_${Date.now().toString(36)}_${process.pid}`;

  note('keys, certificates and settings');
  await cli(
    'init',
    ...['--gateway-port', String(gatewayPort), '--adapters-port', String(adaptersPort)],
    ...(servers === undefined
      ? []
      : [
          ...['--database-url', ownDatabase(servers.databaseUrl, prefix), '--amqp-url', servers.amqpUrl],
          ...['--redis-url', servers.redisUrl, '--prefix', prefix],
        ]),
  );

  const logOf = (name: string): string => join(home, 'log', `${name}.log`);
  const startCompany = async (): Promise<{ program: Program; line: Record<string, unknown> }> => {
    const program = startProgram(
      'payment company',
      [
        join(root, 'dist/simulators/payment-company/main.js'),
        ...[
          '--home',
          join(home, 'payment-company'),
          '--port',
          String(simulatorPort),
          '--control-port',
          String(controlPort),
        ],
        ...['--merchant-no', MERCHANT_NO, '--merchant-public-key', join(home, 'keys/channel-PAYSIM.pub.pem')],
      ],
      logOf('payment-company'),
    );
    return { program, line: await readyLine(program, logOf('payment-company'), (said) => said['ready'] === true) };
  };

  note('the payment company');
  await cli('channel', 'new-key', CHANNEL);
  let company = await startCompany();
  await cli(
    ...['channel', 'add', CHANNEL, '--kind', 'payment-company', '--url', `http://127.0.0.1:${simulatorPort}`],
    ...['--merchant-no', MERCHANT_NO, '--public-key', String(company.line['publicKeyFile'])],
  );

  const programs = new Map<string, Program>();
  const startRooms = async (rooms: readonly string[]): Promise<Program> => {
    const name = rooms.join('+');
    const program = startProgram(
      name,
      [
        ...(options.nodeOptions?.(name) ?? []),
        ...[join(root, 'cli', 'qianzhi.mjs'), 'start', ...rooms, '--home', home, '--json'],
      ],
      logOf(name),
    );
    programs.set(name, program);
    await readyLine(program, logOf(name), (said) => said['ready'] === true);
    return program;
  };
  note(servers === undefined ? 'embedded PostgreSQL, ledger, adapters, gateway' : 'ledger, adapters, gateway');
  if (servers !== undefined) await cli('migrate');
  for (const rooms of options.processes ?? [['all']]) await startRooms(rooms);

  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  return {
    home,
    gatewayUrl,
    paymentCompany: {
      get program() {
        return company.program;
      },
      controlUrl: `http://127.0.0.1:${controlPort}`,
      restart: async () => {
        await company.program.stop();
        company = await startCompany();
      },
    },
    programs,
    startRooms,
    cli,
    addPlatform: async (platformNo) => {
      const notifyPort = await freePort();
      const folder = join(home, `platform-${platformNo}`);
      const printed = await cli(
        ...[
          'platform',
          'add',
          platformNo,
          '--name',
          '示例平台',
          '--notify-url',
          `http://127.0.0.1:${notifyPort}/notify`,
        ],
        ...['--notify-allow', '127.0.0.0/8', '--new-key', folder, '--json'],
      );
      const { keySerial, bankKeySerial, privateKeyFile, bankPublicKeyFile } = JSON.parse(printed) as Record<
        string,
        string
      >;
      return {
        platformNo,
        keySerial,
        privateKeyFile,
        bankKeySerial,
        bankPublicKeyFile,
        gatewayUrl,
        notifyPort,
        prefix: '',
      };
    },
    stop: async () => {
      for (const program of [...programs.values()].toReversed()) await program.stop();
      await company.program.stop();
    },
  };
}

function ownDatabase(url: string, name: string): string {
  const own = new URL(url);
  own.pathname = `/${name}`;
  return own.href;
}

/** The payment company closes its clearing day and settles it. */
export async function closeClearingDay(controlUrl: string): Promise<void> {
  await control(controlUrl, 'close-day', {});
}

/** How long after its success a pay-out comes back: long enough for everybody to have heard of the success. */
const RETURN_MS = 1_500;

/** The payment company shall return the next pay-out of this amount (in fen) after it has paid it. */
export async function returnPayout(controlUrl: string, amount: number): Promise<void> {
  const match = { on: 'create', kind: 'payout', amount: String(amount) };
  await control(controlUrl, 'rules', { match, times: 1, behaviour: { returnAfterMs: RETURN_MS } });
}

/** Tells the payment company's director something (simulators/payment-company/control.ts). */
export async function control(controlUrl: string, path: string, body: object): Promise<void> {
  const response = await fetch(`${controlUrl}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok)
    throw new Error(`the payment company's control ${path}: HTTP ${response.status} ${await response.text()}`);
}

/** What a file of the home says, as text. */
export const textOf = (home: string, file: string): string => readFileSync(join(home, file), 'utf8');
