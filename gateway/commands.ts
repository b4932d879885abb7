/** What the command line asks of the gateway: the registry as it is kept, and the notifications that nobody took. */
import type { PlatformKey } from '../contract/internal/instruction.ts';
import { type Database, openDatabase } from '../runtime/postgres/database.ts';
import { roleOf } from '../runtime/postgres/folder.ts';
import { sql } from '../runtime/postgres/sql.ts';
import { resend as makeDue, listParkedNotifications as selectParked } from './notifications/rows.ts';
import { keyRefusal } from './registry/keys.ts';

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
  /** Messages per second that each gateway takes from it; undefined: the configured number. */
  readonly perSecond?: number;
  readonly keys: readonly ListedKey[];
}

interface Row {
  readonly platform_no: string;
  readonly name: string;
  readonly profile: string;
  readonly status: string;
  readonly notify_url: string;
  readonly per_second: number | null;
}

interface KeyRow {
  readonly platform_no: string;
  readonly key_serial: string;
  readonly algorithm: string;
  readonly valid_from: Date;
  readonly valid_to: Date;
  readonly revoked_at: Date | null;
}

/** A connection under the gateway's role for one command. */
async function briefly<T>(databaseUrl: string, use: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase({
    url: databaseUrl,
    role: roleOf('gateway'),
    max: 1,
    applicationName: 'qianzhi command',
  });
  try {
    return await use(database);
  } finally {
    await database.close();
  }
}

export interface ParkedNotification {
  readonly platformNo: string;
  readonly event: string;
  readonly attempts: number;
  readonly lastError: string;
  readonly createdAt: string;
}

/** Notifications that were tried in vain to the end of their schedule, oldest first. Throws `Unavailable`. */
export const listParkedNotifications = (databaseUrl: string): Promise<readonly ParkedNotification[]> =>
  briefly(databaseUrl, async (database) =>
    (await selectParked(database)).map((row) => ({
      platformNo: row.platform_no,
      event: row.event,
      attempts: row.attempts,
      lastError: row.last_error ?? '',
      createdAt: row.created_at.toISOString(),
    })),
  );

/** Makes every notification of a number due now; answers how many there are. Throws `Unavailable`. */
export const resend = (databaseUrl: string, platformNo: string, requestNo: string): Promise<number> =>
  briefly(databaseUrl, (database) => makeDue(database, platformNo, requestNo, Date.now()));

/**
 * Sets how many messages a second each gateway takes from a platform; undefined means the configured number. They know within a second.
 * False when there is no such platform. Throws `Unavailable`.
 */
export const setPlatformLimit = (databaseUrl: string, platformNo: string, perSecond?: number): Promise<boolean> =>
  briefly(databaseUrl, (database) =>
    database.transaction(async (transaction) => {
      const changed = await transaction.execute(sql`
        update gateway.platform set per_second = ${perSecond ?? null}, changed_at = now() where platform_no = ${platformNo}`);
      await transaction.execute(sql`update gateway.registry_version set version = version + 1`);
      return changed === 1;
    }),
  );

/** All platforms with all their keys as they are at `now` (epoch ms), in the order of their numbers. Throws `Unavailable` when the database is away. */
export const listPlatforms = (databaseUrl: string, now = Date.now()): Promise<readonly ListedPlatform[]> =>
  briefly(databaseUrl, async (database) => {
    const platforms = await database.rows<Row>(sql`
      select platform_no, name, profile, status, notify_url, per_second from gateway.platform order by platform_no`);
    const keys = await database.rows<KeyRow>(sql`
      select platform_no, key_serial, algorithm, valid_from, valid_to, revoked_at from gateway.platform_key order by platform_no, valid_from`);
    return platforms.map((row) => ({
      platformNo: row.platform_no,
      name: row.name,
      profile: row.profile,
      state: row.status,
      notifyUrl: row.notify_url,
      ...(row.per_second === null ? {} : { perSecond: row.per_second }),
      keys: keys.filter((key) => key.platform_no === row.platform_no).map((key) => listedKey(key, now)),
    }));
  });

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

export interface GatewayBacklog {
  /** Instructions whose evidence is kept and that the books have not answered. */
  readonly unanswered: number;
  /** When the oldest of them was taken in, epoch milliseconds. */
  readonly oldestReceivedAt: number | undefined;
  readonly parkedNotifications: number;
}

/** What waits in the gateway. Throws `Unavailable` when the database is away. */
export const gatewayBacklog = (databaseUrl: string): Promise<GatewayBacklog> =>
  briefly(databaseUrl, async (database) => {
    const row = await database.row<{ unanswered: number; oldest: Date | null; parked: number }>(sql`
      select count(*)::int as unanswered, min(e.received_at) as oldest,
        (select count(*)::int from gateway.notification where state = 'PARKED') as parked
      from gateway.pending p left join gateway.evidence e on e.id = p.evidence_id`);
    return {
      unanswered: row?.unanswered ?? 0,
      oldestReceivedAt: row?.oldest?.getTime(),
      parkedNotifications: row?.parked ?? 0,
    };
  });

/** Why a public key cannot be registered for a platform, in words; undefined when it can. Throws `Unavailable`. */
export const refusalOfKey = (
  databaseUrl: string,
  platformNo: string,
  key: Pick<PlatformKey, 'keySerial' | 'publicKey'>,
): Promise<string | undefined> => briefly(databaseUrl, (database) => keyRefusal(database, platformNo, key));
