/** The baseline of every ratio: pgbench's TPC-B at one fixed setting, on the same server and in the same run as what is compared with it. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const TPCB = { scale: 50, clients: 8, threads: 2, mode: 'prepared', seconds: 20 } as const;

/** pgbench beside the server's programs, or on the path. */
async function pgbenchProgram(): Promise<string> {
  const find = new URL('../../test/services/find.mjs', import.meta.url);
  if (existsSync(fileURLToPath(find))) {
    const { findPostgres } = (await import(find.href)) as {
      findPostgres(): Promise<{ readonly postgres: string } | undefined>;
    };
    const found = await findPostgres();
    const beside = found === undefined ? '' : join(dirname(found.postgres), 'pgbench');
    if (existsSync(beside)) return beside;
  }
  return 'pgbench';
}

/** Runs pgbench against the database of this URL; answers what it printed. Throws what it complained of. */
async function pgbench(url: string, args: readonly string[]): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const environment = {
    ...process.env,
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  };
  const program = await pgbenchProgram();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    let [said, complained] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      complained += text;
    });
    child.on('error', (cause) => reject(new Error('pgbench could not be run: install postgresql-contrib', { cause })));
    child.on('close', (code) => (code === 0 ? resolve(said) : reject(new Error(`pgbench: ${complained.trim()}`))));
  });
}

/** Fills the baseline's tables. A smaller scale is filled sooner and means less. */
export async function prepareTpcb(url: string, scale: number = TPCB.scale): Promise<void> {
  await pgbench(url, ['-i', '-q', '-s', String(scale)]);
}

/** One run; transactions per second, connecting left out. */
export async function runTpcb(
  url: string,
  seconds: number = TPCB.seconds,
  scale: number = TPCB.scale,
): Promise<number> {
  const { clients, threads, mode } = TPCB;
  const said = await pgbench(url, [
    ...['-s', String(scale), '-c', String(clients), '-j', String(threads)],
    ...['-M', mode, '-T', String(seconds)],
  ]);
  const [, tps] = /tps = ([\d.]+) \(without initial connection time\)/.exec(said) ?? [];
  if (tps === undefined) throw new Error(`pgbench said no tps:\n${said}`);
  return Number(tps);
}
