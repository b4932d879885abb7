/**
 * Makes a fresh clone ready to run: installs the locked packages and builds dist/, each only when needed. It is what
 * `npm run demo` and `npm test` begin with, so it is plain JavaScript without dependencies, for Node 20.19 and newer.
 */
import { spawn } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...names) => join(repository, ...names);
const INSTALL_MS = 15 * 60_000;
const BUILD_MS = 5 * 60_000;
const stampFile = at('dist', '.built');
/** Folders of the repository that hold no source of dist/. */
const notSources = new Set(['node_modules', 'dist', 'var', 'test', 'docs', 'deploy']);
/** What the programs read at run time and the compiler does not copy. */
const asset = /\.(sql|html|css|svg|json|txt|csv|pem)$/;

/** The preparation failed; the message says what to do. */
export class NotPrepared extends Error {
  name = 'NotPrepared';
}

/**
 * Installs and builds what is missing or old. @throws NotPrepared
 * @param {{ log?: (line: string) => void }} options
 */
export async function prepare({ log = console.log } = {}) {
  await install({ log });
  await build({ log });
}

/** `npm ci` when node_modules does not hold what the lock names. @throws NotPrepared */
export async function install({ log = console.log } = {}) {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new NotPrepared(`Node 20.19 or newer is needed; this is ${process.versions.node}`);
  }
  const reason = whyInstall();
  if (reason === undefined) return;
  if (lstatSync(at('node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) {
    throw new NotPrepared(`node_modules is a link, and ${reason}: install in the folder it leads to`);
  }
  log(`installing packages (npm ci): ${reason}`);
  const npm = process.env.npm_execpath?.endsWith('.js') ? [process.execPath, process.env.npm_execpath] : ['npm'];
  // The compiler and the test runner are needed whatever NODE_ENV says.
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const { code, said } = await run([...npm, ...args], { log, what: 'npm ci', timeoutMs: INSTALL_MS });
  if (code !== 0) throw new NotPrepared(explainInstall(said));
}

/** Compiles into dist/ when a source is newer. @throws NotPrepared with the compiler's errors */
export async function build({ log = console.log } = {}) {
  const sources = listSources();
  const reason = whyBuild(sources);
  if (reason === undefined) return;
  log(`building dist/: ${reason}`);
  // From nothing, so that a source that is gone leaves no program behind.
  await rm(at('dist'), { recursive: true, force: true });
  const compiler = [process.execPath, at('node_modules', 'typescript', 'bin', 'tsc'), '-p', at('tsconfig.build.json')];
  const { code, said } = await run(compiler, { log, what: 'tsc', timeoutMs: BUILD_MS });
  if (code !== 0) throw new NotPrepared(`the build failed:\n${said.trim()}`);
  for (const file of sources.filter((path) => asset.test(path) && dirname(path) !== '.')) {
    await mkdir(dirname(at('dist', file)), { recursive: true });
    await copyFile(at(file), at('dist', file));
  }
  await writeFile(stampFile, manifest(sources));
}

function whyInstall() {
  if (!existsSync(at('node_modules'))) return 'there is no node_modules';
  try {
    const wanted = JSON.parse(readFileSync(at('package-lock.json'), 'utf8')).packages;
    const there = JSON.parse(readFileSync(at('node_modules', '.package-lock.json'), 'utf8')).packages;
    for (const [path, { version, optional }] of Object.entries(wanted)) {
      if (path === '') continue;
      // What is optional may be for another machine; what is there must be of the locked version.
      if (there[path] ? there[path].version !== version : !optional) {
        return `${path.replace(/^.*node_modules\//, '')} ${version} is not installed`;
      }
    }
    return undefined;
  } catch {
    return 'node_modules was not finished';
  }
}

function explainInstall(said) {
  const tail = said.trim().split('\n').slice(-12).join('\n');
  const network = /ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|network/i.test(said);
  const distrusted = /SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)|CERT_/.test(said);
  const missing = /ENOENT.*npm|npm: not found/.test(said);
  const advice = missing
    ? 'npm was not found: install npm, which comes with Node'
    : distrusted
      ? "the package registry's certificate is not trusted: name your proxy's authority in NODE_EXTRA_CA_CERTS"
      : network
        ? 'the package registry was not reached: check the network, a proxy (npm config get proxy) and npm config get registry'
        : 'npm ci failed';
  return `${advice}\n${tail}`;
}

function whyBuild(sources) {
  if (!existsSync(stampFile)) return 'there is no finished build';
  return readFileSync(stampFile, 'utf8') === manifest(sources) ? undefined : 'sources have changed';
}

/** Name, size and time of every source: a changed, new or removed one makes another text. */
function manifest(sources) {
  return `${sources
    .map((file) => {
      const { size, mtimeMs } = statSync(at(file));
      return `${file} ${size} ${mtimeMs}`;
    })
    .join('\n')}\n`;
}

function listSources() {
  const found = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  const look = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !entry.name.startsWith('.')) look(path);
      else if (entry.isFile() && (entry.name.endsWith('.ts') || asset.test(entry.name)))
        found.push(relative(repository, path));
    }
  };
  for (const entry of readdirSync(repository, { withFileTypes: true })) {
    if (entry.isDirectory() && !entry.name.startsWith('.') && !notSources.has(entry.name)) look(at(entry.name));
  }
  // Of the tests, the fault driver alone is a program.
  look(at('test', 'faults'));
  return found.sort();
}

/** Runs it to its end with a sign of life every 10 s. Answers its code (127: not found) and all it said. */
function run([program, ...args], { log, what, timeoutMs }) {
  return new Promise((resolve) => {
    const began = performance.now();
    const seconds = () => Math.round((performance.now() - began) / 1000);
    const child = spawn(program, args, {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      shell: process.platform === 'win32',
    });
    const chunks = [];
    const alive = setInterval(() => log(`  ${what}: ${seconds()} s …`), 10_000);
    const finish = (code, more = '') => {
      clearInterval(alive);
      resolve({ code, said: Buffer.concat(chunks).toString('utf8') + more });
    };
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => finish(127, error.message));
    child.on('close', (code, signal) => {
      if (code === 0) log(`  ${what}: done in ${seconds()} s`);
      finish(code ?? 1, signal ? `\n${what} was ended by ${signal} after ${seconds()} s` : '');
    });
  });
}

async function main(options) {
  try {
    if (options.includes('--help'))
      console.log('node demo/prepare.mjs   installs the packages and builds dist/, if needed');
    else await prepare();
  } catch (error) {
    if (!(error instanceof NotPrepared)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

if (process.argv[1] && fileURLToPath(import.meta.url) === realpathSync(process.argv[1]))
  await main(process.argv.slice(2));
