/**
 * Processes of our own making: started as a user without rights, watched until they answer, ended with all their children,
 * and ended even when we are killed. Plain JavaScript without dependencies, because it runs before `npm ci` may have.
 */
import { execFile, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const hasProc = existsSync('/proc/self/stat');
export const isRoot = process.getuid?.() === 0;

/** What a program of ours gets to see of our environment: the way to other programs, and what `more` says. */
export function plainEnvironment(more = {}) {
  return { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...more };
}

/** The first of the users that exists, as `{ uid, gid, name }`; undefined (ourselves) when we are not root. */
export async function runAs(...names) {
  if (!isRoot) return undefined;
  for (const name of names) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (what) => Number((await run('id', [what, name])).stdout)),
      );
      if (uid > 0) return { uid, gid, name };
    } catch {
      // No such user.
    }
  }
  throw new Error(`none of the users ${names.join(', ')} exists, and this server must not run as root`);
}

function ids(user) {
  return user === undefined ? {} : { uid: user.uid, gid: user.gid };
}

async function canEnter(folder, user) {
  try {
    await run('/bin/sh', ['-c', 'cd -- "$1"', 'sh', folder], { ...ids(user), env: plainEnvironment(), cwd: '/' });
    return true;
  } catch {
    return false;
  }
}

/** A new folder that only `user` (or we) may look into, in a place that the user can reach. Give it to `removeFolder`. */
export async function makeFolder(name, user) {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    if (!existsSync(parent) || !(await canEnter(parent, user))) continue;
    const folder = await mkdtemp(join(parent, `qianzhi-test-${name}-`));
    await chmod(folder, 0o700);
    if (user) await chown(folder, user.uid, user.gid);
    guard.folders.add(folder);
    guard.tell();
    return folder;
  }
  throw new Error(`no temporary folder that ${user?.name ?? 'we'} may enter`);
}

export async function removeFolder(folder) {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  guard.folders.delete(folder);
  guard.tell();
}

/** A folder in a folder that `makeFolder` gave, of the same user. */
export async function makeSubfolder(folder, user) {
  await mkdir(folder, { mode: 0o700 });
  if (user) await chown(folder, user.uid, user.gid);
  return folder;
}

/** Runs a program to its end. @throws Error with what it said. */
export async function runToEnd(program, args, { user, env, timeoutMs = 60_000, cwd = '/' } = {}) {
  try {
    return await run(program, args, { ...ids(user), env: plainEnvironment(env), cwd, timeout: timeoutMs });
  } catch (error) {
    const said = `${error.stderr ?? ''}${error.stdout ?? ''}`.trim();
    throw new Error(`${program} failed: ${said || error.message}`, { cause: error });
  }
}

/** Starts a program in a session of its own (Ctrl-C reaches us alone), its output appended to `logFile`. */
export function launch(program, args, { user, env, logFile, cwd = '/' }) {
  const output = openSync(logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      ...ids(user),
      env: plainEnvironment(env),
      cwd,
      detached: true,
      stdio: ['ignore', output, output],
    });
    child.on('error', () => undefined); // `ended` tells it; an event nobody hears would end us.
    endWithUs(child);
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
}

/** Has the child, the leader of a process group, killed with its group when we are killed. */
export function endWithUs(child) {
  if (child.pid === undefined) return;
  guard.pids.add(child.pid);
  guard.tell();
  child.once('exit', () => {
    guard.pids.delete(child.pid);
    guard.tell();
  });
}

export function ended(child) {
  return child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
}

/** Waits until `answers()` is true. @throws Error with the log's end when the child ends first, or at the deadline. */
export async function untilAnswers(what, child, answers, logFile, deadlineMs = 120_000) {
  const until = performance.now() + deadlineMs;
  for (;;) {
    if (await answers()) return;
    const late = performance.now() > until;
    if (ended(child) || late) {
      const tail = readFileSync(logFile, 'utf8').trim().split('\n').slice(-15).join('\n');
      throw new Error(`${what} ${late ? `did not answer after ${deadlineMs / 1000} s` : 'ended at once'}:\n${tail}`);
    }
    await sleep(25);
  }
}

