/** Trade passwords: how many tries there are, however they are made, and when a new one becomes valid. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasherOf } from '../../../gateway/identity/hash.ts';
import * as rows from '../../../gateway/identity/rows.ts';
import { type TradePasswords, tradePasswordsOf } from '../../../gateway/identity/trade-password.ts';
import { Unavailable } from '../../../runtime/failure.ts';
import { type Database, openDatabase } from '../../../runtime/postgres/database.ts';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { sql } from '../../../runtime/postgres/sql.ts';
import { describeOnDatabases, type FreshDatabase, freshDatabase } from '../../servers.ts';

const HOUR_MS = 3_600_000;

describe('hashes', () => {
  test('a hash fits its password in every form it may be typed in, and no other', async () => {
    const hasher = hasherOf({ cost: 1024 });
    const stored = await hasher.hash('Pässwort１');
    expect(await hasher.matches('Pässwort1'.normalize('NFD'), stored)).toBe(true);
    expect(await hasher.matches('Pässwort2', stored)).toBe(false);
    expect(await hasher.matches('', stored)).toBe(false);
    expect((await hasher.hash('Pässwort１')).hash).not.toEqual(stored.hash);
  });

  test('a hash made at another cost still fits', async () => {
    const stored = await hasherOf({ cost: 2048 }).hash('Same-word');
    expect(await hasherOf({ cost: 1024 }).matches('Same-word', stored)).toBe(true);
  });

  test('the default cost takes 32 MiB a hash', async () => {
    const stored = await hasherOf().hash('Same-word');
    expect(128 * stored.cost * stored.blockSize).toBe(32 * 1024 * 1024);
    expect(await hasherOf().matches('Same-word', stored)).toBe(true);
  });

  test('more than may wait are refused at once, and those that wait are served', async () => {
    const hasher = hasherOf({ cost: 1024, atOnce: 1, waiting: 2 });
    const made = await Promise.allSettled([1, 2, 3, 4, 5].map(() => hasher.hash('Same-word')));
    expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    for (const each of made) if (each.status === 'rejected') expect(each.reason).toBeInstanceOf(Unavailable);
    expect((await hasher.hash('Same-word')).hash).toHaveLength(32);
  });
});

describeOnDatabases('trade passwords', (server) => {
  let fresh: FreshDatabase;
  let database: Database;
  let passwords: TradePasswords;
  let now = Date.UTC(2026, 0, 1);
  let count = 0;
  let who = { platformNo: 'P', platformUserNo: '' };

  beforeAll(async () => {
    fresh = await freshDatabase(server.url);
    await migrate({ url: fresh.url, room: 'gateway' });
    database = openDatabase({ url: fresh.url, role: 'qianzhi_gateway', max: 8 });
    passwords = tradePasswordsOf(database, { now: () => now }, { cost: 1024, atOnce: 4 });
  });
  afterAll(async () => {
    await database?.close();
    await fresh?.drop();
  });

  const stage = async (requestNo: string, password: string, of = who): Promise<void> => {
    const hash = await passwords.hash(password);
    await database.transaction((transaction) => passwords.stage(transaction, of, requestNo, hash));
  };
  const settle = (requestNo: string, succeeded: boolean): Promise<void> =>
    database.transaction((transaction) =>
      passwords.settle(transaction, [{ platformNo: who.platformNo, requestNo, succeeded }]),
    );
  const set = async (requestNo: string, password: string): Promise<void> => {
    await stage(requestNo, password);
    await settle(requestNo, true);
  };

  beforeEach(async () => {
    count += 1;
    who = { platformNo: 'P', platformUserNo: `U${count}` };
    await set(`SET-${count}`, 'Right-one');
  });

  test('the sixth wrong try locks, for 24 hours, and then there are six again', async () => {
    for (const left of [5, 4, 3, 2, 1]) expect(await passwords.prove(who, 'Wrong')).toEqual({ proof: 'WRONG', left });
    const until = new Date(now + 24 * HOUR_MS);
    expect(await passwords.prove(who, 'Wrong')).toEqual({ proof: 'LOCKED', until });
    now += 24 * HOUR_MS - 1;
    expect(await passwords.prove(who, 'Right-one')).toEqual({ proof: 'LOCKED', until });
    now += 1;
    expect(await passwords.prove(who, 'Wrong')).toEqual({ proof: 'WRONG', left: 5 });
    expect(await passwords.prove(who, 'Right-one')).toEqual({ proof: 'RIGHT' });
  });

  test('a right one as the sixth try is right, and the count begins anew', async () => {
    for (let tries = 1; tries <= 5; tries += 1) await passwords.prove(who, 'Wrong');
    expect(await passwords.prove(who, 'Right-one')).toEqual({ proof: 'RIGHT' });
    expect(await passwords.prove(who, 'Wrong')).toEqual({ proof: 'WRONG', left: 5 });
  });

  test('forty wrong tries side by side are six tries and a lock', async () => {
    const proofs = await Promise.all(Array.from({ length: 40 }, () => passwords.prove(who, 'Wrong')));
    expect(proofs.filter(({ proof }) => proof === 'WRONG')).toHaveLength(5);
    expect(proofs.filter(({ proof }) => proof === 'LOCKED')).toHaveLength(35);
  });

  test('a try that died before it was checked has been counted', async () => {
    // What a process leaves that counted and was killed before it computed.
    const dead = rows.countTry(who, new Date(now), 6, new Date(now + 24 * HOUR_MS));
    for (let tries = 1; tries <= 6; tries += 1) await database.execute(dead);
    expect(await passwords.prove(who, 'Right-one')).toMatchObject({ proof: 'LOCKED' });
  });

  test('a try refused for overload, before it was computed, is no try: not even the sixth', async () => {
    const overloaded = tradePasswordsOf(database, { now: () => now }, { atOnce: 0, waiting: 0 });
    for (let tries = 1; tries <= 9; tries += 1)
      await expect(overloaded.prove(who, 'Wrong')).rejects.toThrow(Unavailable);
    for (const left of [5, 4, 3, 2, 1]) expect(await passwords.prove(who, 'Wrong')).toEqual({ proof: 'WRONG', left });
    await expect(overloaded.prove(who, 'Wrong')).rejects.toThrow(Unavailable);
    expect(await passwords.prove(who, 'Right-one')).toEqual({ proof: 'RIGHT' });
  });

  test('wrong tries beside refused ones lock all the same', async () => {
    const overloaded = tradePasswordsOf(database, { now: () => now }, { atOnce: 0, waiting: 0 });
    const proofs = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? overloaded : passwords).prove(who, 'Wrong')),
    );
    const made = proofs.filter((each) => each.status === 'fulfilled').map(({ value }) => value.proof);
    expect(made.filter((proof) => proof === 'WRONG').length).toBeLessThanOrEqual(5);
    for (let tries = 1; tries <= 6; tries += 1) await passwords.prove(who, 'Wrong');
    expect(await passwords.prove(who, 'Right-one')).toMatchObject({ proof: 'LOCKED' });
  });

  test('the lock of one user, or of the same number at another platform, is nobody else’s', async () => {
    for (let tries = 1; tries <= 6; tries += 1) await passwords.prove(who, 'Wrong');
    const namesake = { ...who, platformNo: 'Q' };
    expect(await passwords.prove(namesake, 'Right-one')).toEqual({ proof: 'ABSENT' });
    expect(await passwords.prove({ ...who, platformUserNo: 'U1' }, 'Wrong')).not.toMatchObject({ proof: 'ABSENT' });
  });

  test('a new password is valid once its instruction succeeded, and told twice it stays what it became', async () => {
    await stage('N-1', 'Second-one');
    expect(await passwords.prove(who, 'Second-one')).toMatchObject({ proof: 'WRONG' });
    await settle('N-1', true);
    expect(await passwords.prove(who, 'Second-one')).toEqual({ proof: 'RIGHT' });
    await set('N-2', 'Third-one');
    await settle('N-1', true);
    expect(await passwords.prove(who, 'Third-one')).toEqual({ proof: 'RIGHT' });
  });

  test('a new password whose instruction failed is dropped', async () => {
    await stage('N-3', 'Second-one');
    await settle('N-3', false);
    await settle('N-3', true);
    expect(await passwords.prove(who, 'Right-one')).toEqual({ proof: 'RIGHT' });
    expect(await database.rows(sql`select 1 from gateway.trade_password_pending where request_no = 'N-3'`)).toEqual([]);
  });

  test('many results of one batch set many passwords, a repeated one once', async () => {
    const others = [1, 2, 3].map((n) => ({ platformNo: 'P', platformUserNo: `B${count}-${n}` }));
    for (const [index, other] of others.entries()) await stage(`B-${index}`, `Batch-${index}-x`, other);
    const ended = [0, 1, 2, 1].map((index) => ({ platformNo: 'P', requestNo: `B-${index}`, succeeded: index !== 2 }));
    await database.transaction((transaction) => passwords.settle(transaction, ended));
    const proofs = await Promise.all(others.map((other, index) => passwords.prove(other, `Batch-${index}-x`)));
    expect(proofs.map(({ proof }) => proof)).toEqual(['RIGHT', 'RIGHT', 'ABSENT']);
  });

  test('another proof than the password counts under the same lock', async () => {
    for (let tries = 1; tries <= 5; tries += 1) await passwords.proveOtherwise(who, false);
    expect(await passwords.prove(who, 'Wrong')).toMatchObject({ proof: 'LOCKED' });
    expect(await passwords.proveOtherwise(who, true)).toMatchObject({ proof: 'LOCKED' });
  });
});
