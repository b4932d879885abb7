/** The server process: with which settings it runs, when it serves, and that it never outlives us. */
import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Unavailable } from '../failure.ts';
import type { Binaries } from './binaries.ts';
import type { Home } from './home.ts';
import { readPostmaster } from './postmaster.ts';
import { identity, plainEnvironment, type Runner } from './user.ts';

/** Long, because a start after a crash first replays the log. */
const READY_MS = 180_000;
/** Every room's pool, the bus's own connections and the tests'. */
const MAX_CONNECTIONS = 300;

/** Starts the program; it is not ready yet. */
export async function spawnServer(
  home: Home,
  binaries: Binaries,
  runner: Runner | undefined,
  port: number,
): Promise<ChildProcess> {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: MAX_CONNECTIONS,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    // Statements and error details carry people's names and numbers.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    // A container's /dev/shm is often too small for parallel queries, and the rooms' queries are short.
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    cluster_name: 'qianzhi',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const output = await open(home.logFile, 'a', 0o600);
  try {
    return spawn(binaries.postgres, ['-D', home.dataFolder, ...flags], {
      ...identity(runner),
      env: plainEnvironment(),
      cwd: '/',
      // Its own session: Ctrl-C in our terminal must reach us, who drain first and stop the database last.
      detached: true,
      stdio: ['ignore', output.fd, output.fd],
    });
  } finally {
    await output.close();
  }
}

/** Waits until it takes our password at `url`. @throws Error with how it ended, or at the deadline. */
export async function untilReady(child: ChildProcess, home: Home, url: string): Promise<void> {
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.once('exit', (code, signal) => {
    failure ??= new Error(`it ended with ${signal ?? `code ${code}`}`);
  });
  const until = performance.now() + READY_MS;
  for (;;) {
    if (failure) throw failure;
    const server = readPostmaster(home.dataFolder);
    if (server?.ready && server.pid === child.pid) break;
    if (performance.now() > until) throw new Error(`it was not ready after ${READY_MS / 1000} s`);
    await sleep(20);
  }
  // That it is our server and takes our password: known only by logging in.
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

/**
 * A small shell waits for the end of a pipe that only we hold open. When we end without `stop` (kill -9), it tells the
 * server to shut down. It has its own session, so that what kills our process group leaves it.
 */
export function keepNoOrphan(child: ChildProcess, home: Home, runner: Runner | undefined): void {
  const script = 'cat >/dev/null; read -r pid <"$1/postmaster.pid" && [ "$pid" = "$2" ] && kill -INT "$2"';
  const guard = spawn('/bin/sh', ['-c', script, 'sh', home.dataFolder, String(child.pid)], {
    ...identity(runner),
    env: plainEnvironment(),
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell there is no guard; the next start ends the orphan all the same.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  child.once('exit', () => guard.stdin?.destroy());
  // Neither keeps our process alive: who has nothing else to do may end, and the guard does the rest.
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  child.unref();
}

/** Whether nobody listens on that port of the loopback. */
export async function isFree(port: number | undefined): Promise<boolean> {
  if (port === undefined) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Unavailable('no free port'));
        else resolve(address.port);
      });
    });
  });
}
