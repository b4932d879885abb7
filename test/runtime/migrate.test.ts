/** Migrations are applied once, in order, all or nothing, and never changed afterwards. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { migrate, schemaVersion } from '../../runtime/postgres/migrate.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases, type FreshDatabase, freshDatabase } from '../servers.ts';

describeOnDatabases('migrations', (server) => {
  let database: FreshDatabase;
  let folder: string;
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  const run = () => migrate({ url: database.url, room: 'gateway', folder });

  beforeEach(async () => {
    database = await freshDatabase(server.url);
    folder = await mkdtemp(join(tmpdir(), 'qianzhi-migrations-'));
    await write(
      '0001_first.sql',
      `create table gateway.thing (n int not null, about jsonb default '{"a": 1}');
      grant select, insert on gateway.thing to qianzhi_gateway;`,
    );
    return async () => {
      await database.drop();
      await rm(folder, { recursive: true });
    };
  });

  test('each file is applied once, and the room works under its own role without owning anything', async () => {
    expect(await run()).toEqual(['0001_first']);
    expect(await run()).toEqual([]);
    await write('0002_second.sql', 'alter table gateway.thing add m int');
    expect(await run()).toEqual(['0002_second']);

    const room = openDatabase({ url: database.url, role: 'qianzhi_gateway' });
    try {
      expect(await room.execute(sql`insert into gateway.thing (n, m) values (${1}, ${2})`)).toBe(1);
      await expect(room.execute(sql`alter table gateway.thing add o int`)).rejects.toMatchObject({ code: '42501' });
      await expect(room.execute(sql`delete from gateway.thing`)).rejects.toMatchObject({ code: '42501' });
      expect(await schemaVersion(room, 'gateway', folder)).toEqual({
        applied: '0002_second',
        pending: [],
        unknown: [],
      });
    } finally {
      await room.close();
    }
  });

  test('two that start at once apply each file once', async () => {
    const both = await Promise.all([run(), run()]);
    expect(both.flat()).toEqual(['0001_first']);
  });

  test('rooms of two databases may make the same role at once', async () => {
    const other = await freshDatabase(server.url);
    try {
      const rooms = ['gateway', 'adapters', 'ledger'] as const;
      const empty = await mkdtemp(join(tmpdir(), 'qianzhi-migrations-'));
      await Promise.all(
        rooms.flatMap((room) => [database, other].map(({ url }) => migrate({ url, room, folder: empty }))),
      );
    } finally {
      await other.drop();
    }
  });

  test('a file that fails leaves nothing of its run', async () => {
    await write('0002_broken.sql', 'create table gateway.other (n int); create table gateway.thing (n int)');
    await expect(run()).rejects.toMatchObject({ code: '42P07' });
    const room = openDatabase({ url: database.url });
    try {
      expect(await room.row(sql`select to_regclass('gateway.thing') as thing`)).toEqual({ thing: null });
      expect(await schemaVersion(room, 'gateway', folder)).toMatchObject({ pending: ['0001_first', '0002_broken'] });
    } finally {
      await room.close();
    }
  });

  test('an applied file that was changed is refused', async () => {
    await run();
    await write('0001_first.sql', 'create table gateway.thing (n bigint)');
    await expect(run()).rejects.toThrow('was changed after it had been applied');
  });

  test('an applied file that is gone is refused', async () => {
    await run();
    await rm(join(folder, '0001_first.sql'));
    await expect(run()).rejects.toThrow('its file is gone');
  });

  test('a file put in front of applied ones is refused', async () => {
    await run();
    await write('0000_before.sql', 'create table gateway.before (n int)');
    await expect(run()).rejects.toThrow();
  });
});
