/** The bus on PostgreSQL, server and embedded, keeps the port's contract: the suite that every implementation passes. */
import { expect, test } from 'vitest';
import { lines } from '../../runtime/bus/lines.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { once, sql } from '../../runtime/postgres/sql.ts';
import { describeOnDatabases } from '../servers.ts';
import { postgresGround } from './bus-grounds.ts';
import { busSuite, fullSuite } from './bus-suite.ts';

describeOnDatabases('the bus on PostgreSQL', (server) => {
  busSuite(() => postgresGround(server.url));
  fullSuite(() => postgresGround(server.url));

  test('every line of the topology has its table', async () => {
    const ground = await postgresGround(server.url);
    const database = openDatabase({ url: ground.url });
    try {
      for (const { name } of lines) {
        const table = `bus.${name.replaceAll('.', '_')}`;
        expect(await database.row(once(sql`select to_regclass(${table})::text as name`))).toEqual({ name: table });
      }
    } finally {
      await database.close();
      await ground.clear();
    }
  });
});
