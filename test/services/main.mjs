/**
 * PostgreSQL, Redis and RabbitMQ for the tests: running ones by URL, else private instances of installed programs, else
 * Debian's packages are installed first, else it says what to install. It stops only what it started.
 * `node test/services/main.mjs start|stop|status [--json]` keeps them running between test runs. No dependencies.
 */
import { realpathSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findPostgres, findRabbit, findRedis, howToInstall } from './find.mjs';
import { installPackages, whyNotInstall } from './install.mjs';
import { startPrivatePostgres, startPrivateRabbit, startPrivateRedis } from './private.mjs';
import { birthOf, letServersOutliveUs, probe, removeFolder, signalAll, untilGone } from './processes.mjs';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
/** Where `start` records what it keeps running. */
const stateFile = process.env.QIANZHI_TEST_STATE ?? join(repository, 'var', 'test-services.json');

const kinds = {
  postgres: {
    variable: 'QIANZHI_TEST_PG',
    title: 'PostgreSQL (server)',
    port: 5432,
    find: findPostgres,
    start: startPrivatePostgres,
    // SSLRequest, which every PostgreSQL answers with S or N.
    hello: Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]),
    understands: (answer) => answer[0] === 0x53 || answer[0] === 0x4e,
  },
  redis: {
    variable: 'QIANZHI_TEST_REDIS',
    title: 'Redis',
    port: 6379,
    find: findRedis,
    start: startPrivateRedis,
    // +PONG, or -NOAUTH when it wants a password: it is there.
    hello: 'PING\r\n',
    understands: (answer) => /^(\+PONG|-NOAUTH)/.test(answer.toString()),
  },
  rabbitmq: {
    variable: 'QIANZHI_TEST_AMQP',
    title: 'RabbitMQ',
    port: 5672,
    find: findRabbit,
    start: startPrivateRabbit,
    hello: Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
    understands: (answer) => answer[0] === 1,
  },
};

/**
 * Finds or starts all three, side by side.
 * Answers `{ environment, present, missing, stop() }`: variables for the tests; `[{ kind, title, how }]`;
 * `[{ kind, title, reason }]` with one text `advice` on what to do. Never throws for a missing server.
 */
export async function startServices({ log = () => undefined } = {}) {
  const running = await readState();
  const names = Object.keys(kinds);
  const toInstall = [];
  const first = await Promise.all(
    names.map(async (kind) => {
      const answer = await findOrStart(kind, running, log);
      if (answer.notInstalled) toInstall.push(kind);
      return answer;
    }),
  );
  let answers = first;
  if (toInstall.length > 0) {
    const refusal = whyNotInstall() ?? (await attempt(() => installPackages(toInstall, log)));
    answers = await Promise.all(
      first.map(async (answer) => {
        if (!answer.notInstalled) return answer;
        if (refusal) return { ...answer, reason: `not installed, and not installed now: ${refusal}` };
        return startInstalled(answer.kind, await kinds[answer.kind].find({ seeHidden: true }), log);
      }),
    );
  }
  const present = answers.filter((answer) => answer.url);
  const missing = answers.filter((answer) => !answer.url);
  return {
    environment: Object.fromEntries(present.map(({ kind, url }) => [kinds[kind].variable, url])),
    present: present.map(({ kind, how }) => ({ kind, title: kinds[kind].title, how })),
    missing: missing.map(({ kind, reason }) => ({ kind, title: kinds[kind].title, reason })),
    advice: missing.length > 0 ? howToInstall(missing.map(({ kind }) => kind)) : '',
    servers: answers.flatMap(({ server }) => (server ? [server] : [])),
    async stop() {
      await Promise.all(answers.map(async ({ server }) => server?.stop()));
    },
  };
}

async function attempt(action) {
  try {
    await action();
    return undefined;
  } catch (error) {
    return error.message;
  }
}

async function findOrStart(kind, running, log) {
  const { variable, find, title } = kinds[kind];
  const configured = process.env[variable];
  if (configured) {
    const problem = await unreachable(kind, configured);
    if (problem) return { kind, reason: `${variable} is set, but ${problem}` };
    log(`${title}: the one that ${variable} names`);
    return { kind, url: configured, how: `named by ${variable}` };
  }
  const known = running.find((each) => each.kind === kind);
  if (known && !(await unreachable(kind, known.url))) {
    log(`${title}: the one that "start" keeps running`);
    return { kind, url: known.url, how: 'kept running' };
  }
  const found = await find();
  return found ? startInstalled(kind, found, log) : { kind, notInstalled: true };
}

