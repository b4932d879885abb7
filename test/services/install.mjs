/**
 * Installs Debian's packages of the servers, when we are root and apt-get is there: the programs only. No service is started
 * or left to start at the next boot, because what we run are private instances. Plain JavaScript, no dependencies.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { onPath } from './find.mjs';
import { isRoot, plainEnvironment, runToEnd } from './processes.mjs';

const run = promisify(execFile);
const UPDATE_MS = 4 * 60_000;
const INSTALL_MS = 12 * 60_000;
const policyFile = '/usr/sbin/policy-rc.d';

const packages = { postgres: ['postgresql'], redis: ['redis-server'], rabbitmq: ['rabbitmq-server'] };
/** What their packages would start: services of packages that were there before are not touched. */
const services = {
  'redis-server': ['redis-server.service'],
  'rabbitmq-server': ['rabbitmq-server.service'],
  postgresql: ['postgresql.service'],
  'erlang-base': ['epmd.service', 'epmd.socket'],
};

/** Why we may not install, or undefined when we may. */
export function whyNotInstall() {
  if (process.env.QIANZHI_TEST_INSTALL === 'no') return 'QIANZHI_TEST_INSTALL=no';
  if (!isRoot) return 'only root may install packages';
  if (!onPath('apt-get')) return 'there is no apt-get here';
  return undefined;
}

/** Installs the packages of these kinds. @throws Error with what apt-get said. */
export async function installPackages(kinds, log) {
  const wanted = kinds.flatMap((kind) => packages[kind]);
  const before = await installedOf(Object.keys(services));
  const options = ['-q', '-y', '-o', 'DPkg::Lock::Timeout=180', '-o', 'Acquire::Retries=2'];
  const env = { DEBIAN_FRONTEND: 'noninteractive', ...proxies() };
  log('apt-get update');
  await runToEnd('apt-get', [...options, 'update'], { env, timeoutMs: UPDATE_MS });
  log(`apt-get install ${wanted.join(' ')}`);
  await withoutServiceStarts(async () => {
    const install = [...options, '--no-install-recommends', 'install', ...wanted];
    await runToEnd('apt-get', install, { env, timeoutMs: INSTALL_MS });
  });
  const units = Object.entries(services).flatMap(([name, names]) => (before.has(name) ? [] : names));
  await notAtBoot(units);
  log(`installed ${wanted.join(', ')}; none of them was started as a service of this machine`);
}

function proxies() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => /^(https?|no|ftp)_proxy$/i.test(name)));
}

async function installedOf(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholders are dpkg-query's.
  const format = '${Package} ${db:Status-Status}\n';
  const { stdout } = await run('dpkg-query', ['-W', '-f', format, ...names]).catch((error) => error);
  const lines = (stdout ?? '').split('\n').filter((line) => line.endsWith(' installed'));
  return new Set(lines.map((line) => line.split(' ')[0]));
}

/** Debian asks policy-rc.d before it starts a service: 101 is no. It says so only as long as we live. */
async function withoutServiceStarts(use) {
  if (existsSync(policyFile)) return use(); // The machine has a policy of its own.
  const script = `#!/bin/sh\n# Put here by a test run's package installation; remove it when that is over.\nkill -0 ${process.pid} 2>/dev/null && exit 101\nexit 0\n`;
  await writeFile(policyFile, script, { flag: 'wx' });
  await chmod(policyFile, 0o755);
  try {
    return await use();
  } finally {
    await rm(policyFile, { force: true });
  }
}

async function notAtBoot(units) {
  if (!onPath('systemctl')) return;
  for (const unit of units) {
    // Best effort: a unit that is not there, or no systemd, is what we want anyway.
    await run('systemctl', ['disable', unit], { env: plainEnvironment(), timeout: 30_000 }).catch(() => undefined);
  }
}
