/**
 * The simulated payment company as a process of its own, and its director's door: what the tests make the other side do. It runs from
 * dist/, as everything does, and can be killed and started again on the same home and ports.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { build } from '../../demo/prepare.mjs';
import { freePort } from '../servers.ts';

export interface CompanyProcess {
  readonly url: string;
  readonly controlUrl: string;
  readonly publicKeyFile: string;
  /** Asks the director's door; throws on anything but 200. */
  control(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<unknown>;
  /** Ends it at once, as a power cut does. */
  kill(): Promise<void>;
  /** Starts it again after a kill. */
  restart(): Promise<void>;
}

export interface CompanyArguments {
  readonly home: string;
  readonly merchantPublicKeyFile: string;
  readonly more?: readonly string[];
}

const MAIN = fileURLToPath(new URL('../../dist/simulators/payment-company/main.js', import.meta.url));
const READY_MS = 20_000;

async function start(args: readonly string[]): Promise<{ child: ChildProcess; ready: Record<string, unknown> }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ready = await new Promise<Record<string, unknown>>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the payment company did not start: ${said}`)), READY_MS);
    const hear = (chunk: Buffer): void => {
      said += chunk.toString('utf8');
      const line = said.split('\n').find((each) => each.startsWith('{"ready"'));
      if (line === undefined || !said.includes('\n')) return;
      clearTimeout(late);
      resolve(JSON.parse(line));
    };
    child.stdout?.on('data', hear);
    child.stderr?.on('data', hear);
    child.once('exit', (code) => reject(new Error(`the payment company ended with ${code}: ${said}`)));
  });
  return { child, ready };
}

/** Builds if need be, and starts a company on free ports. */
export async function startCompanyProcess(args: CompanyArguments): Promise<CompanyProcess> {
  await build({ log: () => undefined });
  const line = [
    ...['--home', args.home, '--merchant-public-key', args.merchantPublicKeyFile],
    ...['--port', String(await freePort()), '--control-port', String(await freePort()), ...(args.more ?? [])],
  ];
  let { child, ready } = await start(line);
  const controlUrl = String(ready['controlUrl']);
  return {
    url: String(ready['url']),
    controlUrl,
    publicKeyFile: String(ready['publicKeyFile']),
    control: async (method, path, body) => {
      const response = await fetch(`${controlUrl}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return text.startsWith('{') || text.startsWith('[{') || text === '[]' ? JSON.parse(text) : text;
    },
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
    restart: async () => {
      ({ child, ready } = await start(line));
    },
  };
}
