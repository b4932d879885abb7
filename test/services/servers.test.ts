/** The tests' own tools, tested: a waiting that never ends or a database that is not fresh would make every other test lie. */
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { databases, describeOnDatabases, freePort, freshDatabase, freshPrefix, waitFor } from '../servers.ts';

describeOnDatabases('freshDatabase', (server) => {
  test('gives a database of its own, which is gone after drop even while somebody is connected', async () => {
    const one = await freshDatabase(server.url);
    const two = await freshDatabase(server.url);
    expect(one.url).not.toBe(two.url);
    const client = new pg.Client({ connectionString: one.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.query('create table kept (n int)');
    await one.drop();
    await two.drop();
    await client.end().catch(() => undefined);
    await expect(new pg.Client({ connectionString: one.url }).connect()).rejects.toMatchObject({ code: '3D000' });
  });

  test('copies a template with what is in it', async () => {
    const template = await freshDatabase(server.url);
    const author = new pg.Client({ connectionString: template.url });
    await author.connect();
    await author.query('create table kept as select 7 as n');
    await author.end();
    const copy = await freshDatabase(server.url, { template: template.name });
    const reader = new pg.Client({ connectionString: copy.url });
    await reader.connect();
    expect((await reader.query('select n from kept')).rows).toEqual([{ n: 7 }]);
    await reader.end();
    await copy.drop();
    await template.drop();
  });

  test('is named for its version', async () => {
    expect(databases().map((each) => each.name)).toContain(server.name);
    expect(server.name).toMatch(/^(server|embedded) PostgreSQL \d+$/);
  });
});

describe('waitFor', () => {
  test('returns what the condition answered at last', async () => {
    let asked = 0;
    expect(await waitFor(() => (++asked === 3 ? 'third' : undefined), { everyMs: 1 })).toBe('third');
  });

  test('gives up at its deadline, names what it waited for and keeps the last exception', async () => {
    const never = waitFor(
      () => {
        throw new Error('not there');
      },
      { deadlineMs: 20, everyMs: 1, what: 'a miracle' },
    );
    await expect(never).rejects.toMatchObject({
      message: 'waited 20 ms for a miracle',
      cause: { message: 'not there' },
    });
  });
});

test('ports and prefixes are not given twice', async () => {
  expect(await freePort()).toBeGreaterThan(1023);
  expect(new Set(Array.from({ length: 100 }, freshPrefix)).size).toBe(100);
});
