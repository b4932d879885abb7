/** What keeps a page its user's own: session, form token, escaping, headers. Each guard is met by who should not pass it. */
import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRejection } from '../../../contract/codes.ts';
import { parseReqData, parseRequest } from '../../../contract/parse-request.ts';
import type { Clear } from '../../../contract/sealed.ts';
import { addressOf, sessionCookie } from '../../../gateway/pages/session.ts';
import { Browser, formsOf, type Page } from '../../browser.ts';
import { describeOnDatabases } from '../../servers.ts';
import { type Asked, type Bank, openBank, register } from './bank.ts';

const PASSWORD = 'Correct-7';
const EVIL = `"><script>alert('x')</script><img src=x onerror=alert(1)>' onfocus='alert(2)`;

describeOnDatabases('what guards a page', (server) => {
  let bank: Bank;
  let requests = 0;
  beforeAll(async () => {
    bank = await openBank(server);
    const browser = new Browser();
    const page = await open(browser, register('owner'));
    await browser.submit(page, { password: PASSWORD, passwordAgain: PASSWORD }, 'approve');
  });
  afterAll(async () => {
    await bank?.close();
  });

  const open = (browser: Browser, asked: Asked): Promise<Page> => browser.post(`${bank.url}/gateway`, bank.form(asked));
  const withdraw = (more: Partial<Asked> = {}): Asked => {
    requests += 1;
    return { service: 'WITHDRAW', requestNo: `G-${requests}`, userNo: 'owner', ...more };
  };
  const approval = (page: Page): Record<string, string> => ({
    ...formsOf(page)[0]?.hidden,
    password: PASSWORD,
    action: 'approve',
  });

  test('without the cookie nothing is seen and nothing is approved', async () => {
    const asked = withdraw({ lines: { projectName: 'secret project' } });
    const page = await open(new Browser(), asked);
    const { action = '' } = formsOf(page)[0] ?? {};
    const stranger = new Browser();
    for (const seen of [await stranger.get(action), await stranger.post(action, approval(page))]) {
      expect(seen.status).toBe(403);
      expect(seen.text).not.toContain('secret project');
      expect(seen.text).not.toContain(asked.requestNo);
      expect(formsOf(seen)).toEqual([]);
    }
    expect(bank.books.taken(asked.requestNo)).toEqual([]);
  });

  test('without the form’s token, or with another page’s, nothing is approved or cancelled', async () => {
    const browser = new Browser();
    const asked = withdraw();
    const page = await open(browser, asked);
    const other = await open(browser, withdraw());
    const { action = '' } = formsOf(page)[0] ?? {};
    const good = approval(page);
    const { token = '' } = good;
    const foreign = formsOf(other)[0]?.hidden['token'] ?? '';
    for (const wrong of ['', 'x', foreign, `${token}x`, token.slice(1), token.toUpperCase()]) {
      for (const pressed of ['approve', 'cancel']) {
        const seen = await browser.post(action, { ...good, token: wrong, action: pressed });
        expect(seen.status).toBe(403);
      }
    }
    expect(bank.books.taken(asked.requestNo)).toEqual([]);
    expect((await browser.post(action, good)).text).toContain('成功');
  });

  test('a page of another session is not to be had with one’s own cookie', async () => {
    const mine = new Browser();
    const theirs = new Browser();
    const minePage = await open(mine, withdraw());
    const asked = withdraw();
    const theirPage = await open(theirs, asked);
    const [cookie] = mine.cookies;
    const [theirCookie] = theirs.cookies;
    const { action = '' } = formsOf(theirPage)[0] ?? {};
    if (cookie === undefined || theirCookie === undefined) throw new Error('both have a cookie');
    // My session under the name and path of their page's cookie.
    mine.cookies.push({ ...theirCookie, value: cookie.value });
    expect((await mine.get(action)).status).toBe(403);
    expect((await mine.post(action, { ...approval(theirPage) })).status).toBe(403);
    expect((await mine.get(formsOf(minePage)[0]?.action ?? '')).status).toBe(200);
    expect(bank.books.taken(asked.requestNo)).toEqual([]);
  });

  test('a session that was brought along is never taken: each opening makes its own', async () => {
    const asked = withdraw();
    const attacker = new Browser();
    await open(attacker, asked);
    const planted = attacker.cookies[0]?.value ?? '';
    const victim = new Browser();
    victim.cookies.push(...attacker.cookies.map((cookie) => ({ ...cookie, path: '/' })));
    const page = await open(victim, asked);
    const given = victim.cookies.find(({ path }) => path !== '/')?.value ?? '';
    expect(given).not.toBe(planted);
    const { action = '' } = formsOf(page)[0] ?? {};
    // The attacker's session no longer opens the page, before and after its approval.
    expect((await attacker.get(action)).status).toBe(403);
    expect((await attacker.post(action, approval(page))).status).toBe(403);
    expect(bank.books.taken(asked.requestNo)).toEqual([]);
    victim.cookies.splice(0, 1);
    expect((await victim.submit(page, { password: PASSWORD }, 'approve')).text).toContain('成功');
    expect((await attacker.get(action)).status).toBe(403);
  });

  test('a session that is none, or a page that is none, is answered alike', async () => {
    const browser = new Browser();
    const { action = '' } = formsOf(await open(new Browser(), withdraw()))[0] ?? {};
    const unknown = await browser.get(`${bank.url}/page/${'A'.repeat(22)}`);
    const foreign = await browser.get(action);
    const nonsense = await browser.get(`${bank.url}/page/%00%27%3B`);
    expect([unknown.status, foreign.status, nonsense.status]).toEqual([403, 403, 403]);
    expect(unknown.html).toBe(foreign.html);
  });

  test('nothing that is shown is taken for HTML, in text or in an attribute', async () => {
    const asked = withdraw({
      requestNo: `${EVIL}1`,
      redirectUrl: `https://platform.example/back?a=1&b="><script>alert(3)</script>`,
      lines: {
        projectName: EVIL,
        realName: bank.sealer.seal('NAME', EVIL as Clear),
        [EVIL]: EVIL,
        authList: [EVIL, EVIL],
        bankcardNo: { keyVersion: 1, ciphertext: '', keyedHash: '', masked: EVIL },
      },
    });
    const browser = new Browser();
    const page = await open(browser, asked);
    const wrong = await browser.submit(page, { password: EVIL }, 'approve');
    const end = await browser.submit(wrong, { password: PASSWORD }, 'approve');
    bank.books.silent = true;
    const again = await open(browser, withdraw({ requestNo: `${EVIL}2` }));
    bank.books.silent = false;
    const refused = bank.pages.refuse({ errorCode: '100002', errorMessage: EVIL, requestNo: EVIL });
    const refusedPage = { ...page, html: refused.body };
    for (const { html } of [page, wrong, end, again, refusedPage]) {
      expect(html).not.toMatch(/<script|<img|onfocus='|onerror=alert\(1\)>/i);
    }
    expect(page.text).toContain(EVIL);
    expect(end.text).toContain('成功');
    const [back] = formsOf(end);
    expect(JSON.parse(back?.hidden['respData'] ?? '')).toMatchObject({ requestNo: asked.requestNo });
    expect(back?.action).toMatch(/^https:\/\/platform\.example\/back\?a=1&b=%22%3E%3Cscript%3E/);
  });

  test('a platform that names no way back has its user told the end, with nothing to press', async () => {
    const browser = new Browser();
    const end = await browser.submit(
      await open(browser, withdraw({ redirectUrl: null })),
      { password: PASSWORD },
      'approve',
    );
    expect(end.text).toContain('成功');
    expect(formsOf(end)).toEqual([]);
  });

  test('a way back that is no web address is refused by the contract, and never put into a form', async () => {
    for (const redirectUrl of [
      'javascript:alert(1)',
      'data:text/html,x',
      ' javascript:alert(1)',
      'file:///etc/passwd',
    ]) {
      const reqData = parseReqData(
        JSON.stringify({
          requestNo: 'J-1',
          platformUserNo: 'owner',
          bizTypeDescription: 'x',
          redirectUrl,
          timestamp: '20260101000000',
        }),
      );
      if (isRejection(reqData)) throw new Error('reqData itself is well-formed');
      expect(parseRequest('CHECK_PASSWORD', reqData)).toMatchObject({ rejected: true, errorCode: '100002' });
      const browser = new Browser();
      const asked = withdraw({ redirectUrl });
      const end = await browser.submit(await open(browser, asked), {}, 'cancel');
      expect(end.text).toContain('已取消');
      expect(formsOf(end)).toEqual([]);
    }
  });

  test('every page forbids scripts, frames and caches, and signs nothing away to other sites', async () => {
    const browser = new Browser();
    const page = await open(browser, withdraw());
    const end = await browser.submit(page, { password: PASSWORD }, 'approve');
    const stranger = await new Browser().get(end.url);
    for (const { headers, html } of [page, end, stranger]) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]{44}'; form-action /);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(html).not.toMatch(/<script|style="| on\w+=/i);
    }
    expect(page.headers.get('content-security-policy')).toContain("form-action 'self';");
    expect(end.headers.get('content-security-policy')).toContain('form-action https:;');
    expect(stranger.headers.get('content-security-policy')).toContain("form-action 'none';");
  });

  test('the cookie is for one page, not for scripts, and for https alone where there is https', async () => {
    const browser = new Browser();
    const page = await open(browser, withdraw());
    const [cookie] = browser.cookies;
    expect(cookie?.written).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookie?.path).toBe(new URL(formsOf(page)[0]?.action ?? '').pathname);
    expect(page.html).not.toContain(cookie?.value ?? '');
    const address = addressOf('https://bank.example/custody/', 'ID');
    expect(address).toEqual({
      path: '/custody/page/ID',
      url: 'https://bank.example/custody/page/ID',
      secure: true,
    });
    expect(sessionCookie('S', 'ID', address, 1_000)).toBe(
      'page_ID=S; Path=/custody/page/ID; Max-Age=1; HttpOnly; SameSite=Lax; Secure',
    );
  });

  describe('a post that is not the page’s form', () => {
    const raw = (path: string, type: string, body: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const asked = httpRequest(
          `${bank.url}${path}`,
          { method: 'POST', headers: { 'content-type': type, 'content-length': Buffer.byteLength(body) } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        asked.on('error', reject);
        asked.end(body);
      });

    test('of another type is refused, and so is a long one', async () => {
      const path = `/page/${'A'.repeat(22)}`;
      expect(await raw(path, 'application/json', '{"action":"approve"}')).toBe(415);
      expect(await raw(path, 'text/plain', 'action=approve')).toBe(415);
      expect(await raw(path, 'application/x-www-form-urlencoded', `action=approve&x=${'y'.repeat(10_000)}`)).toBe(413);
      expect(await raw(path, 'application/x-www-form-urlencoded', 'action=approve')).toBe(403);
    });

    test('that presses no known button changes nothing', async () => {
      const browser = new Browser();
      const asked = withdraw();
      const page = await open(browser, asked);
      const { action = '' } = formsOf(page)[0] ?? {};
      const seen = await browser.post(action, { ...approval(page), action: 'APPROVE' });
      expect(formsOf(seen)[0]?.typed).toEqual(['password']);
      expect(bank.books.taken(asked.requestNo)).toEqual([]);
    });
  });
});
