/**
 * Forward-only numbered migrations: `<room>/migrations/0001_name.sql`, plain SQL, one schema per room, all of a run in one transaction. The
 * owner runs them; the room works under the role `qianzhi_<room>`, which gets what the files grant. An applied file that was changed or
 * taken away is refused, because then nobody knows what the schema is.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { sqlState, translated } from './errors.ts';
import { migrationsOf, type Room, roleOf } from './folder.ts';
import { identifier, sql } from './sql.ts';
import type { Statements } from './statements.ts';

export interface MigrateOptions {
  /** The owner's URL: a login that may create schemas and roles. */
  readonly url: string;
  readonly password?: string;
  readonly room: Room;
  /** Default: the room's own folder. */
  readonly folder?: string;
  /** The application's login, to be made a member of the room's role. Not needed when owner and application log in alike. */
  readonly login?: string;
  /** Told one line per file that is applied. */
  readonly log?: (line: string) => void;
}

/** One lock for all rooms of a database: `qianzhi` in ASCII, shortened. */
const LOCK = '31069317345638505';
/** Roles belong to the whole server, so two databases may make them at once; SQLSTATEs of having been second. */
const madeMeanwhile = new Set(['XX000', '23505', '42710']);
const FILE = /^\d{4}_[a-z0-9_]+\.sql$/;

async function makeRole(client: pg.Client, role: string, login: string | undefined): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      const known = await client.query('select 1 from pg_roles where rolname = $1', [role]);
      if (known.rowCount === 0) await client.query(`create role ${role} nologin`);
      if (login === undefined) return;
      const member = await client.query(`select 1 where pg_has_role($1, $2, 'member')`, [login, role]);
      if (member.rowCount === 0) await client.query(`grant ${role} to ${pg.escapeIdentifier(login)}`);
      return;
    } catch (error) {
      if (!madeMeanwhile.has(sqlState(error) ?? '') || tries === 10) throw error;
      await sleep(20 * tries);
    }
  }
}

interface File {
  readonly name: string;
  readonly sha256: string;
}

async function readFiles(folder: string): Promise<readonly File[]> {
  const names = (await readdir(folder)).toSorted();
  const stray = names.find((name) => !FILE.test(name));
  if (stray !== undefined) throw new Error(`${join(folder, stray)}: a migration is named 0001_what_it_does.sql`);
  return Promise.all(
    names.map(async (name) => ({
      name: name.slice(0, -'.sql'.length),
      sha256: createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex'),
    })),
  );
}

/** Remembers the sums of what is to be applied, and refuses when what was applied is no longer the same. */
async function compare(client: pg.Client, room: Room, files: readonly File[]): Promise<void> {
  const present = await client.query('select to_regclass($1) is not null as present', [`${room}.migration`]);
  const applied = new Set<string>();
  if (present.rows[0]?.present) {
    for (const { name } of (await client.query(`select name from ${room}.migration`)).rows) applied.add(name);
  }
  const known = await client.query<File>(`select name, sha256 from ${room}.migration_sum`);
  const sums = new Map(known.rows.map(({ name, sha256 }) => [name, sha256]));
  for (const name of applied) {
    const file = files.find((candidate) => candidate.name === name);
    if (file === undefined)
      throw new Error(
        `${room}: migration ${name} was applied, but its file is gone; bring it back or run a newer build`,
      );
    if (sums.get(name) !== file.sha256)
      throw new Error(
        `${room}: migration ${name} was changed after it had been applied; undo that, and write a new one`,
      );
  }
  const pending = files.filter(({ name }) => !applied.has(name));
  // Written before they are applied: an applied file without a sum can then not exist, whenever we are killed.
  await client.query(
    `insert into ${room}.migration_sum (name, sha256) select * from unnest($1::text[], $2::text[])
     on conflict (name) do update set sha256 = excluded.sha256`,
    [pending.map(({ name }) => name), pending.map(({ sha256 }) => sha256)],
  );
}

async function apply(
  client: pg.Client,
  options: MigrateOptions,
  folder: string,
  files: readonly File[],
): Promise<readonly string[]> {
  const { room } = options;
  const role = identifier(roleOf(room)).text;
  await makeRole(client, role, options.login);
  await client.query(`create schema if not exists ${room}; grant usage on schema ${room} to ${role};
    create table if not exists ${room}.migration_sum (name text primary key, sha256 text not null)`);
  await compare(client, room, files);
  const quiet = (): void => undefined;
  const done = await runner({
    dbClient: client,
    dir: folder,
    direction: 'up',
    migrationsTable: 'migration',
    migrationsSchema: room,
    schema: room,
    singleTransaction: true,
    noLock: true,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  await client.query(`grant select on ${room}.migration to ${role}`);
  for (const { name } of done) options.log?.(`${room}: applied ${name}`);
  return done.map(({ name }) => name);
}

/**
 * Brings a room's schema up to date; answers the names of the files it applied. Two that start at once wait for each other.
 * @throws Unavailable when the database is away; Error when an applied file is missing or changed, or a file fails (then none is applied).
 */
export async function migrate(options: MigrateOptions): Promise<readonly string[]> {
  const folder = options.folder ?? migrationsOf(options.room);
  const files = await readFiles(folder);
  const client = new pg.Client({
    connectionString: options.url,
    ...(options.password === undefined ? {} : { password: options.password }),
    application_name: 'qianzhi migrate',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    // Held by the session: released with it, also when we are killed.
    await client.query(`select pg_advisory_lock(${LOCK})`);
    return await apply(client, options, folder, files);
  } catch (error) {
    // The library wraps nothing that the server said; only what is away is translated.
    throw sqlState(error) === undefined && !(error instanceof Error && 'errno' in error) ? error : translated(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export interface SchemaVersion {
  /** The last applied file's name, or undefined when nothing was applied. */
  readonly applied: string | undefined;
  /** Files of this build that are not applied. */
  readonly pending: readonly string[];
  /** Applied files that this build does not have: a newer one migrated it. */
  readonly unknown: readonly string[];
}

/** How a room's schema compares with this build's files. Throws `Unavailable` when the database is away. */
export async function schemaVersion(
  database: Statements,
  room: Room,
  folder = migrationsOf(room),
): Promise<SchemaVersion> {
  const files = await readFiles(folder);
  const present = await database.row<{ present: boolean }>(
    sql`select to_regclass(${`${room}.migration`}) is not null as present`,
  );
  const names = present?.present
    ? await database.rows<{ name: string }>(sql`select name from ${identifier(`${room}.migration`)} order by id`)
    : [];
  const applied = new Set(names.map(({ name }) => name));
  return {
    applied: names.at(-1)?.name,
    pending: files.map(({ name }) => name).filter((name) => !applied.has(name)),
    unknown: names.map(({ name }) => name).filter((name) => !files.some((file) => file.name === name)),
  };
}
