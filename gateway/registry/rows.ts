/** The registry's rows: read whole, changed by the results of operators' acts. Each change makes the version grow, in the same commit. */
import type { PlatformKey, PlatformRegistration } from '../../contract/internal/instruction.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import type { Database, Statements, Transaction } from '../../runtime/postgres/database.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import { keyRefusal } from './keys.ts';

export interface PlatformRow {
  readonly platform_no: string;
  readonly status: 'ACTIVE' | 'SUSPENDED';
  readonly notify_url: string;
  readonly notify_allow: readonly string[];
  readonly services: readonly string[] | null;
  readonly notify_gaps_ms: readonly bigint[] | null;
  readonly per_second: number | null;
}

export interface KeyRow {
  readonly platform_no: string;
  readonly key_serial: string;
  readonly algorithm: PlatformKey['algorithm'];
  readonly public_key: string;
  readonly valid_from: Date;
  readonly valid_to: Date;
  readonly revoked_at: Date | null;
}

export interface RegistryRows {
  readonly version: bigint;
  readonly platforms: readonly PlatformRow[];
  readonly keys: readonly KeyRow[];
}

export async function readVersion(database: Statements): Promise<bigint> {
  const row = await database.row<{ version: bigint }>(sql`select version from gateway.registry_version`);
  if (row === undefined) throw new Error('gateway.registry_version has no row');
  return row.version;
}

/** All of the registry, of one moment. */
export function readRegistry(database: Database): Promise<RegistryRows> {
  return database.transaction(
    async (transaction) => ({
      version: await readVersion(transaction),
      platforms: await transaction.rows<PlatformRow>(sql`
        select platform_no, status, notify_url, notify_allow, services, notify_gaps_ms, per_second from gateway.platform`),
      keys: await transaction.rows<KeyRow>(sql`
        select platform_no, key_serial, algorithm, public_key, valid_from, valid_to, revoked_at from gateway.platform_key`),
    }),
    { isolation: 'repeatable read', readOnly: true },
  );
}

/** Applies what an operator's act changed; a key that cannot be registered (keys.ts) is left out. Applying it again changes nothing. */
export async function applyChange(
  transaction: Transaction,
  platformNo: string,
  change: NonNullable<ResultMessage['registry']>,
): Promise<void> {
  // First, so that changes of all instances come one after the other: two may bring the same key.
  await transaction.execute(sql`update gateway.registry_version set version = version + 1`);
  switch (change.change) {
    case 'PLATFORM':
      await writePlatform(transaction, change.platform);
      for (const key of change.platform.keys) await writeKey(transaction, platformNo, key);
      break;
    case 'KEY_ADDED':
      await writeKey(transaction, platformNo, change.key);
      break;
    case 'KEY_REVOKED':
      await transaction.execute(sql`
        update gateway.platform_key set revoked_at = ${new Date(change.revokedAt)}
        where platform_no = ${platformNo} and key_serial = ${change.keySerial} and revoked_at is null`);
      break;
  }
}

async function writePlatform(transaction: Transaction, platform: PlatformRegistration): Promise<void> {
  const { platformNo, name, profile, notifyUrl, notifyAllow, services } = platform;
  await transaction.execute(sql`
    insert into gateway.platform (platform_no, name, profile, notify_url, notify_allow, services)
    values (${platformNo}, ${name}, ${profile}, ${notifyUrl}, ${notifyAllow}, ${services === '*' ? null : services})
    on conflict (platform_no) do update set name = excluded.name, profile = excluded.profile,
      notify_url = excluded.notify_url, notify_allow = excluded.notify_allow, services = excluded.services,
      changed_at = now()`);
}

/** A serial that is registered keeps its key: what it once verified it must verify for ever. */
async function writeKey(transaction: Transaction, platformNo: string, key: PlatformKey): Promise<void> {
  if ((await keyRefusal(transaction, platformNo, key)) !== undefined) return;
  await transaction.execute(sql`
    insert into gateway.platform_key
      (platform_no, key_serial, algorithm, public_key, certificate, valid_from, valid_to)
    values (${platformNo}, ${key.keySerial}, ${key.algorithm}, ${key.publicKey}, ${key.certificate ?? null},
      ${new Date(key.validFrom)}, ${new Date(key.validTo)})
    on conflict (platform_no, key_serial) do nothing`);
}
