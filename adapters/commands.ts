/** What the command line asks of the correspondents: their channels' keys, and the differences that were found. */
import type { Clock } from '../runtime/clock.ts';
import type { AdaptersConfig } from '../runtime/config.ts';
import { type Database, openDatabase } from '../runtime/postgres/database.ts';
import { roleOf } from '../runtime/postgres/folder.ts';
import { sql } from '../runtime/postgres/sql.ts';
import type { Channel } from './channel.ts';
import { openChannels } from './channels.ts';
import { routingOf } from './routing/routing.ts';

/** Opens the configured channels, which reads their keys and connects to nothing; stop each. Throws Error or KeyProblem, saying what to do. */
export function openChannelsOf(settings: AdaptersConfig, clock: Clock): Promise<ReadonlyMap<string, Channel>> {
  routingOf(settings);
  return openChannels(settings.channels, clock);
}

async function briefly<T>(databaseUrl: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase({
    url: databaseUrl,
    role: roleOf('adapters'),
    max: 1,
    applicationName: 'qianzhi command',
  });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

/** How many differences are open. Throws `Unavailable`. */
export const countDifferences = (databaseUrl: string): Promise<number> =>
  briefly(databaseUrl, async (database) => {
    const row = await database.row<{ count: number }>(sql`select count(*)::int as count from adapters.difference`);
    return row?.count ?? 0;
  });

export interface ListedDifference {
  readonly id: string;
  readonly channel: string;
  /** Empty where no platform is known. */
  readonly platformNo: string;
  /** An order's number, or a lot and its platform. */
  readonly about: string;
  readonly kind: string;
  readonly detail: string;
  readonly foundAt: string;
}

interface DifferenceRow {
  readonly id: bigint;
  readonly channel: string;
  readonly platform_no: string | null;
  readonly about: string;
  readonly kind: string;
  readonly detail: string;
  readonly found_at: bigint;
}

/** The open differences 差错, oldest first, of all channels or of one. Throws `Unavailable`. */
export const listDifferences = (
  databaseUrl: string,
  { channel, most }: { readonly channel?: string; readonly most: number },
): Promise<readonly ListedDifference[]> =>
  briefly(databaseUrl, async (database) => {
    const rows = await database.rows<DifferenceRow>(sql`
      select id, channel, platform_no, about, kind, detail, found_at from adapters.difference
      where ${channel ?? null}::text is null or channel = ${channel ?? null} order by id limit ${most}`);
    return rows.map((row) => ({
      id: String(row.id),
      channel: row.channel,
      platformNo: row.platform_no ?? '',
      about: row.about,
      kind: row.kind,
      detail: row.detail,
      foundAt: new Date(Number(row.found_at)).toISOString(),
    }));
  });
