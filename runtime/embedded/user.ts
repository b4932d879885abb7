/**
 * Whom the embedded PostgreSQL runs as. PostgreSQL refuses root, so a process of root needs a user without rights: one of
 * our own, because a shared one (`nobody`) could read the books. Relies on `id`, and on `useradd` or `adduser` as root.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Unavailable } from '../failure.ts';

const run = promisify(execFile);
const COMMAND_MS = 20_000;
const OWN = 'qianzhi';

/** A user by number, as `spawn` takes it. */
export interface Runner {
  readonly uid: number;
  readonly gid: number;
}

/** What `spawn` needs to run something as `runner`; nothing when we are not root. */
export function identity(runner: Runner | undefined): Partial<Runner> {
  return runner === undefined ? {} : { uid: runner.uid, gid: runner.gid };
}

/** The environment of programs we start: nothing of ours but the way to programs (PG… variables would change the server). */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * The user to run as: undefined when we are not root (we run as ourselves), else our own user, which is made when it is
 * missing, else `postgres`, else `nobody`.
 * @throws Unavailable when there is none of them.
 */
export async function unprivilegedUser(log: (line: string) => void): Promise<Runner | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const own = (await lookUp(OWN)) ?? (await make(log));
  if (own !== undefined) return own;
  for (const name of ['postgres', 'nobody']) {
    const runner = await lookUp(name);
    if (runner === undefined) continue;
    log(`the embedded PostgreSQL runs as the user ${name}: a user "${OWN}" could not be made`);
    return runner;
  }
  throw new Unavailable(
    `PostgreSQL does not run as root: make a user for it (useradd --system ${OWN}), or do not run as root`,
  );
}

/** Whether `runner` may enter (and list) the folder: asked by entering it, so that every kind of permission counts. */
export async function canEnter(folder: string, runner: Runner | undefined): Promise<boolean> {
  try {
    const script = 'cd -- "$1" && test -r .';
    await run('/bin/sh', ['-c', script, 'sh', folder], {
      ...identity(runner),
      env: plainEnvironment(),
      cwd: '/',
      timeout: COMMAND_MS,
    });
    return true;
  } catch {
    return false;
  }
}

async function lookUp(name: string): Promise<Runner | undefined> {
  try {
    const [uid, gid] = await Promise.all(
      ['-u', '-g'].map(async (what) => Number((await run('id', [what, name], { timeout: COMMAND_MS })).stdout)),
    );
    return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
  } catch {
    return undefined;
  }
}

async function make(log: (line: string) => void): Promise<Runner | undefined> {
  const ways: readonly (readonly [string, ...string[]])[] = [
    [
      'useradd',
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      OWN,
    ],
    ['adduser', '-S', '-D', '-H', '-h', '/nonexistent', '-s', '/sbin/nologin', OWN], // busybox
  ];
  for (const [command, ...options] of ways) {
    try {
      await run(command, options, { timeout: COMMAND_MS });
      log(`made the system user "${OWN}": PostgreSQL does not run as root`);
      break;
    } catch {
      // Not there, or another process has just made the user: the look-up tells.
    }
  }
  return lookUp(OWN);
}
