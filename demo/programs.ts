/** Starts the demo's programs as processes of their own, reads what they print line by line, and stops them in reverse order. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** How long a program may take to say that it is ready, and to stop after being asked to. */
const READY_MS = 120_000;
const STOP_MS = 20_000;

export interface Program {
  readonly name: string;
  readonly process: ChildProcess;
  /** JSON lines of its standard output, one after the other; undefined when it ended. */
  line(): Promise<Record<string, unknown> | undefined>;
  write(line: string): void;
  stop(): Promise<void>;
}

export interface ProgramOptions {
  /** Added to ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** In a session of its own: Ctrl-C in our terminal is for us alone. */
  readonly detached?: boolean;
}

/** Starts `node <args>`; what it says on standard error goes to a log file. */
export function startProgram(
  name: string,
  args: readonly string[],
  logFile: string,
  { environment = {}, detached = false }: ProgramOptions = {},
): Program {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = createWriteStream(logFile, { flags: 'a' });
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [...args], { stdio: ['pipe', 'pipe', 'pipe'], env, detached });
  child.stderr.pipe(log);
  const lines: Record<string, unknown>[] = [];
  const waiting: ((line: Record<string, unknown> | undefined) => void)[] = [];
  let ended = false;
  const out = createInterface({ input: child.stdout });
  out.on('line', (text) => {
    const line = parsed(text);
    if (line === undefined) {
      log.write(`${text}\n`);
      return;
    }
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  out.on('close', () => {
    ended = true;
    for (const next of waiting.splice(0)) next(undefined);
  });
  child.on('error', (error) => log.write(`${error.message}\n`));
  return {
    name,
    process: child,
    line: () => {
      const first = lines.shift();
      if (first !== undefined || ended) return Promise.resolve(first);
      return new Promise((resolve) => waiting.push(resolve));
    },
    write: (line) => void child.stdin.write(`${line}\n`),
    stop: () => stopChild(child),
  };
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** The first line for which `ready` holds. Throws with the log file's name when the program ends or says nothing for long. */
export async function readyLine(
  program: Program,
  logFile: string,
  ready: (line: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>> {
  const timeout = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), READY_MS).unref());
  for (;;) {
    const line = await Promise.race([program.line(), timeout]);
    if (line === 'late') throw new Error(`${program.name} was not ready within ${READY_MS / 1000} s; see ${logFile}`);
    if (line === undefined) throw new Error(`${program.name} ended before it was ready; see ${logFile}`);
    if (ready(line)) return line;
  }
}

/** Runs the command line tool to its end and gives what it printed. Throws with its own words when it fails. */
export function qianzhi(root: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(root, 'cli', 'qianzhi.mjs'), ...args],
      { maxBuffer: 16 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`qianzhi ${args[0]} ${args[1] ?? ''}: ${stderr.trim() || error.message}`));
      },
    );
  });
}

/** A port that was free just now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
