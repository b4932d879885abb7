/**
 * Real servers of our own, to use and to break: own ports, own folder, own user, own epmd; on the loopback, with a password.
 * A killed one keeps its folder and starts again; `stop` removes all of it. Plain JavaScript, no dependencies.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { chown, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findPostgres, findRabbit, findRedis, howToInstall } from './find.mjs';
import {
  birthOf,
  ended,
  familyOf,
  freePort,
  isRoot,
  launch,
  makeFolder,
  makeSubfolder,
  probe,
  removeFolder,
  runAs,
  runToEnd,
  signalAll,
  untilAnswers,
  untilGone,
  untilHeard,
} from './processes.mjs';

const newPassword = () => randomBytes(12).toString('hex');

async function put(file, text, user, mode = 0o600) {
  await writeFile(file, text, { mode });
  if (user) await chown(file, user.uid, user.gid);
  return file;
}

function demand(found, kind) {
  if (!found) throw new Error(`${kind} is not installed; ${howToInstall([kind])}`);
  return found;
}

/**
 * What all three have in common. `spawnServer` starts it, `answers` asks whether it serves, `gentle` ends it in order and
 * `quick` ends it when nothing is to be kept; `companions` are processes that live beside it (epmd); `release` frees what its folder
 * holds besides files; `more` are methods of this kind alone.
 */
async function control(parts) {
  const { kind, url, version, folder, logFile, spawnServer, answers, gentle, quick, companions, release, more } = parts;
  let child;
  const pids = async () => (child && !ended(child) ? familyOf(child.pid) : []);
  const end = async (signal, deadlineMs) => {
    const family = await pids();
    signalAll(family, 'SIGCONT');
    if (family.length > 0) signalAll([family[0]], signal);
    await untilGone(family, deadlineMs).catch(async () => {
      signalAll(family, 'SIGKILL');
      await untilGone(family);
    });
    await untilHeard(child);
  };
  const server = {
    ...more,
    kind,
    url,
    version,
    folder,
    logFile,
    /** Every process of it now, companions included. */
    async processes() {
      return [...(await pids()), ...(companions?.pids() ?? [])];
    },
    /** Starts it (again), and waits until it serves. */
    async start() {
      if (child && !ended(child)) return;
      await companions?.start();
      child = spawnServer();
      await untilAnswers(kind, child, answers, logFile);
    },
    /** Ends it for good, as fast as can be, and removes its folder. */
    async stop() {
      await end(quick, 10_000);
      await companions?.stop();
      await release?.();
      await removeFolder(folder);
    },
    /** kill -9 of all its processes: a power cut. */
    async kill() {
      const family = await pids();
      signalAll(family, 'SIGKILL');
      await untilGone(family);
      await untilHeard(child);
    },
    /** An orderly end and a new start. */
    async restart() {
      await end(gentle, 30_000);
      await server.start();
    },
    /** Ends at once, however it is told to when nothing is to be tidied up. PostgreSQL: an immediate shutdown, which is a crash. */
    async crash() {
      await end(quick, 10_000);
    },
    /** SIGSTOP to all its processes: a machine that hangs; its connections stay open. */
    async pause() {
      signalAll(await pids(), 'SIGSTOP');
    },
    async resume() {
      signalAll(await pids(), 'SIGCONT');
    },
    /** For stopping from another process: numbers with birth, so that no stranger is ever killed. */
    async record() {
      const all = await server.processes();
      return { kind, url, version, folder, processes: all.map((pid) => ({ pid, birth: birthOf(pid) })) };
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.stop().catch(() => undefined);
    throw error;
  }
  return server;
}

/** A Redis that keeps nothing over a kill: whoever relies on it for more has an error to find. */
export async function startPrivateRedis({ found } = {}) {
  const { server } = demand(found ?? (await findRedis()), 'redis');
  const user = await runAs('redis', 'valkey', 'nobody');
  const folder = await makeFolder('redis', user);
  const [port, password] = [await freePort(), newPassword()];
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `requirepass ${password}`,
    `dir ${folder}`,
    'save ""',
    'appendonly no',
  ];
  const config = await put(join(folder, 'redis.conf'), `${settings.join('\n')}\n`, user);
  const logFile = await put(join(folder, 'log'), '', user);
  const hello = `AUTH ${password}\r\nPING\r\n`;
  return control({
    kind: 'redis',
    url: `redis://:${password}@127.0.0.1:${port}`,
    folder,
    logFile,
    spawnServer: () => launch(server, [config], { user, logFile, cwd: folder }),
    answers: () => probe('127.0.0.1', port, hello, (answer) => answer.toString().includes('+PONG')),
    gentle: 'SIGTERM',
    quick: 'SIGKILL',
  });
}

