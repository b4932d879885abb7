/**
 * `npm test`: installs what is missing, checks types and style, builds, gets the servers, runs all tests on them, stops what it
 * started, and ends with the line `N passed, N failed` (and `, N skipped`). Plain JavaScript without dependencies, so that it
 * runs on a fresh clone. Relies on demo/prepare.mjs and test/services/.
 */
import { spawn } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, install } from '../demo/prepare.mjs';
import { startServices } from './services/main.mjs';
import { endWithUs, makeFolder, removeFolder } from './services/processes.mjs';

const usage = `npm test [-- options and filters of vitest]

  npm test                        everything, on the embedded PostgreSQL and on PostgreSQL, Redis and RabbitMQ
  npm test -- test/ledger         the files whose path contains that
  npm test -- -t 'a tender'       the tests whose name contains that

Servers are used when named by QIANZHI_TEST_PG, QIANZHI_TEST_REDIS and QIANZHI_TEST_AMQP, or kept running by
"node test/services/main.mjs start"; otherwise private ones are started, their Debian packages being installed first when
that is needed and allowed (root with apt-get; QIANZHI_TEST_INSTALL=no forbids it). Without them their suites are skipped,
which CI=true makes a failure. QIANZHI_TEST_MINUTES bounds the tests (default 30). QIANZHI_TEST_HIDE=redis,rabbitmq,postgres
acts as if those were not installed.`;

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...names) => join(repository, ...names);
const minutes = Number(process.env.QIANZHI_TEST_MINUTES ?? 30);
const inCi = !['', '0', 'false', undefined].includes(process.env.CI);
const CHECK_MS = 5 * 60_000;
/** How long vitest may take to end after it was told to. */
const GRACE_MS = 20_000;

/** What failed beside tests: `{ title, reason }`. */
const failures = [];
const running = new Set();
let interruptedBy;
let interruptedAt = 0;

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const say = (line) => console.log(`[npm test] ${line}`);
function fail(title, reason) {
  failures.push({ title, reason });
  say(`${title}: FAILED\n${reason}`);
}

/** Runs a program in a session of its own, so that at its end whatever it left behind can be ended too. */
function runProgram(program, args, { env, capture, timeoutMs }) {
  return new Promise((resolve) => {
    const output = capture ? 'pipe' : 'inherit';
    const child = spawn(program, args, { cwd: repository, env, stdio: ['ignore', output, output], detached: true });
    endWithUs(child);
    const chunks = [];
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // All of it has ended.
      }
    };
    let late = false;
    const task = {
      stop() {
        end('SIGTERM');
        setTimeout(() => end('SIGKILL'), GRACE_MS).unref();
      },
    };
    const deadline = setTimeout(() => {
      late = true;
      task.stop();
    }, timeoutMs);
    running.add(task);
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    const finish = (code, more = '') => {
      clearTimeout(deadline);
      running.delete(task);
      const lateness = late ? `\nit was stopped after ${Math.round(timeoutMs / 1000)} s` : '';
      resolve({ code, late, said: Buffer.concat(chunks).toString('utf8').trim() + more + lateness });
    };
    child.on('error', (error) => finish(127, error.message));
    child.on('exit', () => end('SIGKILL'));
    child.on('close', (code) => finish(code ?? 1));
  });
}

async function check(title, args) {
  if (interruptedBy) return;
  const began = performance.now();
  const { code, said } = await runProgram(process.execPath, args, {
    env: process.env,
    capture: true,
    timeoutMs: CHECK_MS,
  });
  if (code === 0) say(`${title}: ok in ${seconds(began)}`);
  else fail(title, said || `it ended with code ${code}`);
}

