/**
 * Whose a public key is. One key belongs to one platform, for ever: whoever holds the private key could else sign for two, and a key that was
 * revoked would live on under another name.
 */
import type { PlatformKey } from '../../contract/internal/instruction.ts';
import type { ResultMessage } from '../../contract/internal/reply.ts';
import type { Statements } from '../../runtime/postgres/database.ts';
import { sql } from '../../runtime/postgres/sql.ts';

export interface Holder {
  readonly platform_no: string;
  readonly key_serial: string;
  readonly revoked: boolean;
}

/** Under which platforms and serials a public key (PEM) is registered, revoked ones too. Throws `Unavailable`. */
export function holdersOf(database: Statements, publicKey: string): Promise<readonly Holder[]> {
  return database.rows<Holder>(sql`
    select platform_no, key_serial, revoked_at is not null as revoked from gateway.platform_key
    where regexp_replace(public_key, '\\s', '', 'g') = ${publicKey.replaceAll(/\s/g, '')}
    order by platform_no, key_serial`);
}

/** Why a key cannot be registered for a platform under its serial, in words for the operator; undefined when it can, or is. */
export async function keyRefusal(
  database: Statements,
  platformNo: string,
  { keySerial, publicKey }: Pick<PlatformKey, 'keySerial' | 'publicKey'>,
): Promise<string | undefined> {
  const holders = await holdersOf(database, publicKey);
  const stranger = holders.find((holder) => holder.platform_no !== platformNo);
  if (stranger !== undefined) {
    const { platform_no, key_serial, revoked } = stranger;
    const how = revoked ? ', where it was revoked' : '';
    return `this public key is platform ${platform_no}'s, with serial ${key_serial}${how}: let the platform make a key of its own`;
  }
  if (holders.some((holder) => holder.key_serial === keySerial)) return undefined;
  const dead = holders.find(({ revoked }) => revoked);
  if (dead !== undefined)
    return `this public key was revoked with serial ${dead.key_serial}: let the platform make another`;
  const taken = await database.row(sql`
    select 1 as taken from gateway.platform_key where platform_no = ${platformNo} and key_serial = ${keySerial}`);
  return taken === undefined
    ? undefined
    : `serial ${keySerial} names another key of this platform: choose another serial`;
}

/** Why the keys of an operator's act were not all registered; undefined when they were. Ask after it was applied. */
export async function changeRefusal(
  database: Statements,
  platformNo: string,
  change: NonNullable<ResultMessage['registry']>,
): Promise<string | undefined> {
  const keys = change.change === 'PLATFORM' ? change.platform.keys : change.change === 'KEY_ADDED' ? [change.key] : [];
  for (const key of keys) {
    const refusal = await keyRefusal(database, platformNo, key);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
