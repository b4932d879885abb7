/** What PostgreSQL says of the lines' tables and leases. */
import type { DatabaseConfig } from '../../config.ts';
import { Defect } from '../../failure.ts';
import { openDatabase } from '../../postgres/database.ts';
import { roleOf } from '../../postgres/folder.ts';
import { type LineState, lines } from '../lines.ts';
import { countMessages, ownedLines, tableNameOf, tablesThere } from './statements.ts';

/** Asks about every line. Throws `Unavailable` when the database is away. */
export async function inspectPostgresLines(
  server: Pick<DatabaseConfig, 'url' | 'password'> | undefined,
): Promise<readonly LineState[]> {
  if (server === undefined) throw new Defect('the bus on PostgreSQL needs a database');
  const database = openDatabase({ ...server, role: roleOf('bus'), max: 1, applicationName: 'qianzhi doctor' });
  try {
    const there = await database.rows<{ name: string }>(tablesThere(lines.map(({ name }) => tableNameOf(name))));
    const tables = new Set(there.map(({ name }) => name));
    const owned = new Set((await database.rows<{ line: string }>(ownedLines())).map(({ line }) => line));
    const states: LineState[] = [];
    for (const line of lines) {
      const name = tableNameOf(line.name);
      const consumers = owned.has(line.name) ? 1 : 0;
      const row = tables.has(name) ? await database.row<{ waiting: number }>(countMessages(line.name)) : undefined;
      states.push({ line, name, is: row === undefined ? 'missing' : 'there', waiting: row?.waiting ?? 0, consumers });
    }
    return states;
  } finally {
    await database.close();
  }
}