async function startInstalled(kind, found, log) {
  const began = performance.now();
  try {
    const server = await kinds[kind].start({ found });
    log(`${kinds[kind].title}: a private one, up in ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return { kind, url: server.url, how: 'private', server };
  } catch (error) {
    return { kind, reason: `it is installed but does not start: ${error.message}` };
  }
}

/** Why nothing of the kind answers at the URL, without its password; undefined when something does. */
async function unreachable(kind, url) {
  const { port: usual, hello, understands, title } = kinds[kind];
  if (!URL.canParse(url)) return 'it is not a URL';
  const { hostname, port, protocol } = new URL(url);
  // Encrypted servers are believed: the tests themselves will tell.
  if (protocol === 'rediss:' || protocol === 'amqps:') return undefined;
  const at = Number(port || usual);
  const host = hostname.replace(/^\[|\]$/g, '');
  return (await probe(host, at, hello, understands, 5_000)) ? undefined : `no ${title} answers at ${hostname}:${at}`;
}

/** What `start` recorded, dead or alive. */
async function readRecords() {
  try {
    return JSON.parse(await readFile(stateFile, 'utf8'));
  } catch {
    return [];
  }
}

const isAlive = ({ pid, birth }) => birth !== undefined && birthOf(pid) === birth;

async function readState() {
  return (await readRecords()).filter(({ processes }) => processes.some(isAlive));
}

/** Ends what an earlier `start` recorded; a process counts only with the birth that was recorded. */
async function stopRecorded(state) {
  for (const { folder, processes } of state) {
    const living = processes.filter(isAlive).map(({ pid }) => pid);
    signalAll(living, 'SIGCONT');
    signalAll(living, 'SIGQUIT');
    signalAll(living, 'SIGTERM');
    await untilGone(living, 3_000).catch(async () => {
      signalAll(living, 'SIGKILL');
      await untilGone(living);
    });
    if (basename(folder).startsWith('qianzhi-test-')) await removeFolder(folder);
  }
  await rm(stateFile, { force: true });
}

const usage = `node test/services/main.mjs start|stop|status [--json]

  start    finds or starts PostgreSQL, Redis and RabbitMQ and keeps them running for test runs to come
  stop     ends what start started, and nothing else
  status   what is running
  --json   one JSON object instead of lines to put into a shell:  eval "$(node test/services/main.mjs start)"

QIANZHI_TEST_PG, QIANZHI_TEST_REDIS, QIANZHI_TEST_AMQP name servers of your own.
QIANZHI_TEST_INSTALL=no never installs packages.`;

async function main([command, ...options]) {
  const json = options.includes('--json');
  const show = (environment) => {
    const lines = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`);
    console.log(json ? JSON.stringify(environment) : lines.join('\n'));
  };
  if (command === 'start') {
    letServersOutliveUs();
    const before = await readState();
    const services = await startServices({ log: (line) => console.error(line) });
    const records = await Promise.all(services.servers.map((server) => server.record()));
    await mkdir(dirname(stateFile), { recursive: true });
    const kept = before.filter(({ kind }) => !records.some((record) => record.kind === kind));
    await writeFile(stateFile, JSON.stringify([...kept, ...records], null, 2), { mode: 0o600 });
    show(services.environment);
    for (const { title, reason } of services.missing) console.error(`${title} is missing: ${reason}`);
    if (services.missing.length > 0) {
      console.error(services.advice);
      process.exitCode = 1;
    }
  } else if (command === 'stop') {
    const state = await readState();
    await stopRecorded(await readRecords());
    console.error(
      state.length > 0 ? `stopped ${state.map(({ kind }) => kind).join(', ')}` : 'nothing of ours is running',
    );
  } else if (command === 'status') {
    const state = await readState();
    show(Object.fromEntries(state.map(({ kind, url }) => [kinds[kind].variable, url])));
    if (state.length < Object.keys(kinds).length) process.exitCode = 1;
  } else {
    console.error(usage);
    process.exitCode = command === undefined || command.startsWith('--help') ? 0 : 2;
  }
}

if (process.argv[1] && fileURLToPath(import.meta.url) === realpathSync(process.argv[1]))
  await main(process.argv.slice(2));
