/** What the counter answers when all is well with a message: the books' word, PROCESSING, busy; and how it stands while others fail. */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openSealer } from '../../certs/seal.ts';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import { fen } from '../../contract/money.ts';
import type { Clear } from '../../contract/sealed.ts';
import { arm } from '../../runtime/fault.ts';
import { describeOnDatabase, waitFor } from '../servers.ts';
import { success } from './books.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner } from './counter.ts';

describeOnDatabase('what the counter answers', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;

  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { waitMs: 2_000, mostInFlight: 3 } });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer]);
  });
  afterAll(() => counter.close());
  afterEach(() => {
    counter.books.answer = () => success;
    counter.books.answerQuery = () => success;
    counter.books.publication = () => 'accepted';
    counter.books.sick = undefined;
  });

  const project = (rest: object = {}) => ({ requestNo: freshNumber(), projectNo: 'J1', status: 'REPAYING', ...rest });

  /** The books keep what comes from now on waiting; what is published again of other tests is answered. */
  const holding = (): InstructionMessage[] => {
    const waiting: InstructionMessage[] = [];
    const since = counter.clock.now();
    counter.books.answer = (instruction) => {
      if (instruction.receivedAt < since) return success;
      waiting.push(instruction);
      return undefined;
    };
    return waiting;
  };

  test('an instruction reaches the books as it was sent, with its evidence’s id, and the answer comes back', async () => {
    const requestNo = freshNumber();
    const heard = await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo }));
    expect(heard.text).toBe(`{"code":"0","status":"SUCCESS","requestNo":"${requestNo}"}`);
    expect(heard.status).toBe(200);
    const instruction = counter.books.instructions.at(-1) as InstructionMessage;
    expect(instruction).toMatchObject({
      version: 1,
      platformNo: 'P1',
      origin: 'PLATFORM',
      number: requestNo,
      act: { service: 'MODIFY_PROJECT', request: { requestNo, projectNo: 'J1', status: 'REPAYING' } },
    });
    const { rows } = await counter.database.query(
      `select id, encode(digest, 'hex') as digest from gateway.evidence where request_no = $1`,
      [requestNo],
    );
    expect(rows).toEqual([{ id: instruction.messageId, digest: instruction.digest }]);
  });

  test('the digest is of the content: not of the timestamp, the order of fields or white space, but of how a number is written', async () => {
    const requestNo = freshNumber();
    const digestOf = async (text: string): Promise<string> => {
      await counter.send(signer, 'CANCEL_PRE_TRANSACTION', text);
      return counter.books.instructions.at(-1)?.digest ?? '';
    };
    const first = await digestOf(
      `{"timestamp":"${counter.timestamp()}","requestNo":"${requestNo}","preTransactionNo":"T","amount":1.00}`,
    );
    const same = await digestOf(
      `{ "amount":1.00, "preTransactionNo":"T","requestNo":"${requestNo}","timestamp":"${counter.timestamp(-5000)}" }`,
    );
    const other = await digestOf(
      `{"timestamp":"${counter.timestamp()}","requestNo":"${requestNo}","preTransactionNo":"T","amount":1.0}`,
    );
    expect(same).toBe(first);
    expect(other).not.toBe(first);
  });

  test('money is a JSON number with 2 decimals, sealed fields are opened, absent ones left out', async () => {
    const sealer = await openSealer(counter.settings.sealingKeyFile);
    counter.books.answerQuery = () => ({
      status: 'SUCCESS',
      final: true,
      fields: {
        balance: fen(50_000n),
        freezeAmount: fen(0n),
        bankcardNo: sealer.seal('BANK_CARD', '6222020200112233445' as Clear),
        records: [{ amount: fen(1n), name: sealer.seal('NAME', '王小明' as Clear) }],
        isImportUserActivate: true,
      },
    });
    const heard = await counter.send(signer, 'QUERY_USER_INFORMATION', { platformUserNo: 'U1' });
    expect(heard.text).toBe(
      '{"code":"0","status":"SUCCESS","balance":500.00,"freezeAmount":0.00,"bankcardNo":"6222020200112233445",' +
        '"records":[{"amount":0.01,"name":"王小明"}],"isImportUserActivate":true}',
    );
  });

  test('a refusal of the books is code 0, status INIT, with code and text', async () => {
    counter.books.answer = () => ({
      status: 'INIT',
      errorCode: '100014',
      errorMessage: '余额不足',
      final: true,
      fields: {},
    });
    const requestNo = freshNumber();
    const heard = await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo }));
    expect(heard.text).toBe(
      `{"code":"0","status":"INIT","errorCode":"100014","errorMessage":"余额不足","requestNo":"${requestNo}"}`,
    );
    expect(heard.status).toBe(200);
  });

  test('without an answer in time it is PROCESSING; a late reply is ignored and the next message is answered its own', async () => {
    const waiting = holding();
    const requestNo = freshNumber();
    const heard = await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo }));
    expect(heard.text).toBe(`{"code":"0","status":"PROCESSING","requestNo":"${requestNo}"}`);
    const [late] = waiting as [InstructionMessage];
    expect(await counter.count('pending')).toBe(1);
    counter.books.tell(late, success);
    // Late for the platform, but the instruction has had its answer.
    await waitFor(async () => (await counter.count('pending')) === 0);
    counter.books.answer = () => ({ ...success, fields: { x: 'mine' } });
    expect((await counter.send(signer, 'MODIFY_PROJECT', project())).body['x']).toBe('mine');
  });

  test('an answer for another platform’s message reaches nobody', async () => {
    counter.books.answer = (instruction) => {
      counter.books.tell({ ...instruction, platformNo: 'P2' }, { ...success, fields: { x: 'not yours' } });
      return undefined;
    };
    expect((await counter.send(signer, 'MODIFY_PROJECT', project())).body['status']).toBe('PROCESSING');
  });

  test('a query without an answer is 100001, and claims nothing', async () => {
    counter.books.answerQuery = () => undefined;
    const before = await counter.count('evidence');
    const heard = await counter.send(signer, 'QUERY_TRANSACTION', { requestNo: 'Q1', transactionType: 'FREEZE' });
    expect(heard.body).toMatchObject({ code: '1', errorCode: '100001', requestNo: 'Q1' });
    expect(await counter.count('evidence')).toBe(before);
  });

  test.each(['unknown', 'unroutable'] as const)(
    'a publication that is %s may have been claimed: 100001 with the words to retry the same, and it stays pending',
    async (publication) => {
      counter.books.publication = () => publication;
      const requestNo = freshNumber();
      const heard = await counter.send(signer, 'MODIFY_PROJECT', project({ requestNo }));
      expect(heard.status).toBe(200);
      expect(heard.body).toMatchObject({ code: '1', status: 'PROCESSING', errorCode: '100001', requestNo });
      expect(heard.body['errorMessage']).toContain('the same number and the same content');
      const { rows } = await counter.database.query(
        'select 1 from gateway.pending p join gateway.evidence e on e.id = p.evidence_id where request_no = $1',
        [requestNo],
      );
      expect(rows).toHaveLength(1);
    },
  );

  test('an answer that overtakes a broker’s lost confirm is given', async () => {
    counter.books.publication = () => new Promise(() => undefined);
    const sending = counter.send(signer, 'MODIFY_PROJECT', project({ requestNo: 'OVERTAKES' }));
    const messageId = await waitFor(async () => {
      const { rows } = await counter.database.query(`select id from gateway.evidence where request_no = 'OVERTAKES'`);
      return rows[0]?.id as string | undefined;
    });
    counter.books.tell({ platformNo: 'P1', replyTo: { address: '', correlationId: messageId } }, success);
    expect((await sending).body).toMatchObject({ code: '0', status: 'SUCCESS' });
    await counter.stop();
    await counter.start();
  });

  test('a queue that is full is 503 with Retry-After, and will not be published by us later', async () => {
    counter.books.publication = () => 'full';
    const pending = await counter.count('pending');
    const heard = await counter.send(signer, 'MODIFY_PROJECT', project());
    expect(heard.status).toBe(503);
    expect(heard.headers.get('retry-after')).toBe('1');
    expect(heard.body).toMatchObject({ code: '1', errorCode: '100001' });
    await waitFor(async () => (await counter.count('pending')) === pending);
  });

  test('while the broker is blocked /ready is red with the reason, and messages are 503 without evidence', async () => {
    counter.books.sick = 'RabbitMQ takes no messages: low on disk';
    const ready = await fetch(`${counter.url}/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({ ready: false, reasons: ['bus: RabbitMQ takes no messages: low on disk'] });
    const before = await counter.count('evidence');
    for (const [service, request] of [
      ['MODIFY_PROJECT', project()],
      ['QUERY_USER_INFORMATION', { platformUserNo: 'U' }],
    ] as const) {
      expect((await counter.send(signer, service, request)).status).toBe(503);
    }
    expect(await counter.count('evidence')).toBe(before);
    counter.books.sick = undefined;
    expect((await fetch(`${counter.url}/ready`)).status).toBe(200);
  });

  test('more requests than may be in hand are answered busy, and those in hand still get their answer', async () => {
    const waiting = holding();
    const inHand = [0, 1, 2].map(() => counter.send(signer, 'MODIFY_PROJECT', project()));
    await waitFor(() => waiting.length === 3);
    const busy = await counter.send(signer, 'MODIFY_PROJECT', project());
    expect(busy.status).toBe(503);
    expect(busy.body).toMatchObject({ code: '1', errorCode: '100001' });
    expect((await fetch(`${counter.url}/health`)).status).toBe(200);
    for (const instruction of waiting) counter.books.tell(instruction, success);
    for (const heard of await Promise.all(inHand)) expect(heard.body['status']).toBe('SUCCESS');
    counter.books.answer = () => success;
    expect((await counter.send(signer, 'MODIFY_PROJECT', project())).status).toBe(200);
  });

  test('a client that goes away gives its place back', async () => {
    counter.books.answer = () => undefined;
    const envelope = new URLSearchParams(await counter.envelope(signer, 'MODIFY_PROJECT', project())).toString();
    for (let times = 0; times < 6; times++) {
      await new Promise<void>((resolve) => {
        const sent = request(`${counter.url}/service`, {
          method: 'POST',
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        });
        sent.on('error', () => resolve());
        sent.write(envelope.slice(0, 20), () => setTimeout(() => sent.destroy(), 30));
      });
    }
    counter.books.answer = () => success;
    await waitFor(async () => (await counter.send(signer, 'MODIFY_PROJECT', project())).status === 200);
  });

  test('who goes away after he has asked keeps his place while the books still work on it', async () => {
    const waiting = holding();
    for (let times = 0; times < 3; times++) {
      const envelope = new URLSearchParams(await counter.envelope(signer, 'MODIFY_PROJECT', project())).toString();
      const sent = request(`${counter.url}/service`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': Buffer.byteLength(envelope) },
      });
      sent.on('error', () => undefined);
      sent.end(envelope);
      await waitFor(() => waiting.length === times + 1);
      sent.destroy();
    }
    const busy = await counter.send(signer, 'MODIFY_PROJECT', project());
    for (const instruction of waiting) counter.books.tell(instruction, success);
    expect(busy.status).toBe(503);
    counter.books.answer = () => success;
    await waitFor(async () => (await counter.send(signer, 'MODIFY_PROJECT', project())).status === 200);
  });

  test('/metrics names what happened, and no platform’s number', async () => {
    const text = await (await fetch(`${counter.url}/metrics`)).text();
    expect(text).toContain('qianzhi_gateway_request_seconds_count{path="/service",outcome="SUCCESS"}');
    expect(text).not.toContain('P1');
  });

  test('stopping answers what is in hand, and takes nothing new', async () => {
    const waiting = holding();
    const inHand = counter.send(signer, 'MODIFY_PROJECT', project());
    await waitFor(() => waiting.length === 1);
    const { url } = counter;
    const stopped = counter.stop();
    await waitFor(() =>
      fetch(`${url}/health`).then(
        () => false,
        () => true,
      ),
    );
    for (const instruction of waiting) counter.books.tell(instruction, success);
    expect((await inHand).body['status']).toBe('SUCCESS');
    await stopped;
    await counter.start();
  });

  test('a crash between evidence and publish loses nothing: the instruction is published again when it is due', async () => {
    const disarm = arm('gateway.after-evidence-before-publish', () => new Promise(() => undefined));
    const requestNo = freshNumber();
    const before = counter.books.instructions.length;
    void counter.send(signer, 'MODIFY_PROJECT', project({ requestNo })).catch(() => undefined);
    await waitFor(async () => (await counter.count('pending')) > 0);
    disarm();
    expect(counter.books.instructions.slice(before).map(({ number }) => number)).not.toContain(requestNo);
    counter.clock.offsetMs = 31_000;
    await waitFor(() => counter.books.instructions.some(({ number }) => number === requestNo));
    // Answered now, so it is not published a third time.
    await waitFor(async () => (await counter.count('pending')) === 0);
    counter.clock.offsetMs = 0;
  });
});
