/**
 * The registry in memory: platforms, their keys with ready verifiers, what they may call and where they are told. Read whole whenever its
 * version grew, at once after a change that this instance applied and every second otherwise, so that all instances soon agree.
 */
import { type Verifier, verifierOf } from '../../certs/verifier.ts';
import type { Stop } from '../../runtime/lifecycle.ts';
import type { Log } from '../../runtime/log.ts';
import type { Database } from '../../runtime/postgres/database.ts';
import { type KeyRow, type RegistryRows, readRegistry, readVersion } from './rows.ts';

export interface KnownKey {
  readonly keySerial: string;
  /** Epoch milliseconds. */
  readonly validFrom: number;
  readonly validTo: number;
  readonly revokedAt: number | undefined;
  readonly verifier: Verifier;
}

export interface KnownPlatform {
  readonly platformNo: string;
  readonly status: 'ACTIVE' | 'SUSPENDED';
  readonly notifyUrl: string;
  readonly notifyAllow: readonly string[];
  /** undefined: the configured ones. Milliseconds. */
  readonly notifyGapsMs: readonly number[] | undefined;
  /** Messages per second that are taken from it; undefined: the configured number. */
  readonly perSecond: number | undefined;
  /** undefined: every service that is open. */
  readonly services: ReadonlySet<string> | undefined;
  readonly keys: ReadonlyMap<string, KnownKey>;
}

export interface Registry {
  platform(platformNo: string): KnownPlatform | undefined;
  platforms(): Iterable<KnownPlatform>;
  /** Reads again when the version grew. Throws `Unavailable`. */
  refresh(): Promise<void>;
  /** Milliseconds since the registry was last known to be of now. */
  ageMs(): number;
  readonly stop: Stop;
}

const POLL_MS = 1_000;

/** Reads the registry and keeps it of now. Throws `Unavailable` when it cannot be read at first. */
export async function openRegistry(database: Database, log: Log): Promise<Registry> {
  const verifiers = new Map<string, Verifier>();
  let version = -1n;
  let known: ReadonlyMap<string, KnownPlatform> = new Map();
  let freshAt = performance.now();
  let refreshing: Promise<void> | undefined;
  let again = false;

  const read = async (): Promise<void> => {
    do {
      again = false;
      if ((await readVersion(database)) !== version) {
        const rows = await readRegistry(database);
        known = knownOf(rows, verifiers, log);
        version = rows.version;
      }
      freshAt = performance.now();
    } while (again);
  };
  const refresh = (): Promise<void> => {
    // A refresh that is under way may have read before the change that this one is for.
    if (refreshing !== undefined) again = true;
    refreshing ??= read().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };
  await refresh();
  const timer = setInterval(() => {
    refresh().catch((error: unknown) => log.warn({ err: error }, 'the registry could not be read again'));
  }, POLL_MS);

  return {
    platform: (platformNo) => known.get(platformNo),
    platforms: () => known.values(),
    refresh,
    ageMs: () => performance.now() - freshAt,
    stop: async () => {
      clearInterval(timer);
      await refreshing?.catch(() => undefined);
    },
  };
}

function knownOf(rows: RegistryRows, verifiers: Map<string, Verifier>, log: Log): ReadonlyMap<string, KnownPlatform> {
  const keys = new Map<string, Map<string, KnownKey>>();
  for (const row of rows.keys) {
    const key = knownKey(row, verifiers, log);
    if (key === undefined) continue;
    const ofPlatform = keys.get(row.platform_no) ?? new Map<string, KnownKey>();
    ofPlatform.set(key.keySerial, key);
    keys.set(row.platform_no, ofPlatform);
  }
  return new Map(
    rows.platforms.map((row) => [
      row.platform_no,
      {
        platformNo: row.platform_no,
        status: row.status,
        notifyUrl: row.notify_url,
        notifyAllow: row.notify_allow,
        notifyGapsMs: row.notify_gaps_ms?.map(Number),
        perSecond: row.per_second ?? undefined,
        services: row.services === null ? undefined : new Set(row.services),
        keys: keys.get(row.platform_no) ?? new Map<string, KnownKey>(),
      },
    ]),
  );
}

function knownKey(row: KeyRow, verifiers: Map<string, Verifier>, log: Log): KnownKey | undefined {
  const named = `${row.algorithm}\n${row.public_key}`;
  let verifier = verifiers.get(named);
  if (verifier === undefined) {
    try {
      verifier = verifierOf(row.public_key, row.algorithm);
    } catch (error) {
      // One broken row must not lock all platforms out; messages under this key are refused.
      log.error({ err: error, platformNo: row.platform_no, keySerial: row.key_serial }, 'a registered key is unusable');
      return undefined;
    }
    verifiers.set(named, verifier);
  }
  return {
    keySerial: row.key_serial,
    validFrom: row.valid_from.getTime(),
    validTo: row.valid_to.getTime(),
    revokedAt: row.revoked_at?.getTime(),
    verifier,
  };
}
