/** What nobody clicks, and what died half-way: the sweeper ends pages whose time is over, and brings every approval to the books, once. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sql } from '../../../runtime/postgres/sql.ts';
import { Browser, type Page } from '../../browser.ts';
import { describeOnDatabases, waitFor } from '../../servers.ts';
import { type Asked, type Bank, openBank, processing, success } from './bank.ts';

describeOnDatabases('the sweeper of pages', (server) => {
  let bank: Bank;
  let requests = 0;
  beforeAll(async () => {
    bank = await openBank(server);
    // Two instances sweep, side by side, and neither is the one that serves the browser.
    await bank.another();
    await bank.another();
  });
  afterAll(async () => {
    await bank?.close();
  });
  beforeEach(() => {
    bank.books.weather = 'fair';
    bank.books.approvals = success;
  });

  const asked = (more: Partial<Asked> = {}): Asked => {
    requests += 1;
    return {
      service: 'RECHARGE',
      requestNo: `S-${requests}`,
      userNo: 'SYS_GENERATE_002',
      needs: 'CONFIRMATION',
      ...more,
    };
  };
  const open = (browser: Browser, what: Asked): Promise<Page> => browser.post(`${bank.url}/gateway`, bank.form(what));
  const stateOf = async (requestNo: string): Promise<string | undefined> =>
    (await bank.database.row<{ state: string }>(sql`select state from gateway.page where request_no = ${requestNo}`))
      ?.state;
  const submissionsOf = (requestNo: string) =>
    bank.books.submissions.filter(({ number }) => number.startsWith(`${requestNo}:`));

  test('pages whose time is over are ended once each, whoever sweeps', async () => {
    const many = Array.from({ length: 25 }, () => asked({ lastsMs: 60_000 }));
    const lasting = asked();
    for (const each of [...many, lasting]) await open(new Browser(), each);
    bank.clock.ahead += 61_000;
    for (const { requestNo } of many) await waitFor(async () => (await stateOf(requestNo)) === 'ENDED');
    for (const { requestNo } of many) {
      expect(bank.books.taken(requestNo)).toMatchObject([{ service: 'PAGE_EXPIRED', reason: 'EXPIRED' }]);
      expect(submissionsOf(requestNo)).toHaveLength(1);
    }
    expect(await stateOf(lasting.requestNo)).toBe('OPEN');
  });

  test('an approval that the bus did not surely take is submitted again, word for word, until it is', async () => {
    const browser = new Browser();
    const what = asked();
    const page = await open(browser, what);
    bank.books.weather = 'unknown';
    const waiting = await browser.submit(page, {}, 'approve');
    expect(waiting.text).toContain('正在处理');
    bank.books.weather = 'full';
    bank.clock.ahead += 10_000;
    await waitFor(() => submissionsOf(what.requestNo).length >= 2);
    bank.books.weather = 'fair';
    await waitFor(async () => {
      bank.clock.ahead += 10_000;
      return (await stateOf(what.requestNo)) === 'ENDED';
    });
    expect((await browser.settle(waiting)).text).toContain('成功');
    // The time too is that of the click: what was approved in time is in time.
    const said = submissionsOf(what.requestNo).map(({ digest, receivedAt }) => `${digest} ${receivedAt}`);
    expect(new Set(said).size).toBe(1);
    expect(bank.books.taken(what.requestNo)).toHaveLength(1);
  });

  test('an approval whose process died before it was submitted reaches the books', async () => {
    const browser = new Browser();
    const what = asked();
    const page = await open(browser, what);
    const returnUrl = page.html.match(/action="([^"]+)"/)?.[1];
    // What a process leaves that is killed between its commit and its submission.
    const act = JSON.stringify({
      service: 'PAGE_APPROVED',
      requestNo: what.requestNo,
      approvedBy: 'PLATFORM',
      returnUrl: `${bank.url}${returnUrl}`,
    });
    await bank.database.execute(sql`
      update gateway.page set state = 'APPROVED', act = ${act}, acted_at = ${new Date(bank.clock.now())}, due_at = ${new Date(bank.clock.now() + 2_000)}
      where request_no = ${what.requestNo}`);
    bank.clock.ahead += 3_000;
    await waitFor(async () => (await stateOf(what.requestNo)) === 'ENDED');
    expect(bank.books.taken(what.requestNo)).toEqual([JSON.parse(act)]);
    expect((await browser.get(`${bank.url}${returnUrl}`)).text).toContain('成功');
  });

  test('an approval that was accepted and never answered is asked about again', async () => {
    const browser = new Browser();
    const what = asked();
    const page = await open(browser, what);
    bank.books.weather = 'timeout';
    await browser.submit(page, {}, 'approve');
    bank.books.weather = 'fair';
    expect(await stateOf(what.requestNo)).toBe('APPROVED');
    bank.clock.ahead += 61_000;
    await waitFor(async () => (await stateOf(what.requestNo)) === 'ENDED');
    expect(bank.books.taken(what.requestNo)).toHaveLength(1);
  });

  test('an approved page does not expire: what was approved is for the books to end', async () => {
    const browser = new Browser();
    const what = asked({ lastsMs: 60_000 });
    bank.books.approvals = processing;
    const waiting = await browser.submit(await open(browser, what), {}, 'approve');
    bank.clock.ahead += 3_600_000;
    await waitFor(() => submissionsOf(what.requestNo).length >= 2);
    expect(bank.books.taken(what.requestNo)).toMatchObject([{ service: 'PAGE_APPROVED' }]);
    expect((await browser.get(waiting.url)).text).toContain('正在处理');
    await bank.result(what, success);
    expect((await browser.settle(waiting)).text).toContain('成功');
  });

  test('an end that comes too late for the books is no success: the last word is the result', async () => {
    const browser = new Browser();
    const what = asked();
    const page = await open(browser, what);
    bank.books.approvals = processing;
    await browser.submit(page, {}, 'approve');
    // As after a restored backup of the gateway: the page is open again, the books know better.
    await bank.database.execute(sql`
      update gateway.page set state = 'OPEN', act = null, acted_at = null where request_no = ${what.requestNo}`);
    const waiting = await browser.submit(page, {}, 'cancel');
    expect(waiting.text).toContain('正在处理');
    expect(bank.books.taken(what.requestNo)).toMatchObject([{ service: 'PAGE_APPROVED' }]);
    await bank.result(what, success);
    await browser.settle(waiting);
    expect(await stateOf(what.requestNo)).toBe('ENDED');
  });

  test('a result that comes before the page knows of it, and again, ends it once', async () => {
    const browser = new Browser();
    const what = asked();
    const page = await open(browser, what);
    await bank.result(what, { ...success, fields: { rechargeStatus: 'SUCCESS' } });
    await bank.result(what, { ...success, fields: { rechargeStatus: 'FAIL' } });
    const end = await browser.submit(page, {}, 'approve');
    expect(end.text).toContain('成功');
    expect(bank.books.taken(what.requestNo)).toEqual([]);
  });
});
