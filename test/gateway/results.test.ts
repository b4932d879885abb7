/** What comes from the books: results taken once, the registry that follows operators' acts in all instances, instructions sent again. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode } from '../../contract/internal/codec.ts';
import type { ReplyMessage } from '../../contract/internal/reply.ts';
import { openRegistry } from '../../gateway/registry/registry.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { describeOnDatabases, waitFor } from '../servers.ts';
import { success } from './books.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner, result } from './counter.ts';

describeOnDatabases('what the books tell', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;

  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { waitMs: 500 } });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer]);
  });
  afterAll(() => counter.close());

  const project = () => ({ requestNo: freshNumber(), projectNo: 'J1', status: 'REPAYING' });

  test('a platform is known, and its sender answered, as soon as its result was taken in', async () => {
    const own = await platformSigner('KN', 'ED25519');
    const { keySerial, algorithm, publicKey } = own;
    const keys = [{ keySerial, algorithm, publicKey, validFrom: 0, validTo: Date.now() + 1e9 }];
    const replyTo = { address: 'cli', correlationId: 'c1' };
    await counter.books.results(
      result({
        platformNo: 'PN',
        replyTo,
        registry: {
          change: 'PLATFORM',
          platform: {
            platformNo: 'PN',
            name: '新',
            profile: 'strict',
            notifyUrl: 'https://n.test/',
            notifyAllow: [],
            services: '*',
            keys,
          },
        },
      }),
    );
    expect(counter.books.replies.at(-1)?.correlationId).toBe('c1');
    const send = async () => {
      const envelope = await counter.envelope(own, 'MODIFY_PROJECT', project(), { platformNo: 'PN' });
      return (await counter.post(new URLSearchParams(envelope))).body;
    };
    expect((await send())['status']).toBe('SUCCESS');

    const second = await platformSigner('KN2', 'ED25519');
    const added = { ...keys[0], keySerial: 'KN2', publicKey: second.publicKey } as (typeof keys)[0];
    await counter.books.results(result({ platformNo: 'PN', registry: { change: 'KEY_ADDED', key: added } }));
    const envelope = await counter.envelope(second, 'MODIFY_PROJECT', project(), { platformNo: 'PN' });
    expect((await counter.post(new URLSearchParams(envelope))).body['status']).toBe('SUCCESS');

    const revoked = { change: 'KEY_REVOKED', keySerial: 'KN', revokedAt: Date.now() } as const;
    await counter.books.results(result({ platformNo: 'PN', registry: revoked }));
    expect((await send())['errorCode']).toBe('100003');
    const again = await counter.envelope(second, 'MODIFY_PROJECT', project(), { platformNo: 'PN' });
    expect((await counter.post(new URLSearchParams(again))).body['status']).toBe('SUCCESS');
  });

  test('a serial that is registered keeps its key: adding it again with another key changes nothing', async () => {
    const thief = await platformSigner('K1', 'ED25519');
    const key = {
      keySerial: 'K1',
      algorithm: 'ED25519' as const,
      publicKey: thief.publicKey,
      validFrom: 0,
      validTo: Date.now() + 1e9,
    };
    await counter.books.results(result({ registry: { change: 'KEY_ADDED', key } }));
    expect((await counter.send(thief, 'MODIFY_PROJECT', project())).body['errorCode']).toBe('100003');
    expect((await counter.send(signer, 'MODIFY_PROJECT', project())).body['status']).toBe('SUCCESS');
  });

  test('a public key of one platform is refused for every other, in other words of PEM and after it was revoked too', async () => {
    const register = async (platformNo: string, keySerial: string, publicKey: string) => {
      const key = { keySerial, algorithm: 'ED25519' as const, publicKey, validFrom: 0, validTo: Date.now() + 1e9 };
      const platform = { platformNo, name: 'n', profile: 'strict' as const, notifyUrl: 'https://n.test/' };
      const replyTo = { address: 'cli', correlationId: freshNumber() };
      const registry = {
        change: 'PLATFORM' as const,
        platform: { ...platform, notifyAllow: [], services: '*' as const, keys: [key] },
      };
      await counter.books.results(result({ platformNo, replyTo, registry }));
      const reply = counter.books.replies.at(-1);
      expect(reply?.correlationId).toBe(replyTo.correlationId);
      return decode<ReplyMessage>(reply?.body ?? '').answer;
    };
    const own = await platformSigner('OWN', 'ED25519');
    expect(await register('PK1', 'OWN', own.publicKey)).toMatchObject({ status: 'SUCCESS' });
    // What the operator sent again is what he sent before.
    expect(await register('PK1', 'OWN', own.publicKey)).toMatchObject({ status: 'SUCCESS' });
    const refused = { status: 'INIT', errorCode: '100008', errorMessage: expect.stringContaining('PK1') };
    const otherwise = own.publicKey.replaceAll('\n', '\r\n');
    expect(await register('PK2', 'MINE', otherwise)).toMatchObject(refused);
    await counter.books.results(
      result({ platformNo: 'PK1', registry: { change: 'KEY_REVOKED', keySerial: 'OWN', revokedAt: Date.now() } }),
    );
    expect(await register('PK2', 'MINE', own.publicKey)).toMatchObject(refused);
    expect(await register('PK1', 'AGAIN', own.publicKey)).toMatchObject({
      status: 'INIT',
      errorMessage: expect.stringContaining('revoked with serial OWN'),
    });
    const message = await counter.envelope(own, 'MODIFY_PROJECT', project(), { platformNo: 'PK2', keySerial: 'MINE' });
    expect((await counter.post(new URLSearchParams(message))).body['errorCode']).toBe('100003');
  });

  test('another instance sees a change within seconds, by itself', async () => {
    const database = openDatabase({ url: counter.databaseUrl, role: 'qianzhi_gateway', max: 2 });
    const registry = await openRegistry(database, counter.log);
    try {
      expect(registry.platform('P-OTHER')).toBeUndefined();
      await counter.register([await platformSigner('K1', 'ED25519')], {
        platformNo: 'P-OTHER',
        services: ['MODIFY_PROJECT'],
      });
      const seen = await waitFor(() => registry.platform('P-OTHER'));
      expect([...(seen.services ?? [])]).toEqual(['MODIFY_PROJECT']);
      expect(seen.keys.get('K1')?.verifier.algorithm).toBe('ED25519');
    } finally {
      await registry.stop();
      await database.close();
    }
  });

  test('an event is taken once, however often it comes, and answered each time', async () => {
    const told = result({ notify: true, replyTo: { address: 'cli', correlationId: freshNumber() } });
    const replies = counter.books.replies.length;
    await counter.books.results(told, told);
    await counter.books.results(told);
    const { rows } = await counter.database.query('select 1 from gateway.notification where request_no = $1', [
      told.requestNo,
    ]);
    expect(rows).toHaveLength(1);
    expect(counter.books.replies.length - replies).toBe(3);
  });

  test('the same event name of two platforms is two events', async () => {
    const requestNo = freshNumber();
    await counter.books.results(
      result({ requestNo, notify: true }),
      result({ requestNo, notify: true, platformNo: 'P-OTHER' }),
    );
    const { rows } = await counter.database.query('select 1 from gateway.notification where request_no = $1', [
      requestNo,
    ]);
    expect(rows).toHaveLength(2);
  });

  test('what is told is stored sealed', async () => {
    const told = result({ notify: true, answer: { ...success, fields: { word: 'in-clear' } } });
    await counter.books.results(told);
    const { rows } = await counter.database.query('select resp_data from gateway.notification where request_no = $1', [
      told.requestNo,
    ]);
    expect(rows[0].resp_data.includes('in-clear')).toBe(false);
  });

  test('an instruction without an answer is published again when due, later each time, with the same content and id', async () => {
    counter.books.answer = () => undefined;
    const { requestNo, ...rest } = project();
    await counter.send(signer, 'MODIFY_PROJECT', { requestNo, ...rest });
    const mine = () => counter.books.instructions.filter(({ number }) => number === requestNo);
    for (const [times, offsetMs] of [
      [2, 31_000],
      [3, 31_000 + 61_000],
      [4, 31_000 + 61_000 + 121_000],
    ] as const) {
      counter.clock.offsetMs = offsetMs;
      await waitFor(() => mine().length === times);
    }
    const [first, ...others] = mine();
    for (const again of others) expect(again).toEqual(first);
    counter.books.answer = () => success;
    counter.clock.offsetMs = 3_600_000;
    await waitFor(async () => (await counter.count('pending')) === 0);
    counter.clock.offsetMs = 0;
  });
});
