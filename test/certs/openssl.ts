/** The openssl command as a second opinion. Where it is not installed, its tests are skipped, aloud. */
import { execFileSync, spawnSync } from 'node:child_process';
import { describe } from 'vitest';

const version = (() => {
  const found = spawnSync('openssl', ['version'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
})();

if (version === undefined)
  console.warn('SKIPPED: the openssl command is not installed; its second opinions are not asked');

/** Suites that ask the openssl command. */
export const describeWithOpenssl = version?.startsWith('OpenSSL 3') === true ? describe : describe.skip;

/** What openssl prints. Throws with its message when it fails. */
export const openssl = (args: readonly string[], cwd: string): string =>
  execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Whether openssl succeeds. */
export const opensslAgrees = (args: readonly string[], cwd: string): boolean =>
  spawnSync('openssl', args, { cwd, stdio: 'ignore' }).status === 0;