async function checkAndBuild() {
  try {
    await build({ log: say });
  } catch (error) {
    fail('build', error.message);
  }
  await check('types (tsc)', [at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.json'), '--noEmit']);
  await check('style (biome)', [at('node_modules', '@biomejs', 'biome', 'bin', 'biome'), 'check', '--colors=off', '.']);
}

/** The embedded default must run everywhere: when it does not, that is a failure, not a skip. */
async function startEmbedded() {
  try {
    const began = performance.now();
    const { startEmbeddedPostgres } = await import(
      pathToFileURL(at('dist', 'runtime', 'embedded', 'postgres.js')).href
    );
    const folder = await makeFolder('embedded');
    // PostgreSQL's own user must pass through it; what is inside has its own locks.
    await chmod(folder, 0o711);
    const server = await startEmbeddedPostgres({ home: join(folder, 'home'), log: say });
    say(`embedded PostgreSQL: up in ${seconds(began)}`);
    return {
      url: server.url,
      async stop() {
        await server.stop();
        await removeFolder(folder);
      },
    };
  } catch (error) {
    fail('embedded PostgreSQL', error.message);
    return undefined;
  }
}

async function runTests(args, servers) {
  const folder = await makeFolder('report');
  const report = join(folder, 'vitest.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const { QIANZHI_TEST_PG, QIANZHI_TEST_REDIS, QIANZHI_TEST_AMQP, QIANZHI_TEST_PG_EMBEDDED, ...rest } = process.env;
  const { code, late } = await runProgram(
    process.execPath,
    [at('node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...args],
    { env: { ...rest, ...servers }, capture: false, timeoutMs: minutes * 60_000 },
  );
  const counted = await count(report);
  await removeFolder(folder);
  if (late) fail('tests', `they were stopped after ${minutes} minutes (QIANZHI_TEST_MINUTES)`);
  else if (interruptedBy) fail('tests', `interrupted by ${interruptedBy}`);
  else if (counted.passed + counted.failed === 0) fail('tests', 'no test was run');
  else if (code !== 0 && counted.failed === 0) fail('tests', 'vitest failed beside the tests: see above');
  return counted;
}

/** A file that could not even be collected has no failed test: it counts as one. */
async function count(report) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, testResults } = JSON.parse(
      await readFile(report, 'utf8'),
    );
    const broken = testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
    );
    return {
      passed: numPassedTests,
      failed: numFailedTests + broken.length,
      skipped: numPendingTests + numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function tellMissing(services, skipped) {
  const lines = [
    ...services.missing.map(({ title, reason }) => `${title} is missing: ${reason}`),
    `${skipped} tests were skipped for want of ${services.missing.length === 1 ? 'it' : 'them'} or by their authors.`,
    ...services.advice.split('\n'),
  ].flatMap((line) => line.split('\n'));
  const bar = '!'.repeat(100);
  console.log(`\n${bar}\n${lines.map((line) => `!!  ${line}`).join('\n')}\n${bar}\n`);
}

async function main(args) {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return;
  }
  let counted = { passed: 0, failed: 0, skipped: 0 };
  const toStop = [];
  try {
    await install({ log: say });
    const starting = startServices({ log: say });
    await checkAndBuild();
    const services = await starting;
    toStop.push(services);
    const embedded = interruptedBy ? undefined : await startEmbedded();
    if (embedded) toStop.push(embedded);
    if (interruptedBy) fail('tests', `interrupted by ${interruptedBy}`);
    else {
      const embeddedVariable = embedded ? { QIANZHI_TEST_PG_EMBEDDED: embedded.url } : {};
      counted = await runTests(args, { ...services.environment, ...embeddedVariable });
    }
    if (services.missing.length > 0) tellMissing(services, counted.skipped);
    if (inCi) for (const { title, reason } of services.missing) fail(`${title} (CI demands it)`, reason);
  } catch (error) {
    fail('preparation', error.name === 'NotPrepared' ? error.message : (error.stack ?? String(error)));
  }
  for (const each of toStop) {
    await each.stop().catch((error) => fail('stopping servers', error.message));
  }
  for (const { title, reason } of failures) say(`FAILED ${title}: ${reason.split('\n')[0]}`);
  const failed = counted.failed + failures.length;
  process.exitCode = failed === 0 ? 0 : 1;
  console.log(`${counted.passed} passed, ${failed} failed${counted.skipped > 0 ? `, ${counted.skipped} skipped` : ''}`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    // Who asks twice does not want to wait: a watching shell ends the servers. (npm may pass on what we got ourselves.)
    if (interruptedBy && performance.now() - interruptedAt > 2_000) process.exit(130);
    if (interruptedBy) return;
    interruptedBy = signal;
    interruptedAt = performance.now();
    say(`${signal}: stopping`);
    for (const task of running) task.stop();
  });
}
await main(process.argv.slice(2));
