/**
 * The servers that tests run on. `npm test` finds or starts them and tells their URLs in the environment:
 * QIANZHI_TEST_PG (server PostgreSQL, superuser), QIANZHI_TEST_PG_EMBEDDED (embedded PostgreSQL, superuser),
 * QIANZHI_TEST_AMQP, QIANZHI_TEST_REDIS. A server that is not named there has its suites skipped, and `npm test` counts
 * them aloud; a server that is named but does not answer fails them.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe } from 'vitest';

/** A PostgreSQL to run a suite on. */
export interface TestServer {
  /** For titles: `server PostgreSQL 15`, `embedded PostgreSQL 18`, or without a number when it is missing. */
  readonly name: string;
  /** Superuser URL. */
  readonly url: string;
}

export interface FreshDatabase {
  readonly url: string;
  readonly name: string;
  /** Throws everybody out and drops it. */
  drop(): Promise<void>;
}

const CONNECT_MS = 10_000;
const LOCKED_TEMPLATE = '55006'; // object_in_use: somebody still looks at the template

const kinds = [
  { kind: 'server PostgreSQL', variable: 'QIANZHI_TEST_PG' },
  { kind: 'embedded PostgreSQL', variable: 'QIANZHI_TEST_PG_EMBEDDED' },
] as const;

async function asAdmin<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  // A server killed by a test must fail that test's query, not the whole process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

async function majorVersion(url: string): Promise<number> {
  return asAdmin(url, async (client) => {
    const answer = await client.query<{ version: string }>(`select current_setting('server_version_num') as version`);
    return Math.floor(Number(answer.rows[0]?.version) / 10_000);
  });
}

const available: TestServer[] = [];
const absent: string[] = [];
for (const { kind, variable } of kinds) {
  const url = process.env[variable];
  if (url) available.push({ name: `${kind} ${await majorVersion(url)}`, url });
  else absent.push(kind);
}

/** The PostgreSQL servers that are there, the server first. */
export function databases(): readonly TestServer[] {
  return available;
}

/**
 * A describe for each kind of PostgreSQL; the body is given the server. A missing kind's tests are skipped and counted
 * (the body runs then too, to be counted, with an URL that leads nowhere: do nothing outside of hooks and tests).
 */
export function describeOnDatabases(title: string, body: (server: TestServer) => void): void {
  for (const server of available) describe(`${title} (${server.name})`, () => body(server));
  for (const kind of absent) {
    describe.skip(`${title} (${kind} is missing)`, () => body({ name: kind, url: 'postgres://missing.invalid/' }));
  }
}

/** A describe on the first PostgreSQL that is there (the server before the embedded one); skipped and counted without one. */
export function describeOnDatabase(title: string, body: (server: TestServer) => void): void {
  const [first] = available;
  if (first) describe(`${title} (${first.name})`, () => body(first));
  else
    describe.skip(`${title} (PostgreSQL is missing)`, () =>
      body({ name: 'PostgreSQL', url: 'postgres://missing.invalid/' }));
}

/** A describe that needs RabbitMQ; skipped and counted without. */
export const describeOnRabbit = process.env['QIANZHI_TEST_AMQP'] ? describe : describe.skip;

/** A describe that needs Redis; skipped and counted without. */
export const describeOnRedis = process.env['QIANZHI_TEST_REDIS'] ? describe : describe.skip;

/** A describe that needs all of RabbitMQ, Redis and server PostgreSQL; skipped and counted without. */
export const describeOnServers =
  process.env['QIANZHI_TEST_AMQP'] && process.env['QIANZHI_TEST_REDIS'] && process.env['QIANZHI_TEST_PG']
    ? describe
    : describe.skip;

function named(variable: string): string {
  const url = process.env[variable];
  if (!url) throw new Error(`${variable} is not set: put this into a describeOn… block, or run it through npm test`);
  return url;
}

/** RabbitMQ's URL. Its vhost is shared: give the bus a `freshPrefix()`, and delete what was declared. */
export function amqpUrl(): string {
  return named('QIANZHI_TEST_AMQP');
}

/** Redis's URL. It is shared: give every key a `freshPrefix()`. */
export function redisUrl(): string {
  return named('QIANZHI_TEST_REDIS');
}

/** Server PostgreSQL's superuser URL. */
export function serverDatabaseUrl(): string {
  return named('QIANZHI_TEST_PG');
}

/** Embedded PostgreSQL's superuser URL. */
export function embeddedDatabaseUrl(): string {
  return named('QIANZHI_TEST_PG_EMBEDDED');
}

/** A prefix for queues, keys or roles that nobody else uses: lower-case letters, digits and `_`; ends with `_`. */
export function freshPrefix(): string {
  return `t${process.pid}_${randomBytes(4).toString('hex')}_`;
}

/**
 * A new database on the server that `adminUrl` leads to.
 * @param options.template the name of a database to copy; nobody may be connected to it (waits up to 10 s for that).
 */
export async function freshDatabase(adminUrl: string, options: { template?: string } = {}): Promise<FreshDatabase> {
  const name = `qianzhi_${freshPrefix()}db`;
  const copied = options.template === undefined ? '' : ` template ${pg.escapeIdentifier(options.template)}`;
  await asAdmin(adminUrl, async (client) => {
    const until = performance.now() + 10_000;
    for (;;) {
      try {
        await client.query(`create database ${pg.escapeIdentifier(name)}${copied}`);
        return;
      } catch (error) {
        const locked = error instanceof pg.DatabaseError && error.code === LOCKED_TEMPLATE;
        if (!locked || performance.now() > until) throw error;
        await sleep(50);
      }
    }
  });
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    name,
    async drop() {
      await asAdmin(adminUrl, (client) =>
        client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`),
      );
    },
  };
}

/**
 * Asks until `condition` answers something truthy, and returns that. An exception counts as "not yet".
 * @throws Error after `deadlineMs` (default 15 s), with the last exception as its cause.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  options: { deadlineMs?: number; everyMs?: number; what?: string } = {},
): Promise<NonNullable<T>> {
  const { deadlineMs = 15_000, everyMs = 20, what = 'the condition' } = options;
  const until = performance.now() + deadlineMs;
  let cause: unknown;
  for (;;) {
    try {
      const answer = await condition();
      if (answer) return answer;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > until) {
      throw new Error(`waited ${deadlineMs} ms for ${what}`, cause === undefined ? {} : { cause });
    }
    await sleep(everyMs);
  }
}

/** A TCP port on the loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port was given'));
        else resolve(address.port);
      });
    });
  });
}