/** The process and all its descendants, parents first. */
export async function familyOf(pid) {
  const children = new Map();
  for (const [child, parent] of await parentage()) children.set(parent, [...(children.get(parent) ?? []), child]);
  const family = [pid];
  for (let at = 0; at < family.length; at++) family.push(...(children.get(family[at]) ?? []));
  return family;
}

async function parentage() {
  if (!hasProc) {
    const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=']);
    return stdout
      .trim()
      .split('\n')
      .map((line) => line.trim().split(/\s+/).map(Number));
  }
  const pairs = [];
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (stat) pairs.push([Number(name), Number(stat[1])]);
  }
  return pairs;
}

/** /proc/<pid>/stat after the name: state, parent, …; undefined when it has ended. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

/** Names one process for ever: its number may be given again, the start time with it not. */
export function birthOf(pid) {
  const stat = hasProc ? statOf(pid) : undefined;
  if (stat) return stat[0] === 'Z' ? undefined : stat[19];
  if (hasProc) return undefined;
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return undefined;
  }
}

/** Sends the signal to all of them; who has ended is skipped. */
export function signalAll(pids, signal) {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It has ended.
    }
  }
}

/** Waits until none of the processes is left. @throws Error at the deadline. */
export async function untilGone(pids, deadlineMs = 20_000) {
  const until = performance.now() + deadlineMs;
  while (pids.some((pid) => birthOf(pid) !== undefined)) {
    if (performance.now() > until) throw new Error(`processes ${pids.join(', ')} do not end`);
    await sleep(10);
  }
}

/** Waits until Node has heard of the child's end too, which may be a moment after the system did. */
export async function untilHeard(child) {
  while (child !== undefined && !ended(child)) await sleep(5);
}

/** A free port on the loopback, never the same twice in this process. */
export async function freePort() {
  for (;;) {
    const port = await new Promise((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const { port: given } = server.address();
        server.close(() => resolve(given));
      });
    });
    if (!givenPorts.has(port)) {
      givenPorts.add(port);
      return port;
    }
  }
}
const givenPorts = new Set();

/** Connects, says `hello`, and tells whether `understands(answer)` within the deadline. Never throws. */
export async function probe(host, port, hello, understands, deadlineMs = 1_000) {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const chunks = [];
    const settle = (answer) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(deadlineMs, () => settle(false));
    socket.on('error', () => settle(false));
    socket.on('close', () => settle(false));
    socket.on('connect', () => socket.write(hello));
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      if (understands(Buffer.concat(chunks))) settle(true);
    });
  });
}

/**
 * A shell that waits for the end of a pipe only we hold. When we end without stopping our servers (kill -9), it kills them
 * and removes their folders. One for all servers of this process; every change is told in one line.
 */
const guard = {
  pids: new Set(),
  folders: new Set(),
  /** Off for servers that are to outlive us. */
  wanted: true,
  shell: undefined,
  tell() {
    if (!this.wanted) return;
    this.shell ??= this.start();
    this.shell.stdin.write(`${[...this.pids].join(' ')}|${[...this.folders].join(':')}\n`);
  },
  start() {
    const script = `
      state=
      while IFS= read -r line; do state=$line; done
      for pid in \${state%%|*}; do kill -s KILL -- "-$pid" "$pid"; done
      sleep 1
      set -f; IFS=:
      for folder in \${state#*|}; do umount -l "$folder/cluster" 2>/dev/null; rm -rf -- "$folder"; done`;
    const shell = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
    shell.on('error', () => undefined);
    shell.stdin.on('error', () => undefined);
    shell.unref();
    if (shell.stdin instanceof Socket) shell.stdin.unref();
    return shell;
  },
};

/** Servers started from now on outlive this process. */
export function letServersOutliveUs() {
  guard.wanted = false;
}
