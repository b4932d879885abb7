/** The servers: the database and its schemas, Redis. */
import type { Config } from '../../runtime/config.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { rooms } from '../../runtime/postgres/folder.ts';
import { schemaVersion } from '../../runtime/postgres/migrate.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { type DatabaseUrls, databaseOf, type Paths } from '../installation.ts';
import type { Findings } from './finding.ts';

const START_DATABASE = 'start PostgreSQL, and see that database.url and its password are right';

/** Looks at the servers; answers where the database is, when it can be worked with. */
export async function examineServers(
  findings: Findings,
  config: Config,
  paths: Paths,
): Promise<DatabaseUrls | undefined> {
  let usable: DatabaseUrls | undefined;
  await findings.look('database', START_DATABASE, async () => {
    const urls = await databaseOf(config, paths);
    const database = openDatabase({ url: urls.url, max: 1, applicationName: 'qianzhi doctor' });
    try {
      await database.row(sql`select 1 as one`);
      const current = await examineSchemas(findings, database, paths);
      if (current) usable = urls;
      return undefined;
    } finally {
      await database.close();
    }
  });
  return usable;
}

/** Whether every schema is as this build knows it. */
async function examineSchemas(
  findings: Findings,
  database: ReturnType<typeof openDatabase>,
  paths: Paths,
): Promise<boolean> {
  let current = true;
  for (const room of rooms) {
    const { pending, unknown } = await schemaVersion(database, room);
    if (pending.length > 0 || unknown.length > 0) current = false;
    findings.add(
      `schema ${room}`,
      pending.length > 0
        ? { trouble: `it lacks ${pending.join(', ')}`, todo: `run \`qianzhi migrate --home ${paths.home}\`` }
        : unknown.length > 0
          ? {
              trouble: `it has ${unknown.join(', ')}, which this build does not know`,
              todo: 'run the build that migrated it, or a newer one',
            }
          : undefined,
    );
  }
  return current;
}
