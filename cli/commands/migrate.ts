/** `qianzhi migrate`: makes the database if it is missing and brings every room's schema up to date. */
import type { Command } from 'commander';
import { Unavailable } from '../../runtime/failure.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { rooms } from '../../runtime/postgres/folder.ts';
import { migrate } from '../../runtime/postgres/migrate.ts';
import { identifier, once, sql } from '../../runtime/postgres/sql.ts';
import { databaseOf, homeOf, settingsOf } from '../installation.ts';

export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .description("bring every room's schema up to date; makes the database if the owner may")
    .action(async (_: object, command: Command) => {
      const paths = homeOf(command);
      const { url, ownerUrl } = await databaseOf(settingsOf(paths), paths);
      const log = (line: string): void => void process.stderr.write(`${line}\n`);
      await makeDatabase(ownerUrl);
      const login = decodeURIComponent(new URL(url).username);
      let applied = 0;
      for (const room of rooms) {
        applied += (await migrate({ url: ownerUrl, room, log, ...(login === '' ? {} : { login }) })).length;
      }
      log(applied === 0 ? 'every schema is up to date' : `${applied} migrations applied`);
    });
}

async function makeDatabase(url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const database = openDatabase({ url: maintenance.href, max: 1, applicationName: 'qianzhi migrate' });
  try {
    const there = await database.row(sql`select 1 as there from pg_database where datname = ${name}`);
    if (there === undefined && /^[a-z_][a-z0-9_]*$/.test(name))
      await database.execute(once(sql`create database ${identifier(name)}`));
  } catch (error) {
    // Without a maintenance database the one that is named must exist; what follows says so if it does not.
    if (!(error instanceof Unavailable)) throw error;
  } finally {
    await database.close();
  }
}
