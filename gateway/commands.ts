/** What the command line asks of the gateway: the registry, as it is kept. */
import { openDatabase } from '../runtime/postgres/database.ts';
import { sql } from '../runtime/postgres/sql.ts';

export interface ListedKey {
  readonly keySerial: string;
  readonly algorithm: string;
  /** What a message signed with it would meet now. */
  readonly state: 'valid' | 'revoked' | 'not yet valid' | 'expired';
  readonly validTo: string;
}

export interface ListedPlatform {
  readonly platformNo: string;
  readonly name: string;
  readonly profile: string;
  readonly state: string;
  readonly notifyUrl: string;
  readonly keys: readonly ListedKey[];
}

interface Row {
  readonly platform_no: string;
  readonly name: string;
  readonly profile: string;
  readonly status: string;
  readonly notify_url: string;
}

interface KeyRow {
  readonly platform_no: string;
  readonly key_serial: string;
  readonly algorithm: string;
  readonly valid_from: Date;
  readonly valid_to: Date;
  readonly revoked_at: Date | null;
}

/** All platforms with all their keys, in the order of their numbers. Throws `Unavailable` when the database is away. */
export async function listPlatforms(databaseUrl: string): Promise<readonly ListedPlatform[]> {
  const database = openDatabase({
    url: databaseUrl,
    role: 'qianzhi_gateway',
    max: 1,
    applicationName: 'qianzhi platform list',
  });
  try {
    const platforms = await database.rows<Row>(sql`
      select platform_no, name, profile, status, notify_url from gateway.platform order by platform_no`);
    const keys = await database.rows<KeyRow>(sql`
      select platform_no, key_serial, algorithm, valid_from, valid_to, revoked_at from gateway.platform_key order by platform_no, valid_from`);
    return platforms.map((row) => ({
      platformNo: row.platform_no,
      name: row.name,
      profile: row.profile,
      state: row.status,
      notifyUrl: row.notify_url,
      keys: keys.filter((key) => key.platform_no === row.platform_no).map((key) => listedKey(key, Date.now())),
    }));
  } finally {
    await database.close();
  }
}

function listedKey(key: KeyRow, now: number): ListedKey {
  const state =
    key.revoked_at !== null
      ? 'revoked'
      : now < key.valid_from.getTime()
        ? 'not yet valid'
        : now > key.valid_to.getTime()
          ? 'expired'
          : 'valid';
  return { keySerial: key.key_serial, algorithm: key.algorithm, state, validTo: key.valid_to.toISOString() };
}
