/** Every kind of bad input: a coded, signed answer, the number free for a corrected message, and nothing published. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { describeOnDatabase } from '../servers.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('what the counter refuses', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;
  let other: PlatformSigner;
  let revoked: PlatformSigner;

  beforeAll(async () => {
    counter = await Counter.open(server);
    [signer, other, revoked] = await Promise.all([
      platformSigner('K1'),
      platformSigner('K2'),
      platformSigner('K-OLD', 'ED25519'),
    ]);
    await counter.register([signer, revoked]);
    await counter.register([other], { platformNo: 'P2', services: ['MODIFY_PROJECT'] });
    await counter.books.results({
      version: 1,
      event: 'revoke',
      platformNo: 'P1',
      requestNo: 'revoke',
      serviceName: 'PLATFORM_KEY_REVOKED',
      occurredAt: Date.now(),
      ended: true,
      notify: false,
      answer: { status: 'SUCCESS', final: true, fields: {} },
      registry: { change: 'KEY_REVOKED', keySerial: 'K-OLD', revokedAt: Date.now() },
    });
  });
  afterAll(() => counter.close());
  afterEach(async () => {
    expect(counter.books.instructions).toEqual([]);
    expect(await counter.count('evidence')).toBe(0);
    expect(await counter.count('pending')).toBe(0);
  });

  const project = (rest: object = {}): Record<string, unknown> => ({
    requestNo: freshNumber(),
    projectNo: 'J1',
    status: 'REPAYING',
    ...rest,
  });
  const filed = (rest: object = {}): Record<string, unknown> => ({
    requestNo: freshNumber(),
    platformUserNo: 'B1',
    projectNo: 'J1',
    projectAmount: '10000.00',
    projectName: '标的',
    projectType: 'STANDARDPOWDER',
    projectPeriod: 30,
    annnualInterestRate: '0.06',
    repaymentWay: 'ONE_TIME_SERVICING',
    ...rest,
  });

  const refuses = async (heard: Awaited<ReturnType<Counter['post']>>, errorCode: string, words?: string) => {
    expect(heard.status).toBe(200);
    expect(heard.body).toMatchObject({ code: '1', status: 'INIT', errorCode });
    if (words !== undefined) expect(heard.body['errorMessage']).toContain(words);
  };

  test('reqData that is broken JSON', async () => {
    await refuses(await counter.send(signer, 'MODIFY_PROJECT', '{"requestNo":"R1"'), '100002', 'not JSON');
    await refuses(await counter.send(signer, 'MODIFY_PROJECT', '[]'), '100002', 'an object');
  });

  test('a duplicate key in reqData, also with the same value', async () => {
    for (const second of ['B', 'A']) {
      const reqData = `{"timestamp":"${counter.timestamp()}","requestNo":"A","projectNo":"J","status":"FINISH","requestNo":"${second}"}`;
      await refuses(await counter.send(signer, 'MODIFY_PROJECT', reqData), '100002', 'duplicate key');
    }
  });

  test('a missing field, named by its path', async () => {
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ projectNo: undefined })),
      '100002',
      'reqData.projectNo: required',
    );
  });

  test('a field of the wrong type, named by its path', async () => {
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ projectNo: 7 })),
      '100002',
      'reqData.projectNo: a string',
    );
    await refuses(
      await counter.send(signer, 'SYNC_TRANSACTION', { requestNo: 'S1', tradeType: 'TENDER', details: {} }),
      '100002',
      'reqData.details',
    );
  });

  test.each([
    ['3 decimals', '1.001', 'at most 2 decimals'],
    ['a negative amount', '-1.00', 'no negative amount'],
    ['an exponent', '1e9', 'yuan'],
    ['a thousands separator', '1,000.00', 'yuan'],
    ['more than 999,999,999.99', '1000000000', 'at most 999999999.99'],
    ['nothing', '0.00', 'at least 0.01'],
  ])('an amount with %s', async (_, amount, words) => {
    await refuses(await counter.send(signer, 'ESTABLISH_PROJECT', filed({ projectAmount: amount })), '100002', words);
  });

  test.each(['1.001', '-1.00', '1e9', '1E2', '1000000000'])(
    'an amount written as the JSON number %s',
    async (written) => {
      const text = JSON.stringify({ timestamp: counter.timestamp(), ...filed() }).replace('"10000.00"', written);
      await refuses(await counter.send(signer, 'ESTABLISH_PROJECT', text), '100002', 'reqData.projectAmount');
    },
  );

  test('a wrong signature, and its number is repeated', async () => {
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', project({ requestNo: 'WRONG-1' }));
    envelope['reqData'] = envelope['reqData']?.replace('REPAYING', 'FINISH') ?? '';
    const heard = await counter.post(new URLSearchParams(envelope));
    await refuses(heard, '100003');
    expect(heard.body['requestNo']).toBe('WRONG-1');
  });

  test.each(['', 'not base64', 'AAAA', `${'A'.repeat(342)}==`])('the signature "%s"', async (sign) => {
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', project(), { sign });
    await refuses(await counter.post(new URLSearchParams(envelope)), sign === '' ? '100002' : '100003');
  });

  test('another platform’s key, under its own serial and under ours', async () => {
    await refuses(await counter.send(other, 'MODIFY_PROJECT', project()), '100003');
    const envelope = await counter.envelope(other, 'MODIFY_PROJECT', project(), { keySerial: 'K1' });
    await refuses(await counter.post(new URLSearchParams(envelope)), '100003');
  });

  test('a revoked and an unknown keySerial, in the same words', async () => {
    const ofRevoked = await counter.send(revoked, 'MODIFY_PROJECT', project({ requestNo: 'X' }));
    const unknown = await counter.post(
      new URLSearchParams(
        await counter.envelope(signer, 'MODIFY_PROJECT', project({ requestNo: 'X' }), { keySerial: 'K9' }),
      ),
    );
    await refuses(ofRevoked, '100003');
    expect(unknown.text).toBe(ofRevoked.text);
  });

  test('an unknown platform', async () => {
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', project(), { platformNo: 'P9' });
    await refuses(await counter.post(new URLSearchParams(envelope)), '100004');
  });

  test('a suspended platform', async () => {
    const suspended = await platformSigner('KS');
    await counter.register([suspended], { platformNo: 'PS' });
    await counter.database.query(`update gateway.platform set status = 'SUSPENDED' where platform_no = 'PS'`);
    await counter.database.query('update gateway.registry_version set version = version + 1');
    const envelope = await counter.envelope(suspended, 'MODIFY_PROJECT', project(), { platformNo: 'PS' });
    const deadline = Date.now() + 10_000;
    let heard = await counter.post(new URLSearchParams(envelope), '/gateway');
    while (heard.body['errorCode'] !== '100005' && Date.now() < deadline) {
      heard = await counter.post(new URLSearchParams(envelope), '/gateway');
    }
    await refuses(heard, '100005');
  });

  test('services that do not exist, are not yet opened, or are not open for this platform', async () => {
    await refuses(await counter.send(signer, 'NO_SUCH_SERVICE', project()), '100006');
    await refuses(await counter.send(signer, 'toString', project()), '100006');
    await refuses(await counter.send(signer, 'ONLINE_WHITELIST_ADD', project()), '100006', 'not yet opened');
    const envelope = await counter.envelope(other, 'ESTABLISH_PROJECT', filed(), { platformNo: 'P2' });
    await refuses(await counter.post(new URLSearchParams(envelope)), '100006', 'not open for this platform');
  });

  test('a kind that is closed inside of an open service, which claims no number', async () => {
    const request = { requestNo: freshNumber(), platformUserNo: 'U1', amount: '1.00', redirectUrl: 'https://p.test/' };
    const before = counter.books.instructions.length;
    for (const rechargeWay of ['BANK', 'BACKROLL'])
      await refuses(
        await counter.send(signer, 'RECHARGE', { ...request, rechargeWay }, '/gateway'),
        '100006',
        rechargeWay,
      );
    expect(counter.books.instructions.length).toBe(before);
  });

  test('a page service on /service, and the reverse', async () => {
    const page = { requestNo: freshNumber(), platformUserNo: 'U1', redirectUrl: 'https://platform.test/back' };
    await refuses(await counter.send(signer, 'RESET_PASSWORD', page), '100006', '/gateway');
    await refuses(await counter.send(signer, 'MODIFY_PROJECT', project(), '/gateway'), '100006', '/service');
    await refuses(await counter.send(signer, 'QUERY_USER_INFORMATION', { platformUserNo: 'U' }, '/gateway'), '100006');
  });

  test('a timestamp 11 minutes off, early and late; none; and no moment at all', async () => {
    for (const minutes of [-11, 11]) {
      const timestamp = counter.timestamp(minutes * 60_000);
      await refuses(
        await counter.send(signer, 'MODIFY_PROJECT', project({ timestamp })),
        '100002',
        'reqData.timestamp',
      );
    }
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ timestamp: undefined })),
      '100002',
      'timestamp',
    );
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ timestamp: '20261340000000' })),
      '100002',
      'timestamp',
    );
  });

  test('a requestNo of 51 characters; 50 would do', async () => {
    const fifty = '号'.repeat(50);
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo: `${fifty}1` })),
      '100002',
      'reqData.requestNo: at most 50',
    );
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo: fifty, status: 'X' })),
      '100002',
      'reqData.status',
    );
  });

  test('NUL bytes and emoji in names', async () => {
    await refuses(
      await counter.send(signer, 'ESTABLISH_PROJECT', filed({ projectName: 'a\u0000b' })),
      '100002',
      'control characters',
    );
    await refuses(await counter.send(signer, 'ESTABLISH_PROJECT', filed({ projectName: '标的😀' })), '100002', 'emoji');
    await refuses(
      await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo: 'a\u0000' })),
      '100002',
      'reqData.requestNo',
    );
  });

  test('a field that is not known in a money detail', async () => {
    const details = [{ bizType: 'TENDER', amount: '1.00', amonut: '2.00' }];
    await refuses(
      await counter.send(signer, 'SYNC_TRANSACTION', { requestNo: 'S1', tradeType: 'TENDER', details }),
      '100002',
      'reqData.details[0]: no field amonut',
    );
  });

  test('a body over the limit, and far over it', async () => {
    for (const length of [1024 * 1024 + 1, 9 * 1024 * 1024]) {
      const heard = await counter.post(`reqData=${'x'.repeat(length)}`, '/service', {
        'content-type': 'application/x-www-form-urlencoded',
      });
      expect(heard.body).toMatchObject({ code: '1', errorCode: '100002' });
    }
    const long = await counter.envelope(signer, 'MODIFY_PROJECT', project({ filler: 'x'.repeat(1024 * 1024) }));
    await refuses(await counter.post(new URLSearchParams(long)), '100002', 'body: at most 1048576 bytes');
    // The batch may be so long, and is then refused for what it is.
    const batch = { ...long, serviceName: 'ASYNC_TRANSACTION' };
    await refuses(await counter.post(new URLSearchParams(batch)), '100002', 'reqData.batchNo');
  });

  test('other content types, charsets and encodings', async () => {
    const envelope = new URLSearchParams(await counter.envelope(signer, 'MODIFY_PROJECT', project())).toString();
    const types = ['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'nonsense'];
    for (const type of types) {
      await refuses(await counter.post(envelope, '/service', { 'content-type': type }), '100002');
    }
    const gbk = { 'content-type': 'application/x-www-form-urlencoded; charset=GBK' };
    await refuses(await counter.post(envelope, '/service', gbk), '100002', 'UTF-8');
    const zipped = { 'content-type': 'application/x-www-form-urlencoded', 'content-encoding': 'gzip' };
    await refuses(await counter.post(envelope, '/service', zipped), '100002', 'Content-Encoding');
    await refuses(await counter.heard(await fetch(`${counter.url}/service`, { method: 'POST' })), '100002');
  });

  test('an envelope with a field missing, empty, repeated or too long', async () => {
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', project());
    for (const name of Object.keys(envelope)) {
      const { [name]: _, ...rest } = envelope;
      await refuses(await counter.post(new URLSearchParams(rest)), '100002', `${name}: required`);
      await refuses(
        await counter.post(new URLSearchParams({ ...envelope, [name]: '' })),
        '100002',
        `${name}: required`,
      );
      const twice = new URLSearchParams([...Object.entries(envelope), [name, envelope[name] ?? '']]);
      await refuses(await counter.post(twice), '100002', `${name}: given once`);
    }
    await refuses(
      await counter.post(new URLSearchParams({ ...envelope, keySerial: 'K'.repeat(65) })),
      '100002',
      'keySerial: at most 64',
    );
  });

  test('a JSON envelope that is broken, repeats a key, or holds reqData as an object', async () => {
    const json = { 'content-type': 'application/json' };
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', project());
    const text = JSON.stringify(envelope);
    await refuses(await counter.post(text.slice(0, -1), '/service', json), '100002', 'not JSON');
    const repeated = `${text.slice(0, -1)},"platformNo":"P1"}`;
    await refuses(await counter.post(repeated, '/service', json), '100002', 'duplicate key');
    const object = JSON.stringify({ ...envelope, reqData: JSON.parse(envelope['reqData'] ?? '') });
    await refuses(await counter.post(object, '/service', json), '100002', 'reqData: a string');
    await refuses(await counter.post('"text"', '/service', json), '100002');
  });

  test('unknown paths with 404, other methods with 405, both signed and in words', async () => {
    const unknown = await counter.post('x', '/services');
    expect(unknown.status).toBe(404);
    expect(unknown.body).toMatchObject({ code: '1', errorCode: '100002' });
    for (const path of ['/service', '/gateway']) {
      const got = await counter.heard(await fetch(`${counter.url}${path}?x=1`));
      expect(got.status).toBe(405);
      expect(got.headers.get('allow')).toBe('POST');
    }
  });
});
