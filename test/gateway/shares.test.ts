/** One platform that takes all it can get leaves places to the others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnDatabase, waitFor } from '../servers.ts';
import { success } from './books.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('a platform that floods', (server) => {
  let counter: Counter;
  let flooding: PlatformSigner;
  let quiet: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { mostInFlight: 4, waitMs: 4_000 } });
    flooding = await platformSigner('K1', 'ED25519');
    quiet = await platformSigner('K2', 'ED25519');
    await counter.register([flooding]);
    await counter.register([quiet], { platformNo: 'P2' });
  });
  afterAll(() => counter.close());

  const request = () => ({ requestNo: freshNumber(), projectNo: 'J', status: 'FINISH' });

  test('is told to come back when its share is used up, while another one is served', async () => {
    let arrived = 0;
    counter.books.answer = ({ platformNo }) => {
      if (platformNo === 'P2') return success;
      arrived += 1;
      return undefined;
    };
    const slow = [1, 2, 3].map(() => counter.send(flooding, 'MODIFY_PROJECT', request()));
    await waitFor(() => arrived === 3);
    const refused = await counter.send(flooding, 'MODIFY_PROJECT', request());
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: '1', errorCode: '100001' });
    const envelope = { ...(await counter.envelope(quiet, 'MODIFY_PROJECT', request())), platformNo: 'P2' };
    expect((await counter.post(new URLSearchParams(envelope), '/service')).body['status']).toBe('SUCCESS');
    expect((await Promise.all(slow)).map(({ body }) => body['status'])).toEqual(Array(3).fill('PROCESSING'));
    counter.books.answer = () => success;
    expect((await counter.send(flooding, 'MODIFY_PROJECT', request())).body['status']).toBe('SUCCESS');
  });
});
