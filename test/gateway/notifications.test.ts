/** Telling platforms: signed, until they say SUCCESS, later each time, and never at another platform's cost. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { leaseDue, listParkedNotifications, resend } from '../../gateway/notifications/rows.ts';
import { openDatabase } from '../../runtime/postgres/database.ts';
import { describeOnDatabase, waitFor } from '../servers.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner, result } from './counter.ts';

type Handle = (form: URLSearchParams, response: ServerResponse) => void;

/** A platform's endpoint. */
class Endpoint {
  readonly told: URLSearchParams[] = [];
  handle: Handle = (_, response) => void response.end('SUCCESS');
  open = 0;
  most = 0;
  readonly #server: Server = createServer((request, response) => void this.#take(request, response));

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/notify`;
  }
  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.open += 1;
    this.most = Math.max(this.most, this.open);
    response.on('close', () => {
      this.open -= 1;
    });
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
    this.told.push(form);
    this.handle(form, response);
  }
  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

describeOnDatabase('a notification', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;
  const endpoint = new Endpoint();
  const dead = new Endpoint();
  let url = '';
  let deadUrl = '';
  const notifyAllow = ['127.0.0.0/8'];

  beforeAll(async () => {
    [url, deadUrl] = await Promise.all([endpoint.start(), dead.start()]);
    counter = await Counter.open(server, {
      settings: {
        notifyGapsMs: [60_000, 300_000],
        notify: { timeoutMs: 1_000, perPlatform: 4, breakAfter: 3, breakMs: 200, longestBreakMs: 400, pollMs: 50 },
      },
    });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer], { notifyUrl: url, notifyAllow });
  });
  afterAll(async () => {
    await counter.close();
    endpoint.stop();
    dead.stop();
  });
  afterEach(() => {
    endpoint.handle = (_, response) => void response.end('SUCCESS');
    counter.clock.offsetMs = 0;
  });

  const rowOf = async (requestNo: string) => {
    const { rows } = await counter.database.query(
      'select state, attempts, last_error, due_at, delivered_at from gateway.notification where request_no = $1 order by id',
      [requestNo],
    );
    return rows[0];
  };
  const toldOf = (requestNo: string): readonly URLSearchParams[] =>
    endpoint.told.filter((form) => JSON.parse(form.get('respData') ?? '{}').requestNo === requestNo);
  const tell = async (rest: Parameters<typeof result>[0] = {}): Promise<string> => {
    const told = result({ notify: true, ...rest });
    await counter.books.results(told);
    return told.requestNo;
  };

  test('is posted as a form in the protocol’s fields, signed over respData, at once', async () => {
    const started = performance.now();
    const requestNo = await tell({
      serviceName: 'RECHARGE',
      answer: { status: 'SUCCESS', final: true, fields: { rechargeStatus: 'SUCCESS' } },
    });
    const form = await waitFor(() => toldOf(requestNo)[0]);
    expect(performance.now() - started).toBeLessThan(5_000);
    expect([...form.keys()]).toEqual([
      'serviceName',
      'platformNo',
      'responseType',
      'keySerial',
      'respData',
      'sign',
      'userDevice',
    ]);
    expect(form.get('serviceName')).toBe('RECHARGE');
    expect(form.get('platformNo')).toBe('P1');
    expect(form.get('responseType')).toBe('NOTIFY');
    expect(form.get('respData')).toBe(
      `{"code":"0","status":"SUCCESS","requestNo":"${requestNo}","rechargeStatus":"SUCCESS"}`,
    );
    counter.verify(form.get('respData') ?? '', form.get('sign'), form.get('keySerial'));
    await waitFor(async () => (await rowOf(requestNo)).state === 'DELIVERED');
  });

  test('says which device its message came from', async () => {
    const requestNo = freshNumber();
    const message = { requestNo, projectNo: 'J1', status: 'REPAYING' };
    const envelope = await counter.envelope(signer, 'MODIFY_PROJECT', message, { userDevice: 'MOBILE' });
    await counter.post(new URLSearchParams(envelope));
    await tell({ requestNo });
    expect((await waitFor(() => toldOf(requestNo)[0])).get('userDevice')).toBe('MOBILE');
  });

  test.each<[string, Handle]>([
    ['another status', (_, response) => void response.writeHead(201).end('SUCCESS')],
    ['an error', (_, response) => void response.writeHead(500).end('SUCCESS')],
    ['a redirect, which is not followed', (_, response) => void response.writeHead(302, { location: '/notify' }).end()],
    ['other words', (_, response) => void response.end('success')],
    ['SUCCESS among others', (_, response) => void response.end('{"result":"SUCCESS"}')],
    ['endless words', (_, response) => void response.end(`SUCCESS${' '.repeat(5_000_000)}`)],
    ['a broken connection', (_, response) => void response.destroy()],
    ['silence', () => undefined],
  ])('answered by %s is not delivered, and due again after the first gap', async (_, handle) => {
    endpoint.handle = handle;
    const requestNo = await tell();
    const row = await waitFor(async () => {
      const current = await rowOf(requestNo);
      return current?.last_error === null ? undefined : current;
    });
    expect(row).toMatchObject({ state: 'DUE', attempts: 1, delivered_at: null });
    expect(row.due_at.getTime() - Date.now()).toBeGreaterThan(40_000);
    expect(toldOf(requestNo)).toHaveLength(1);
    // Off the table, so that what follows is not delayed by it.
    await counter.database.query(`update gateway.notification set state = 'PARKED' where request_no = $1`, [requestNo]);
    endpoint.handle = (_form, response) => void response.end(' SUCCESS\r\n');
    await tell();
    await waitFor(
      async () =>
        (await counter.database.query(`select 1 from gateway.notification where state = 'DUE'`)).rowCount === 0,
    );
  });

  test('is told again after each gap with the same text, then parked, visible, and told once more when it is resent', async () => {
    endpoint.handle = (_, response) => void response.end('FAIL');
    const requestNo = await tell();
    await waitFor(() => toldOf(requestNo).length === 1);
    counter.clock.offsetMs = 61_000;
    await waitFor(() => toldOf(requestNo).length === 2);
    counter.clock.offsetMs = 61_000 + 301_000;
    await waitFor(() => toldOf(requestNo).length === 3);
    await waitFor(async () => (await rowOf(requestNo)).state === 'PARKED');
    expect(new Set(toldOf(requestNo).map((form) => form.get('respData'))).size).toBe(1);

    const database = openDatabase({ url: counter.databaseUrl, role: 'qianzhi_gateway', max: 1 });
    const parked = await listParkedNotifications(database, 1000);
    expect(parked.find(({ event }) => event === `${requestNo}:SUCCESS`)).toMatchObject({
      attempts: 3,
      last_error: 'the answer was not SUCCESS',
    });
    endpoint.handle = (_, response) => void response.end('SUCCESS');
    expect(await resend(database, 'P1', requestNo, counter.clock.now())).toBe(1);
    await waitFor(async () => (await rowOf(requestNo)).state === 'DELIVERED');
    await database.close();
  });

  test('of a dead endpoint keeps nobody else waiting, and the dead one is soon left alone', async () => {
    await counter.register([signer], { platformNo: 'P-DEAD', notifyUrl: deadUrl, notifyAllow });
    dead.handle = () => undefined;
    const results = Array.from({ length: 200 }, () => result({ platformNo: 'P-DEAD', notify: true }));
    await counter.books.results(...results);
    await waitFor(() => dead.told.length > 0);
    for (let times = 0; times < 20; times++) {
      const started = performance.now();
      const requestNo = await tell();
      await waitFor(() => toldOf(requestNo).length === 1);
      // Far less than the dead endpoint's one second of silence.
      expect(performance.now() - started).toBeLessThan(900);
    }
    await waitFor(() => dead.told.length >= 5);
    expect(dead.most).toBeLessThanOrEqual(4);
    // While it is broken, one at a time tries it.
    const until = dead.told.length + 2;
    dead.most = 0;
    await waitFor(() => dead.told.length >= until, { deadlineMs: 20_000 });
    expect(dead.most).toBe(1);
    // It comes back, and all that waits is told.
    dead.handle = (_, response) => void response.end('SUCCESS');
    await waitFor(
      async () => {
        // What had failed comes due, also what was failing just now.
        counter.clock.offsetMs += 61_000;
        const { rows } = await counter.database.query(
          `select count(*)::int as count from gateway.notification where platform_no = 'P-DEAD' and state = 'DELIVERED'`,
        );
        return rows[0].count === 200;
      },
      { deadlineMs: 30_000 },
    );
  });

  test('to a private address is never sent without its range, and says why', async () => {
    const before = endpoint.told.length;
    for (const [platformNo, notifyUrl] of [
      ['P-LITERAL', url],
      ['P-NAME', url.replace('127.0.0.1', 'localhost')],
      ['P-NUMBER', url.replace('127.0.0.1', '2130706433')],
    ] as const) {
      await counter.register([signer], { platformNo, notifyUrl, notifyAllow: ['10.0.0.0/8'] });
      const requestNo = await tell({ platformNo });
      const row = await waitFor(async () => {
        const current = await rowOf(requestNo);
        return current?.last_error === null ? undefined : current;
      });
      expect(row.last_error).toContain('private address');
    }
    expect(endpoint.told.length).toBe(before);
  });

  test('leased by an instance that died is told when its lease ends, and not before', async () => {
    // Not registered yet, so that this instance leaves it to the other one.
    const requestNo = await tell({ platformNo: 'P-LATE' });
    const other = openDatabase({ url: counter.databaseUrl, role: 'qianzhi_gateway', max: 1 });
    const now = counter.clock.now();
    const leased = await leaseDue(other, [{ platformNo: 'P-LATE', free: 5 }], 5, now, now + 60_000);
    expect(leased).toHaveLength(1);
    expect(await leaseDue(other, [{ platformNo: 'P-LATE', free: 5 }], 5, now, now + 60_000)).toEqual([]);
    await other.close();
    await counter.register([signer], { platformNo: 'P-LATE', notifyUrl: url, notifyAllow });
    const witness = await tell({ platformNo: 'P-LATE' });
    await waitFor(async () => (await rowOf(witness)).state === 'DELIVERED');
    expect(toldOf(requestNo)).toEqual([]);
    counter.clock.offsetMs = 61_000;
    await waitFor(async () => (await rowOf(requestNo)).state === 'DELIVERED');
    expect((await rowOf(requestNo)).attempts).toBe(2);
  });

  test('of one number that has several states is told in their order', async () => {
    const requestNo = freshNumber();
    const states = ['ACCEPT', 'REMITING', 'SUCCESS', 'FAIL'];
    await counter.books.results(
      ...states.map((state) =>
        result({
          requestNo,
          event: `${requestNo}:${state}`,
          notify: true,
          answer: { status: 'SUCCESS', final: true, fields: { withdrawStatus: state } },
        }),
      ),
    );
    await waitFor(() => toldOf(requestNo).length === states.length);
    expect(toldOf(requestNo).map((form) => JSON.parse(form.get('respData') ?? '').withdrawStatus)).toEqual(states);
  });
});