/** A disk of its own in memory, which can be full; only root can make one. */
async function mountDisk(folder, user, sizeMb) {
  if (!isRoot) throw new Error('a disk of a chosen size needs root');
  await makeSubfolder(folder, user);
  const owner = user === undefined ? '' : `,uid=${user.uid},gid=${user.gid}`;
  await runToEnd('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=0700${owner}`, 'tmpfs', folder]);
  let mounted = true;
  return async () => {
    if (mounted) await runToEnd('umount', ['-l', folder]);
    mounted = false;
  };
}

/**
 * A PostgreSQL with its usual safety: fsync and synchronous_commit are on. `settings` are added to its command line. `diskMb` puts its
 * folder on a disk of that size, in memory, that `fillDisk` fills.
 */
export async function startPrivatePostgres({ found, settings = {}, diskMb } = {}) {
  const { initdb, postgres, major } = demand(found ?? (await findPostgres()), 'postgres');
  const user = await runAs('postgres', 'qianzhi', 'nobody');
  const folder = await makeFolder('postgres', user);
  const [port, password] = [await freePort(), newPassword()];
  const cluster = join(folder, 'cluster');
  const release = diskMb === undefined ? undefined : await mountDisk(cluster, user, diskMb);
  const data = release === undefined ? cluster : join(cluster, 'data');
  const ballast = join(cluster, 'ballast');
  const logFile = await put(join(folder, 'log'), '', user);
  const secret = await put(join(folder, 'password'), `${password}\n`, user);
  const flags = ['-A', 'scram-sha-256', '-U', 'postgres', '-E', 'UTF8', '--locale=C', `--pwfile=${secret}`];
  // Without syncing: it only makes an empty folder faster; the running server syncs.
  await runToEnd(initdb, ['-D', data, '--no-sync', '--no-instructions', ...flags], { user });
  const configured = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '',
    max_connections: 400,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    jit: 'off',
    timezone: 'UTC',
    ...settings,
  };
  const more = Object.entries(configured).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  // The server removes and writes it as it likes: one that is not there says nothing.
  const state = () => {
    try {
      return readFileSync(join(data, 'postmaster.pid'), 'utf8');
    } catch {
      return '';
    }
  };
  let child;
  return control({
    kind: 'postgres',
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    version: major,
    folder,
    logFile,
    spawnServer: () => {
      child = launch(postgres, ['-D', data, ...more], { user, logFile, cwd: folder });
      return child;
    },
    answers: async () => {
      const lines = state().split('\n');
      return lines[7]?.trim() === 'ready' && Number(lines[0]) === child?.pid;
    },
    gentle: 'SIGINT',
    // Not SIGKILL, which would leave its shared memory behind.
    quick: 'SIGQUIT',
    release,
    more: {
      async fillDisk() {
        if (release === undefined) throw new Error('it was started without a disk of its own');
        // Ends with "no space left", which is what is wanted.
        await runToEnd('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], { user }).catch(() => undefined);
      },
      async freeDisk() {
        await rm(ballast, { force: true });
      },
    },
  });
}

/**
 * A RabbitMQ with no plugin. Wait 3 s between declaring a quorum queue and `kill`: on 3.10 a younger one stays stuck for ever.
 * Its epmd is its own, so that no other Erlang on the machine meets it.
 */
export async function startPrivateRabbit({ found } = {}) {
  const { server, epmd } = demand(found ?? (await findRabbit()), 'rabbitmq');
  const user = await runAs('rabbitmq', 'qianzhi', 'nobody');
  const folder = await makeFolder('rabbitmq', user);
  const [port, distributionPort, epmdPort, password] = [
    await freePort(),
    await freePort(),
    await freePort(),
    newPassword(),
  ];
  const logFile = await put(join(folder, 'log'), '', user);
  const config = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    'default_user = qianzhi',
    `default_pass = ${password}`,
    'log.console = true',
    'log.console.level = warning',
    'log.file = false',
  ];
  await put(join(folder, 'rabbitmq.conf'), `${config.join('\n')}\n`, user);
  await put(join(folder, 'plugins'), '[].\n', user);
  await put(join(folder, '.erlang.cookie'), randomBytes(16).toString('hex'), user, 0o400);
  const env = {
    HOME: folder,
    RABBITMQ_NODENAME: `qianzhi-${port}@localhost`,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_MNESIA_BASE: await makeSubfolder(join(folder, 'mnesia'), user),
    RABBITMQ_LOG_BASE: await makeSubfolder(join(folder, 'logs'), user),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder, 'advanced.config'),
    RABBITMQ_CONF_ENV_FILE: join(folder, 'none.conf'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_CRASH_DUMP_BYTES: '0',
    // Makes the script become the server instead of waiting beside it, so that the process we know is the server.
    RUNNING_UNDER_SYSTEMD: 'true',
  };
  let mapper;
  const mapperAnswers = () => probe('127.0.0.1', epmdPort, Buffer.from([0, 1, 110]), (answer) => answer.length >= 4);
  return control({
    kind: 'rabbitmq',
    url: `amqp://qianzhi:${password}@127.0.0.1:${port}`,
    folder,
    logFile,
    spawnServer: () => launch(server, [], { user, env, logFile, cwd: folder }),
    answers: () => probe('127.0.0.1', port, Buffer.from('AMQP\0\0\x09\x01', 'latin1'), (answer) => answer[0] === 1),
    gentle: 'SIGTERM',
    quick: 'SIGKILL',
    more: {
      async rabbitmqctl(...args) {
        const program = join(dirname(server), 'rabbitmqctl');
        return (await runToEnd(program, ['--silent', ...args], { user, env, cwd: folder })).stdout;
      },
    },
    companions: {
      pids: () => (mapper && !ended(mapper) ? [mapper.pid] : []),
      async start() {
        if (mapper && !ended(mapper)) return;
        mapper = launch(epmd, ['-port', String(epmdPort), '-address', '127.0.0.1'], {
          user,
          env,
          logFile,
          cwd: folder,
        });
        await untilAnswers('epmd', mapper, mapperAnswers, logFile, 10_000);
      },
      async stop() {
        const left = mapper && !ended(mapper) ? [mapper.pid] : [];
        signalAll(left, 'SIGKILL');
        await untilGone(left);
      },
    },
  });
}
