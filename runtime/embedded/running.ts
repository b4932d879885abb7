/** How other processes of an installation find the embedded PostgreSQL that one of them runs: by what its home remembers. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { rememberedPort } from './home.ts';

const CONNECT_MS = 3_000;

/** The superuser URL of the one that a process of this home runs now; undefined when none answers. */
export async function runningEmbeddedPostgres(home: string): Promise<string | undefined> {
  const port = await rememberedPort(home);
  const password = await readFile(join(home, 'password'), 'utf8').catch(() => undefined);
  if (port === undefined || password === undefined) return undefined;
  const url = `postgres://postgres:${encodeURIComponent(password.trim())}@127.0.0.1:${port}/postgres`;
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return url;
  } catch {
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
