/** The pages behind the real counter: a signed form in, signed HTML out, the evidence of an approval, and a gateway that restarts in between. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encode } from '../../../contract/internal/codec.ts';
import type { InstructionMessage } from '../../../contract/internal/instruction.ts';
import type { Answer, PageFacts } from '../../../contract/internal/reply.ts';
import { fen } from '../../../contract/money.ts';
import { Browser, formsOf, type Page } from '../../browser.ts';
import { describeOnDatabases } from '../../servers.ts';
import { success } from '../books.ts';
import { Counter, freshNumber, type PlatformSigner, platformSigner, result } from '../counter.ts';

const PASSWORD = 'Correct-7';
const processing: Answer = { status: 'PROCESSING', final: false, fields: {} };

describeOnDatabases('the pages behind the counter', (server) => {
  let counter: Counter;
  let signer: PlatformSigner;
  beforeAll(async () => {
    counter = await Counter.open(server, { settings: { pages: { password: { cost: 1024 } } } });
    signer = await platformSigner('K1', 'ED25519');
    await counter.register([signer]);
    counter.books.answer = answer;
  });
  afterAll(async () => {
    await counter?.close();
  });

  /** Books that open every page, approve every approval, and refuse what is asked of nobody. */
  function answer({ act, origin }: InstructionMessage): Answer | undefined {
    if (origin === 'PAGE') return success;
    const { request } = act as { request: { platformUserNo: string; redirectUrl: string } };
    if (request.platformUserNo === 'nobody')
      return { status: 'INIT', final: true, errorCode: '100009', errorMessage: '用户不存在', fields: {} };
    const service = act.service as PageFacts['service'];
    const page: PageFacts = {
      service,
      platformUserNo: request.platformUserNo,
      needs: service === 'PERSONAL_REGISTER_EXPAND' ? 'NEW_PASSWORD' : 'PASSWORD',
      expiresAt: counter.clock.now() + 60_000,
      redirectUrl: request.redirectUrl,
      lines: { amount: fen(100_000n) },
    };
    return { ...processing, page };
  }

  const withdraw = (requestNo: string, platformUserNo = 'investor') => ({
    requestNo,
    platformUserNo,
    amount: '1000.00',
    redirectUrl: 'https://platform.example/back',
  });
  const registration = (requestNo: string) => ({
    requestNo,
    platformUserNo: 'investor',
    realName: '张三',
    idCardNo: '110101199003070011',
    idCardType: 'PRC_ID',
    bankcardNo: '6222020200000001234',
    mobile: '13800138001',
    userRole: 'INVESTOR',
    checkType: 'LIMIT',
    redirectUrl: 'https://platform.example/back',
  });
  const open = async (browser: Browser, service: string, request: object): Promise<Page> => {
    const page = await browser.post(`${counter.url}/gateway`, await counter.envelope(signer, service, request));
    counter.verify(page.html, page.headers.get('sign'), page.headers.get('keySerial'));
    return page;
  };
  const callbackOf = (page: Page): unknown => {
    const { respData, sign, keySerial, responseType } = formsOf(page)[0]?.hidden ?? {};
    counter.verify(respData ?? '', sign, keySerial);
    expect(responseType).toBe('CALLBACK');
    return JSON.parse(respData ?? '');
  };
  const submit = (browser: Browser, page: Page): Promise<Page> =>
    browser.submit(page, { password: PASSWORD, passwordAgain: PASSWORD }, 'approve');

  test('a registration and a withdrawal are walked from the signed form to the signed way back', async () => {
    const [registered, withdrawn] = [freshNumber(), freshNumber()];
    const browser = new Browser();
    const registering = await open(browser, 'PERSONAL_REGISTER_EXPAND', registration(registered));
    expect(callbackOf(await submit(browser, registering))).toMatchObject({ status: 'SUCCESS', requestNo: registered });

    const page = await open(browser, 'WITHDRAW', withdraw(withdrawn));
    expect(page.text).toContain('1000.00 元');
    // The gateway is restarted while the user looks at the page.
    await counter.stop();
    await counter.start();
    const host = new URL(counter.url).host;
    const moved = browser.cookies.map((cookie) => ({ ...cookie, host }));
    browser.cookies.push(...moved);
    const end = await submit(browser, { ...page, url: `${counter.url}/gateway` });
    expect(callbackOf(end)).toMatchObject({ status: 'SUCCESS', requestNo: withdrawn });

    const acts = counter.books.instructions.filter(({ origin }) => origin === 'PAGE');
    expect(acts.map(({ number }) => number)).toEqual([`${registered}:approved`, `${withdrawn}:approved`]);
    const { rows } = await counter.database.query(
      `select kind, request_no from gateway.evidence where request_no = any($1) order by received_at`,
      [[registered, withdrawn]],
    );
    expect(rows).toEqual([
      { kind: 'PLATFORM', request_no: registered },
      { kind: 'PAGE', request_no: registered },
      { kind: 'PLATFORM', request_no: withdrawn },
      { kind: 'PAGE', request_no: withdrawn },
    ]);
    expect(counter.books.instructions.map(encode).join()).not.toContain(PASSWORD);
  });

  test('what the books refuse leads back to the platform, signed', async () => {
    const requestNo = freshNumber();
    const page = await open(new Browser(), 'WITHDRAW', withdraw(requestNo, 'nobody'));
    expect(page.text).toContain('用户不存在');
    expect(formsOf(page)[0]?.action).toBe('https://platform.example/back');
    expect(callbackOf(page)).toMatchObject({ code: '0', status: 'INIT', errorCode: '100009', requestNo });
  });

  test('what the counter refuses is a page that leads nowhere, and JSON for a program', async () => {
    const envelope = await counter.envelope(signer, 'WITHDRAW', withdraw(freshNumber()));
    const forged = { ...envelope, reqData: envelope['reqData']?.replace('1000.00', '9000.00') ?? '' };
    const before = counter.books.instructions.length;
    const page = await new Browser().post(`${counter.url}/gateway`, forged);
    counter.verify(page.html, page.headers.get('sign'), page.headers.get('keySerial'));
    expect(page.headers.get('content-type')).toContain('text/html');
    expect(page.text).toContain('100003');
    expect(formsOf(page)).toEqual([]);
    expect(page.headers.getSetCookie()).toEqual([]);
    const heard = await counter.post(new URLSearchParams(forged), '/gateway', { accept: 'application/json' });
    expect(heard.body).toMatchObject({ code: '1', errorCode: '100003' });
    expect(counter.books.instructions).toHaveLength(before);
  });

  test('a way back that is a script is refused before the books see it', async () => {
    const before = counter.books.instructions.length;
    const request = { ...withdraw(freshNumber()), redirectUrl: 'javascript:alert(1)' };
    const page = await open(new Browser(), 'WITHDRAW', request);
    expect(page.text).toContain('100002');
    expect(page.html).not.toContain('javascript:');
    expect(counter.books.instructions).toHaveLength(before);
  });

  test('a durable result ends the page, activates the password, and is taken once', async () => {
    const requestNo = freshNumber();
    const browser = new Browser();
    const request = { ...registration(requestNo), platformUserNo: 'second' };
    const page = await open(browser, 'PERSONAL_REGISTER_EXPAND', request);
    counter.books.answer = (instruction) => (instruction.origin === 'PAGE' ? processing : answer(instruction));
    const waiting = await submit(browser, page);
    counter.books.answer = answer;
    expect(waiting.text).toContain('正在处理');
    const told = result({ requestNo, serviceName: 'PERSONAL_REGISTER_EXPAND' });
    await counter.books.results(told, told);
    await counter.books.results(told);
    expect(callbackOf(await browser.settle(waiting))).toMatchObject({ status: 'SUCCESS' });
    const checking = await open(browser, 'CHECK_PASSWORD', {
      requestNo: freshNumber(),
      platformUserNo: 'second',
      bizTypeDescription: '提现',
      redirectUrl: 'https://platform.example/back',
    });
    expect((await submit(browser, checking)).text).toContain('成功');
  });
});
