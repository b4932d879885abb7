/** Signatures and encodings: every algorithm of the protocol, and the exact bytes that were signed, in a form and in a JSON envelope. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ALGORITHMS } from '../../certs/algorithms.ts';
import { describeOnDatabase } from '../servers.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('who is believed', (server) => {
  let counter: Counter;
  const signers = new Map<string, PlatformSigner>();
  let signer: PlatformSigner;

  beforeAll(async () => {
    counter = await Counter.open(server);
    for (const algorithm of ALGORITHMS) signers.set(algorithm, await platformSigner(`K-${algorithm}`, algorithm));
    signer = signers.get('RSA2') as PlatformSigner;
    await counter.register([...signers.values()]);
  });
  afterAll(() => counter.close());

  const project = (rest: object = {}) => ({ requestNo: freshNumber(), projectNo: 'J1', status: 'REPAYING', ...rest });

  test.each(ALGORITHMS)(
    'a message signed with %s by a key registered so is taken, and its evidence kept',
    async (algorithm) => {
      const requestNo = freshNumber();
      const heard = await counter.send(
        signers.get(algorithm) as PlatformSigner,
        'MODIFY_PROJECT',
        project({ requestNo }),
      );
      expect(heard.body).toEqual({ code: '0', status: 'SUCCESS', requestNo });
      const { rows } = await counter.database.query(
        'select kind, service_name, key_serial, user_device from gateway.evidence where request_no = $1',
        [requestNo],
      );
      expect(rows).toEqual([
        { kind: 'PLATFORM', service_name: 'MODIFY_PROJECT', key_serial: `K-${algorithm}`, user_device: 'PC' },
      ]);
    },
  );

  test('the key names the algorithm: an RSA key registered for SHA-256 does not verify SHA-1, nor the reverse', async () => {
    const rsa1 = signers.get('RSA1') as PlatformSigner;
    for (const [maker, keySerial] of [
      [rsa1, 'K-RSA2'],
      [signer, 'K-RSA1'],
    ] as const) {
      const envelope = await counter.envelope(maker, 'MODIFY_PROJECT', project(), { keySerial });
      expect((await counter.post(new URLSearchParams(envelope))).body['errorCode']).toBe('100003');
    }
    // The very same key, registered for one algorithm only, whatever the message does.
    const { publicKey } = signer;
    await counter.register([{ ...signer, keySerial: 'K-SAME', algorithm: 'RSA1', publicKey }], {
      platformNo: 'P-SAME',
    });
    const same = await counter.envelope(signer, 'MODIFY_PROJECT', project(), {
      keySerial: 'K-SAME',
      platformNo: 'P-SAME',
    });
    expect((await counter.post(new URLSearchParams(same))).body['errorCode']).toBe('100003');
  });

  test('a key is good within its time only', async () => {
    const day = 86_400_000;
    for (const [validFrom, validTo, errorCode] of [
      [Date.now() - 2 * day, Date.now() - day, '100003'],
      [Date.now() + day, Date.now() + 2 * day, '100003'],
      [Date.now() - day, Date.now() + day, undefined],
    ] as const) {
      const platformNo = freshNumber();
      const own = await platformSigner('K1', 'ED25519');
      const { keySerial, algorithm, publicKey } = own;
      await counter.register([], { platformNo, keys: [{ keySerial, algorithm, publicKey, validFrom, validTo }] });
      const envelope = await counter.envelope(own, 'MODIFY_PROJECT', project(), { platformNo });
      expect((await counter.post(new URLSearchParams(envelope))).body['errorCode']).toBe(errorCode);
    }
  });

  const odd =
    '{"timestamp":"TIME","requestNo":"NUMBER","projectNo":"J1","status":"REPAYING","x":"加+空 格%2B&=;é€ \\u00e9\\n"}';
  const oddText = (requestNo: string): string => odd.replace('TIME', counter.timestamp()).replace('NUMBER', requestNo);

  test('a form’s %, + and UTF-8 are decoded to the bytes that were signed, however the client escapes', async () => {
    const escapers: readonly ((text: string) => string)[] = [
      encodeURIComponent,
      (text) => encodeURIComponent(text).replaceAll('%20', '+'),
      (text) => encodeURIComponent(text).replace(/%[0-9A-F]{2}/g, (sequence) => sequence.toLowerCase()),
      // Escapes only what it must, and sends UTF-8 as it is.
      (text) => text.replace(/[%&+=;]/g, encodeURIComponent),
      // Escapes everything.
      (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
    ];
    for (const escaped of escapers) {
      const requestNo = freshNumber();
      const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', oddText(requestNo));
      const form = Object.entries(envelope)
        .map(([name, value]) => `${name}=${escaped(value)}`)
        .join('&');
      // `new Uint8Array`: fetch must not look at it.
      const heard = await counter.post(new Uint8Array(Buffer.from(form)), '/service', {
        'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
      });
      expect(heard.body).toEqual({ code: '0', status: 'SUCCESS', requestNo });
    }
  });

  test('a JSON envelope may escape as it likes; reqData is what its string says', async () => {
    const requestNo = freshNumber();
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', oddText(requestNo));
    const ascii = JSON.stringify(envelope).replace(
      /[^\x20-\x7e]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
    const heard = await counter.post(ascii, '/service', { 'content-type': 'application/json;charset=UTF-8' });
    expect(heard.body).toEqual({ code: '0', status: 'SUCCESS', requestNo });
  });

  test('the very same fields re-serialised are another text, and refused', async () => {
    const envelope = await counter.envelope(
      signer,
      'MODIFY_PROJECT',
      `{"timestamp":"${counter.timestamp()}", "requestNo":"A"}`,
    );
    const reqData = JSON.stringify(JSON.parse(envelope['reqData'] ?? ''));
    const heard = await counter.post(new URLSearchParams({ ...envelope, reqData }));
    expect(heard.body['errorCode']).toBe('100003');
  });

  test('evidence is sealed: the row holds no byte of the message in clear, and opens to exactly the signed bytes', async () => {
    const requestNo = freshNumber();
    const text = oddText(requestNo);
    await counter.send(signer, 'MODIFY_PROJECT', text);
    const { rows } = await counter.database.query('select id, raw from gateway.evidence where request_no = $1', [
      requestNo,
    ]);
    expect(rows[0].raw.includes(Buffer.from(requestNo))).toBe(false);
    const { openSealer } = await import('../../certs/seal.ts');
    const sealer = await openSealer(counter.settings.sealingKeyFile);
    expect(sealer.openBytes(`evidence|${rows[0].id}`, rows[0].raw).toString('utf8')).toBe(text);
  });

  test('evidence cannot be changed or taken away, not even by its owner', async () => {
    await expect(counter.database.query(`update gateway.evidence set request_no = 'x'`)).rejects.toThrow('append-only');
    await expect(counter.database.query('delete from gateway.evidence')).rejects.toThrow('append-only');
  });

  test('personal data leaves the gateway sealed', async () => {
    const requestNo = freshNumber();
    const clear = {
      realName: '王小明',
      idCardNo: '11010519491231002X',
      bankcardNo: '6222020200112233445',
      mobile: '13800138000',
    };
    counter.books.answer = () => ({
      status: 'INIT',
      errorCode: '100008',
      errorMessage: '不行',
      final: true,
      fields: {},
    });
    const heard = await counter.send(
      signer,
      'PERSONAL_REGISTER_EXPAND',
      {
        requestNo,
        platformUserNo: 'U1',
        ...clear,
        idCardType: 'PRC_ID',
        userRole: 'INVESTOR',
        checkType: 'LIMIT',
        redirectUrl: 'https://platform.test/back',
      },
      '/gateway',
    );
    expect(heard.body).toEqual({ code: '0', status: 'INIT', errorCode: '100008', errorMessage: '不行', requestNo });
    const published = JSON.stringify(counter.books.instructions.at(-1));
    for (const value of Object.values(clear)) expect(published).not.toContain(value);
    const { rows } = await counter.database.query(
      `select e::text || coalesce(p::text, '') as text from gateway.evidence e
       left join gateway.pending p on p.evidence_id = e.id where request_no = $1`,
      [requestNo],
    );
    for (const value of Object.values(clear)) expect(rows[0].text).not.toContain(value);
  });
});
