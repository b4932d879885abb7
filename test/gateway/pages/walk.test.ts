/** A page from the platform's form to the signed way back: approved once, cancelled, expired, waited for, paid for, opened again. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifierOf, verifyBase64 } from '../../../certs/verifier.ts';
import { fen } from '../../../contract/money.ts';
import { sql } from '../../../runtime/postgres/sql.ts';
import { Browser, formsOf, type Page } from '../../browser.ts';
import { describeOnDatabases, waitFor } from '../../servers.ts';
import { type Asked, type Bank, openBank, PLATFORM, processing, refusal, register, success } from './bank.ts';

const PASSWORD = 'Correct-7';

describeOnDatabases('the bank’s pages', (server) => {
  let bank: Bank;
  beforeAll(async () => {
    bank = await openBank(server);
  });
  afterAll(async () => {
    await bank?.close();
  });

  const open = (browser: Browser, asked: Asked): Promise<Page> => browser.post(`${bank.url}/gateway`, bank.form(asked));
  const approve = (browser: Browser, page: Page, password = PASSWORD): Promise<Page> =>
    browser.submit(page, { password }, 'approve');
  /** The CALLBACK that an end page carries, its signature verified. */
  const callbackOf = (page: Page): Record<string, unknown> => {
    const [form] = formsOf(page);
    const { respData = '', sign = '', keySerial, responseType, platformNo } = form?.hidden ?? {};
    expect(form?.action).toMatch(/^https:\/\/platform\.example\/back/);
    expect({ keySerial, responseType, platformNo }).toEqual({
      keySerial: 'BANK1',
      responseType: 'CALLBACK',
      platformNo: PLATFORM,
    });
    const bankKey = verifierOf(bank.signer.publicKeyPem, 'RSA2');
    expect(verifyBase64(bankKey, Buffer.from(respData), sign)).toBe(true);
    return JSON.parse(respData) as Record<string, unknown>;
  };
  const registered = async (userNo: string): Promise<void> => {
    const browser = new Browser();
    const page = await open(browser, register(userNo));
    const end = await browser.submit(page, { password: PASSWORD, passwordAgain: PASSWORD }, 'approve');
    expect(callbackOf(end)).toMatchObject({ status: 'SUCCESS' });
  };

  test('a registration sets the password that the next page asks for', async () => {
    await registered('walker');
    const browser = new Browser();
    const page = await open(browser, {
      service: 'USER_PRE_TRANSACTION',
      requestNo: 'W-1',
      userNo: 'walker',
      lines: { amount: fen(595_000n), projectNo: 'P1' },
    });
    expect(page.text).toContain('5950.00 元');
    expect(page.text).toContain('P1');
    expect(formsOf(page)[0]?.typed).toEqual(['password']);
    const end = await approve(browser, page);
    expect(end.text).toContain('成功');
    expect(callbackOf(end)).toMatchObject({ code: '0', status: 'SUCCESS', requestNo: 'W-1' });
    expect(bank.books.taken('W-1')).toEqual([
      {
        service: 'PAGE_APPROVED',
        requestNo: 'W-1',
        approvedBy: 'PASSWORD',
        returnUrl: expect.stringMatching(`^${bank.url}/page/[\\w-]{22}$`),
      },
    ]);
  });

  test('a new password that is short, plain or typed differently is not taken, and the page stays open', async () => {
    const browser = new Browser();
    let page = await open(browser, register('chooser'));
    for (const [password, passwordAgain, said] of [
      ['12345', '12345', '6 至 20 位'],
      ['Abc 12345', 'Abc 12345', '不含空格'],
      ['x'.repeat(21), 'x'.repeat(21), '6 至 20 位'],
      ['888888', '888888', '连续'],
      ['456789', '456789', '连续'],
      ['Abc-12345', 'Abc-12346', '不一致'],
    ] as const) {
      page = await browser.submit(page, { password, passwordAgain }, 'approve');
      expect(page.status).toBe(422);
      expect(page.text).toContain(said);
      expect(page.html).not.toContain(password);
    }
    expect(bank.books.taken('REG-chooser')).toEqual([]);
    const end = await browser.submit(page, { password: '194715', passwordAgain: '194715' }, 'approve');
    expect(callbackOf(end)).toMatchObject({ status: 'SUCCESS' });
  });

  test('five wrong passwords leave a try, the sixth locks, and the right one then changes nothing', async () => {
    await registered('guesser');
    const browser = new Browser();
    let page = await open(browser, { service: 'CHECK_PASSWORD', requestNo: 'G-1', userNo: 'guesser' });
    for (const left of [5, 4, 3, 2, 1]) {
      page = await approve(browser, page, 'Wrong-one');
      expect(page.status).toBe(422);
      expect(page.text).toContain(`还可尝试 ${left} 次`);
    }
    page = await approve(browser, page, 'Wrong-one');
    expect(page.text).toContain('锁定');
    page = await approve(browser, page);
    expect(page.text).toContain('锁定');
    expect(bank.books.taken('G-1')).toEqual([]);
    expect((await browser.get(page.url)).text).toContain('验证交易密码');
    const end = await browser.submit(page, {}, 'cancel');
    expect(callbackOf(end)).toMatchObject({ status: 'INIT', errorCode: '100008' });
  });

  test('a platform’s own account is confirmed without a password', async () => {
    const browser = new Browser();
    const page = await open(browser, {
      service: 'RECHARGE',
      requestNo: 'R002',
      userNo: 'SYS_GENERATE_002',
      needs: 'CONFIRMATION',
    });
    expect(formsOf(page)[0]?.typed).toEqual([]);
    expect(callbackOf(await browser.submit(page, {}, 'approve'))).toMatchObject({ status: 'SUCCESS' });
    expect(bank.books.taken('R002')).toMatchObject([{ approvedBy: 'PLATFORM' }]);
  });

  test('what the books refuse at approval is told in words, and to the platform', async () => {
    await registered('poor');
    const browser = new Browser();
    const page = await open(browser, { service: 'WITHDRAW', requestNo: 'P-1', userNo: 'poor' });
    bank.books.approvals = refusal;
    try {
      const end = await approve(browser, page);
      expect(end.text).toContain('余额不足');
      expect(callbackOf(end)).toMatchObject({ status: 'INIT', errorCode: '100014' });
    } finally {
      bank.books.approvals = success;
    }
  });

  test('a cancelled page says that nothing was changed, and cannot be approved', async () => {
    await registered('doubter');
    const browser = new Browser();
    const page = await open(browser, { service: 'WITHDRAW', requestNo: 'C-1', userNo: 'doubter' });
    const end = await browser.submit(page, {}, 'cancel');
    expect(end.text).toContain('已取消，未作任何变更');
    const after = await approve(browser, page);
    expect(after.text).toContain('已取消');
    expect(bank.books.taken('C-1')).toMatchObject([{ service: 'PAGE_EXPIRED', reason: 'CANCELLED' }]);
  });

  test('a page whose time is over changes nothing and says so, also to who approves it late', async () => {
    await registered('late');
    const browser = new Browser();
    const asked: Asked = { service: 'WITHDRAW', requestNo: 'L-1', userNo: 'late', lastsMs: 60_000 };
    const page = await open(browser, asked);
    bank.clock.ahead += 61_000;
    const end = await approve(browser, page);
    expect(end.text).toContain('页面已过期，未作任何变更');
    expect(callbackOf(end)).toMatchObject({ status: 'INIT' });
    expect(bank.books.taken('L-1')).toMatchObject([{ service: 'PAGE_EXPIRED', reason: 'EXPIRED' }]);
    expect((await open(new Browser(), asked)).text).toContain('页面已过期');
  });

  test('five clicks at once approve once, and each sees the same end', async () => {
    await registered('hasty');
    const browser = new Browser();
    const page = await open(browser, { service: 'WITHDRAW', requestNo: 'H-1', userNo: 'hasty' });
    const before = bank.books.submissions.length;
    const ends = await Promise.all(Array.from({ length: 5 }, () => approve(browser, page)));
    for (const end of ends) {
      const settled = await browser.settle(end);
      expect(settled.text).toContain('成功');
    }
    expect(bank.books.submissions.slice(before).map(({ number }) => number)).toEqual(['H-1:approved']);
  });

  test('of two tabs the later may approve; the earlier is shown the page again before it can', async () => {
    await registered('tabby');
    const browser = new Browser();
    const asked: Asked = { service: 'WITHDRAW', requestNo: 'T-1', userNo: 'tabby' };
    const first = await open(browser, asked);
    const second = await open(browser, asked);
    expect(formsOf(second)[0]?.action).toBe(formsOf(first)[0]?.action);
    const again = await approve(browser, first);
    expect(again.status).toBe(403);
    expect(again.text).toContain('已重新打开');
    expect(bank.books.taken('T-1')).toEqual([]);
    expect(callbackOf(await approve(browser, again))).toMatchObject({ status: 'SUCCESS' });
    expect(callbackOf(await approve(browser, second))).toMatchObject({ status: 'SUCCESS' });
    expect(bank.books.taken('T-1')).toHaveLength(1);
  });

  test('one of two tabs cancels and one approves, and one of them wins', async () => {
    await registered('torn');
    for (const round of [1, 2, 3, 4]) {
      const browser = new Browser();
      const asked: Asked = { service: 'WITHDRAW', requestNo: `TORN-${round}`, userNo: 'torn' };
      const page = await open(browser, asked);
      const ends = await Promise.all([approve(browser, page), browser.submit(page, {}, 'cancel')]);
      const settled = await Promise.all(ends.map((end) => browser.settle(end)));
      const [act, ...others] = bank.books.taken(asked.requestNo);
      expect(others).toEqual([]);
      const said = act?.service === 'PAGE_APPROVED' ? '成功' : '已取消';
      for (const end of settled) expect(end.text).toContain(said);
    }
  });

  describe('with a pay company', () => {
    const paying = (requestNo: string): Asked => ({
      service: 'RECHARGE',
      requestNo,
      userNo: 'SYS_GENERATE_002',
      needs: 'CONFIRMATION',
    });
    beforeAll(() => {
      bank.books.approvals = processing;
    });
    afterAll(() => {
      bank.books.approvals = success;
    });

    test('the browser waits, goes to pay once, and coming back waits for the books and believes nothing', async () => {
      const browser = new Browser();
      const asked = paying('PAY-1');
      const waiting = await browser.submit(await open(browser, asked), {}, 'approve');
      expect(waiting.text).toContain('正在处理');
      const pageUrl = waiting.url;
      // What a pay company is: here a page of ours that nobody else uses.
      const payUrl = `${bank.url}/page/pay-company`;
      await bank.present('PAY-1', payUrl);
      await browser.settle(waiting, ({ url }) => url === payUrl);
      expect(browser.visited.filter((url) => url === payUrl)).toHaveLength(1);

      const back = await browser.get(`${pageUrl}?status=SUCCESS&paid=true`);
      expect(back.text).toContain('正在处理');
      expect(back.html).toContain('onward');
      await browser.get(pageUrl);
      expect(browser.visited.filter((url) => url === payUrl)).toHaveLength(1);

      await bank.result(asked, { ...success, fields: { rechargeStatus: 'SUCCESS' } });
      const end = await browser.settle(back);
      expect(callbackOf(end)).toMatchObject({ status: 'SUCCESS', rechargeStatus: 'SUCCESS' });
    });

    test('a pay company that sends the browser back by POST without cookies does no harm', async () => {
      const browser = new Browser();
      const asked = paying('PAY-2');
      const waiting = await browser.submit(await open(browser, asked), {}, 'approve');
      const back = await browser.post(waiting.url, { orderId: 'X', status: 'SUCCESS' });
      expect(back.text).toContain('正在处理');
    });

    test('a payment that failed ends the page as failed', async () => {
      const browser = new Browser();
      const asked = paying('PAY-3');
      const waiting = await browser.submit(await open(browser, asked), {}, 'approve');
      await bank.result(asked, { ...success, fields: { rechargeStatus: 'FAIL' } });
      expect((await browser.settle(waiting)).text).toContain('未成功');
    });

    test('a pay company’s address that is not of the web is never followed', async () => {
      const browser = new Browser();
      const waiting = await browser.submit(await open(browser, paying('PAY-4')), {}, 'approve');
      await bank.present('PAY-4', 'javascript:alert(1)');
      const still = await browser.get(waiting.url);
      expect(still.html).not.toContain('javascript:');
      expect(still.text).toContain('正在处理');
    });

    test('another browser with the platform’s form may watch and pay, and does not push the first one out', async () => {
      const first = new Browser();
      const asked = paying('PAY-5');
      const waiting = await first.submit(await open(first, asked), {}, 'approve');
      const second = new Browser();
      const watching = await open(second, asked);
      expect(watching.text).toContain('正在处理');
      await bank.result(asked, { ...success, fields: { rechargeStatus: 'SUCCESS' } });
      for (const [browser, page] of [
        [first, waiting],
        [second, watching],
      ] as const) {
        expect(callbackOf(await browser.settle(page))).toMatchObject({ rechargeStatus: 'SUCCESS' });
      }
      expect(bank.books.taken('PAY-5')).toHaveLength(1);
    });
  });

  test('a withdrawal that the books accepted does not keep its user waiting for the bank', async () => {
    await registered('patient');
    const browser = new Browser();
    const page = await open(browser, { service: 'WITHDRAW', requestNo: 'WD-1', userNo: 'patient' });
    bank.books.approvals = { ...processing, fields: { withdrawStatus: 'ACCEPT' } };
    try {
      const end = await approve(browser, page);
      expect(end.text).toContain('已受理');
      expect(callbackOf(end)).toMatchObject({ status: 'PROCESSING', withdrawStatus: 'ACCEPT' });
    } finally {
      bank.books.approvals = success;
    }
  });

  test('an opening that the books did not answer in time is sent again by the same form', async () => {
    const browser = new Browser();
    const asked = register('quiet');
    bank.books.silent = true;
    const again = await open(browser, asked);
    bank.books.silent = false;
    expect(again.text).toContain('系统繁忙');
    const page = await browser.submit(again);
    expect(page.text).toContain('开立存管账户');
  });

  test('a registration that is refused leaves no password', async () => {
    const browser = new Browser();
    const asked = register('refused');
    bank.books.approvals = processing;
    const waiting = await browser.submit(
      await open(browser, asked),
      { password: PASSWORD, passwordAgain: PASSWORD },
      'approve',
    );
    bank.books.approvals = success;
    await bank.result(asked, refusal);
    expect((await browser.settle(waiting)).text).toContain('余额不足');
    const page = await open(browser, { service: 'CHECK_PASSWORD', requestNo: 'RF-1', userNo: 'refused' });
    expect((await approve(browser, page)).text).toContain('尚未设置交易密码');
    expect(await bank.database.rows(sql`select 1 from gateway.trade_password_pending`)).toEqual([]);
  });

  test('a password is reset by the old one, and is the old one until the books say so', async () => {
    await registered('changer');
    const browser = new Browser();
    const asked: Asked = {
      service: 'RESET_PASSWORD',
      requestNo: 'RP-1',
      userNo: 'changer',
      needs: 'NEW_PASSWORD',
      isSkip: 'Remember',
    };
    let page = await open(browser, asked);
    expect(formsOf(page)[0]?.typed).toEqual(['oldPassword', 'password', 'passwordAgain']);
    page = await browser.submit(
      page,
      { oldPassword: 'Not-this-1', password: 'Changed-9', passwordAgain: 'Changed-9' },
      'approve',
    );
    expect(page.text).toContain('交易密码错误');
    bank.books.approvals = processing;
    const waiting = await browser.submit(
      page,
      { oldPassword: PASSWORD, password: 'Changed-9', passwordAgain: 'Changed-9' },
      'approve',
    );
    bank.books.approvals = success;
    const check = async (requestNo: string, password: string): Promise<string> => {
      const other = new Browser();
      return (
        await approve(other, await open(other, { service: 'CHECK_PASSWORD', requestNo, userNo: 'changer' }), password)
      ).text;
    };
    expect(await check('RP-2', PASSWORD)).toContain('成功');
    await bank.result(asked, success);
    await bank.result(asked, success);
    expect(callbackOf(await browser.settle(waiting))).toMatchObject({ status: 'SUCCESS' });
    expect(await check('RP-3', PASSWORD)).toContain('交易密码错误');
    expect(await check('RP-4', 'Changed-9')).toContain('成功');
  });

  test('a forgotten password is reset by the four elements, which count as tries', async () => {
    await registered('forgetful');
    const seal = (kind: 'NAME' | 'ID_CARD' | 'BANK_CARD' | 'MOBILE', clear: string) =>
      bank.sealer.seal(kind, clear as Parameters<typeof bank.sealer.seal>[1]);
    const asked: Asked = {
      service: 'RESET_PASSWORD',
      requestNo: 'F-1',
      userNo: 'forgetful',
      needs: 'NEW_PASSWORD',
      isSkip: 'Forget',
      elements: {
        name: seal('NAME', '张三'),
        idCardNo: seal('ID_CARD', '11010119900307001X'),
        bankcardNo: seal('BANK_CARD', '6222020200000001234'),
        mobile: seal('MOBILE', '13800138001'),
      },
    };
    const browser = new Browser();
    let page = await open(browser, asked);
    const right = {
      name: '张三',
      idCardNo: '11010119900307001x',
      bankcardNo: '6222 0202 0000 0001 234',
      mobile: '13800138001',
      password: 'Brand-new-1',
      passwordAgain: 'Brand-new-1',
    };
    page = await browser.submit(page, { ...right, mobile: '13800138002' }, 'approve');
    expect(page.text).toContain('身份信息不符，还可尝试 5 次');
    expect(callbackOf(await browser.submit(page, right, 'approve'))).toMatchObject({ status: 'SUCCESS' });
    const check = await open(browser, { service: 'CHECK_PASSWORD', requestNo: 'F-2', userNo: 'forgetful' });
    expect((await approve(browser, check, 'Brand-new-1')).text).toContain('成功');

    const without: Asked = { ...asked, requestNo: 'F-3', elements: {} };
    const refused = await browser.submit(await open(browser, without), right, 'approve');
    expect(refused.text).toContain('身份信息不符');
  });

  test('no password and no session is in the database or the log', async () => {
    const tables = await waitFor(() =>
      bank.database.rows<{ row: string }>(sql`
        select to_jsonb(p)::text as row from gateway.page p union all
        select to_jsonb(s)::text from gateway.page_session s union all
        select to_jsonb(t)::text from gateway.trade_password t`),
    );
    const all = [...tables.map(({ row }) => row), ...bank.log, JSON.stringify(bank.books.submissions)].join('\n');
    for (const secret of [PASSWORD, 'Changed-9', 'Brand-new-1', '13800138001']) expect(all).not.toContain(secret);
  });
});
