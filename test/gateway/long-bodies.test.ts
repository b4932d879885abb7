/** Long bodies have few places, for nothing is known of their sender before they were read; short ones never wait for them. */
import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeOnDatabase, waitFor } from '../servers.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('long bodies', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { bodyLimitBytes: 1_000, batchBodyLimitBytes: 10_000 } });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer]);
  });
  afterAll(() => counter.close());

  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const long = `reqData=${'x'.repeat(5_000)}`;
  const small = () =>
    counter.send(signer, 'MODIFY_PROJECT', { requestNo: freshNumber(), projectNo: 'J', status: 'FINISH' });

  test('one more than there are places for is told to come back, a short one is served, and a place that is left is free', async () => {
    const slow: ClientRequest[] = [];
    for (let place = 0; place < 8; place++) {
      const sent = request(`${counter.url}/service`, { method: 'POST', headers });
      sent.on('error', () => undefined);
      sent.write(long);
      slow.push(sent);
    }
    const busy = await waitFor(async () => {
      const heard = await counter.post(long, '/service', headers);
      return heard.status === 503 ? heard : undefined;
    });
    expect(busy.body).toMatchObject({ code: '1', errorCode: '100001' });
    expect(busy.headers.get('retry-after')).toBe('1');
    expect((await small()).body['status']).toBe('SUCCESS');
    for (const sent of slow) sent.destroy();
    await waitFor(async () => (await counter.post(long, '/service', headers)).body['errorCode'] === '100002');
  });

  test('one that is longer than any may be is refused while its sender still listens', async () => {
    const heard = await counter.post(`reqData=${'x'.repeat(3_000_000)}`, '/service', headers);
    expect(heard.body).toMatchObject({
      code: '1',
      errorCode: '100002',
      errorMessage: '参数格式错误: body: at most 10000 bytes',
    });
  });
});
