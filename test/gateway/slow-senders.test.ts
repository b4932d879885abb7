/** Senders who are slow on purpose hold no place that an honest message needs, and only so many of them are listened to. */
import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnDatabase, waitFor } from '../servers.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('slow senders', (server) => {
  const most = 4;
  let counter: Counter;
  let signer: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { mostInFlight: most } });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer]);
  });
  afterAll(() => counter.close());

  test('three times as many as there are places leave the places to others, and the oldest of them are cut', async () => {
    const slow: ClientRequest[] = [];
    let cut = 0;
    const headers = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '1000' };
    for (let sender = 0; sender < 3 * most; sender++) {
      const sent = request(`${counter.url}/service`, { method: 'POST', headers });
      sent.on('error', () => {
        cut += 1;
      });
      await new Promise<void>((resolve) => sent.write('reqData=', () => resolve()));
      slow.push(sent);
    }
    await waitFor(() => cut >= 2 * most, { what: 'the oldest to be cut' });
    const answers = await Promise.all(
      Array.from({ length: most - 1 }, () =>
        counter.send(signer, 'MODIFY_PROJECT', { requestNo: freshNumber(), projectNo: 'J', status: 'FINISH' }),
      ),
    );
    expect(answers.map(({ body }) => body['status'])).toEqual(Array.from({ length: most - 1 }, () => 'SUCCESS'));
    for (const sent of slow) sent.destroy();
  });
});
