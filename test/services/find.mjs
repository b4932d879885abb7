/** Where the servers' programs are on this machine, and what to say when they are not. Plain JavaScript, no dependencies. */
import { accessSync, constants, existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { runToEnd } from './processes.mjs';

/** Our SQL is written for this one and newer. */
const OLDEST_POSTGRES = 15;

/** `QIANZHI_TEST_HIDE=redis,rabbitmq,postgres` acts as if these were not installed: to see what happens without them. */
function hidden(kind) {
  return (process.env.QIANZHI_TEST_HIDE ?? '').split(',').includes(kind);
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  return folders.map((folder) => join(folder, name)).find(executable);
}

/** Sub-folders of `folder`, the highest number in the name first. */
function newestIn(folder) {
  const number = (name) => Number(/\d+(\.\d+)?/.exec(name)?.[0] ?? 0);
  return existsSync(folder)
    ? readdirSync(folder)
        .sort((a, b) => number(b) - number(a))
        .map((name) => join(folder, name))
    : [];
}

/** `{ server }`, or undefined. */
export async function findRedis({ seeHidden = false } = {}) {
  if (hidden('redis') && !seeHidden) return undefined;
  const server = onPath('redis-server') ?? onPath('valkey-server');
  return server && { server };
}

/**
 * `{ server, epmd }`, or undefined. Debian's /usr/sbin/rabbitmq-server is a wrapper that insists on being root or
 * rabbitmq: the program behind it does not.
 */
export async function findRabbit({ seeHidden = false } = {}) {
  if (hidden('rabbitmq') && !seeHidden) return undefined;
  const behindWrapper = onPath('rabbitmq-server') ? realpathSync(onPath('rabbitmq-server')) : undefined;
  const server = [
    '/usr/lib/rabbitmq/bin/rabbitmq-server',
    ...(behindWrapper && !behindWrapper.endsWith('rabbitmq-script-wrapper') ? [behindWrapper] : []),
    '/opt/homebrew/sbin/rabbitmq-server',
    '/usr/local/sbin/rabbitmq-server',
  ].find(executable);
  const erlang = newestIn('/usr/lib/erlang').filter((folder) => folder.includes('erts-'));
  const epmd = onPath('epmd') ?? erlang.map((folder) => join(folder, 'bin/epmd')).find(executable);
  return server && epmd && { server, epmd };
}

/** `{ initdb, postgres, major }` of the newest one, or undefined. */
export async function findPostgres({ seeHidden = false } = {}) {
  if (hidden('postgres') && !seeHidden) return undefined;
  const onPathToo = onPath('postgres');
  const folders = [
    ...newestIn('/usr/lib/postgresql').map((folder) => join(folder, 'bin')),
    ...newestIn('/usr')
      .filter((folder) => folder.startsWith('/usr/pgsql-'))
      .map((folder) => join(folder, 'bin')),
    ...newestIn('/opt/homebrew/opt')
      .filter((folder) => folder.includes('postgresql'))
      .map((folder) => join(folder, 'bin')),
    ...(onPathToo ? [join(realpathSync(onPathToo), '..')] : []),
  ];
  for (const folder of folders) {
    const [initdb, postgres] = ['initdb', 'postgres'].map((name) => join(folder, name));
    if (!executable(initdb) || !executable(postgres)) continue;
    const { stdout } = await runToEnd(postgres, ['-V']);
    const major = Number(/PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
    if (major >= OLDEST_POSTGRES) return { initdb, postgres, major };
  }
  return undefined;
}

/** How a person gets the missing ones. */
export function howToInstall(kinds) {
  const debian = { postgres: 'postgresql', redis: 'redis-server', rabbitmq: 'rabbitmq-server' };
  const homebrew = { postgres: 'postgresql@18', redis: 'redis', rabbitmq: 'rabbitmq' };
  const urls = { postgres: 'QIANZHI_TEST_PG', redis: 'QIANZHI_TEST_REDIS', rabbitmq: 'QIANZHI_TEST_AMQP' };
  const names = (table) => kinds.map((kind) => table[kind]).join(' ');
  const command =
    process.platform === 'darwin'
      ? `brew install ${names(homebrew)}`
      : onPath('apt-get')
        ? `apt-get install ${names(debian)}   (as root)`
        : `your system's packages of ${kinds.join(', ')} (PostgreSQL ${OLDEST_POSTGRES} or newer)`;
  return `install them: ${command}\nor name running ones: ${kinds.map((kind) => urls[kind]).join(', ')}`;
}

export { onPath };
