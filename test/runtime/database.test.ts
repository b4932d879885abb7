/** The database says what happened: values keep their types, failures their kind, and a commit is never guessed. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Unavailable } from '../../runtime/failure.ts';
import { type Database, openDatabase } from '../../runtime/postgres/database.ts';
import { CommitUnknown, violates } from '../../runtime/postgres/errors.ts';
import { identifier, sql } from '../../runtime/postgres/sql.ts';
import { openFaultProxy } from '../faults/levers/proxy.ts';
import { describeOnDatabases, type FreshDatabase, freshDatabase, waitFor } from '../servers.ts';

test('a value never becomes text, and a name must look like one', () => {
  const statement = sql`select ${'x'} from ${identifier('ledger.account')} where a = ${7n}`;
  expect(statement.text).toBe('select $1 from ledger.account where a = $2');
  expect(statement.values).toEqual(['x', 7n]);
  for (const text of ['a b', 'a;', '"a"', '', 'A', 'a.b.c', "a'"]) expect(() => identifier(text)).toThrow(RangeError);
});

test('one template keeps one prepared name per set of names, and other texts have others', () => {
  const by = (table: string, n: number) => sql`select ${n} from ${identifier(table)}`;
  expect(by('a', 1).name).toBe(by('a', 2).name);
  expect(by('a', 1).name).not.toBe(by('b', 1).name);
  expect(by('b', 1).text).toBe('select $1 from b');
});

describeOnDatabases('the database', (server) => {
  let fresh: FreshDatabase;
  let database: Database;
  beforeAll(async () => {
    fresh = await freshDatabase(server.url);
    database = openDatabase({ url: fresh.url, max: 4, statementTimeoutMs: 2_000 });
    await database.execute(sql`create table thing (n bigint constraint thing_pkey primary key, note text)`);
  });
  afterAll(async () => {
    await database?.close();
    await fresh?.drop();
  });
  const count = async () => (await database.row<{ count: bigint }>(sql`select count(*) from thing`))?.count;

  test('int8 is a bigint, numeric and date are text, timestamptz a Date, json is parsed', async () => {
    const row = await database.row(sql`select 9007199254740993::int8 as big, ${[1n, 9007199254740993n]}::int8[] as bigs,
      1.10::numeric as exact, date '2024-02-29' as day, to_timestamp(0) as at, '{"a":[1]}'::jsonb as j`);
    expect(row).toEqual({
      big: 9007199254740993n,
      bigs: [1n, 9007199254740993n],
      exact: '1.10',
      day: '2024-02-29',
      at: new Date(0),
      j: { a: [1] },
    });
  });

  test('a transaction whose work throws leaves nothing', async () => {
    const before = await count();
    await expect(
      database.transaction(async (transaction) => {
        await transaction.execute(sql`insert into thing (n) values (${100})`);
        throw new RangeError('no');
      }),
    ).rejects.toThrow(RangeError);
    expect(await count()).toBe(before);
  });

  test('a swallowed error inside a transaction does not pass for a commit', async () => {
    const before = await count();
    await expect(
      database.transaction(async (transaction) => {
        await transaction.execute(sql`insert into thing (n) values (${101})`);
        await transaction.execute(sql`select 1 / 0`).catch(() => undefined);
      }),
    ).rejects.toThrow('had failed');
    expect(await count()).toBe(before);
  });

  test('a violated key is told by its name, and is not an absence', async () => {
    await database.execute(sql`insert into thing (n) values (${1})`);
    const error = await database.execute(sql`insert into thing (n) values (${1})`).catch((caught: unknown) => caught);
    expect(violates(error, 'thing_pkey')).toBe(true);
    expect(violates(error, 'other')).toBe(false);
    expect(error).not.toBeInstanceOf(Unavailable);
  });

  test('a killed connection is an absence, and the next statement works', async () => {
    await expect(database.execute(sql`select pg_terminate_backend(pg_backend_pid())`)).rejects.toThrow(Unavailable);
    expect(await database.row(sql`select 1 as one`)).toEqual({ one: 1 });
  });

  test('a statement that takes too long is cancelled', async () => {
    await expect(database.execute(sql`select pg_sleep(10)`)).rejects.toThrow(Unavailable);
  });

  test('idle connections that the server closes are replaced', async () => {
    await Promise.all([1, 2, 3, 4].map(() => database.row(sql`select pg_sleep(0.05)`)));
    const other = openDatabase({ url: fresh.url });
    await other.rows(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`);
    await other.close();
    await waitFor(() => database.row(sql`select 1 as one`));
  });

  test('a listener hears what is said, and looks again after its connection was cut', async () => {
    const heard: (string | undefined)[] = [];
    const stop = await database.listen('things', (payload) => heard.push(payload));
    await database.rows(sql`select pg_notify('things', 'a')`);
    await waitFor(() => heard.includes('a'));
    await database.rows(sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and query = 'listen things'`);
    await waitFor(() => heard.filter((payload) => payload === undefined).length >= 2);
    await database.rows(sql`select pg_notify('things', 'b')`);
    await waitFor(() => heard.includes('b'));
    await stop();
  });

  test('a lost reply to COMMIT is told as unknown, and here it had been committed', async () => {
    const proxy = await openFaultProxy(fresh.url);
    const through = openDatabase({ url: proxy.url });
    try {
      const attempt = through.transaction(async (transaction) => {
        await transaction.execute(sql`insert into thing (n, note) values (${200}, 'cut')`);
        proxy.cutBeforeReply();
      });
      await expect(attempt).rejects.toThrow(CommitUnknown);
      await waitFor(() => database.row(sql`select 1 from thing where n = 200`));
    } finally {
      await through.close();
      await proxy.close();
    }
  });

  test('a server that is not there is an absence', async () => {
    const gone = openDatabase({ url: 'postgres://postgres@127.0.0.1:1/none' });
    await expect(gone.row(sql`select 1`)).rejects.toThrow(Unavailable);
    await expect(gone.transaction((transaction) => transaction.row(sql`select 1`))).rejects.toThrow(Unavailable);
    await gone.close();
  });
});
