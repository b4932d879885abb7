/**
 * A user's way through the bank's pages and the payment company's cashier, in a browser that keeps what it posted. When a page breaks off he
 * comes again from his platform, with the same number and content, until the bank sends him back or he has left on purpose.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Browser, formsOf, type Page } from '../../../demo/platform/browser.ts';
import { type Answer, readAnswer } from '../../../demo/platform/protocol.ts';
import type { Chance } from './chance.ts';
import { type Content, isFinal, type LoadClient } from './client.ts';

/** What the user does: approves and pays, has his bank refuse, gives up on the page, leaves it, or leaves the cashier unpaid. */
export type Way = 'pay' | 'fail' | 'cancel' | 'leave' | 'leave the cashier';

export interface Visit {
  readonly service: string;
  readonly content: Content;
  readonly password?: string;
  readonly way: Way;
}

/** Back with the bank's word; gone, by his own will; or undefined: the load gave up. */
export type Visited = { readonly said: Answer } | 'left' | undefined;

const ATTEMPT_MS = 30_000;
const MOST_CLICKS = 10;
const GAP_MS = 1_000;

const backTo = (no: string): string => `http://platform.example/back/${no}`;

/** A page's content with the way back to the platform, which is part of what the number means. */
export const pageContent = (content: Content): Content => ({ ...content, redirectUrl: backTo(content.requestNo) });

export async function visit(
  client: LoadClient,
  gatewayUrls: readonly string[],
  { service, content, password, way }: Visit,
  chance: Chance,
  giveUp: AbortSignal,
): Promise<Visited> {
  const no = content.requestNo;
  let body = client.sign(service, content);
  for (;;) {
    const browser = new Browser(keeping(client, service, no));
    try {
      const fields = Object.fromEntries(new URLSearchParams(body));
      let page = await browser.post(`${chance.pick(gatewayUrls)}/gateway`, fields);
      for (let clicks = 0; clicks < MOST_CLICKS; clicks += 1) {
        page = await browser.settle(page);
        const last = lastWordOf(client, page, no);
        if (last !== undefined) return { said: last };
        const next = await press(browser, page, way, password);
        if (next === 'left') return 'left';
        if (next === undefined) break;
        page = next;
      }
    } catch {
      // What broke off is in the history; he comes again.
    }
    await sleep(GAP_MS / 2 + chance.below(GAP_MS), undefined, { signal: giveUp }).catch(() => undefined);
    if (giveUp.aborted) return undefined;
    body = client.sign(service, content);
  }
}

/** The end page's signed CALLBACK, or the counter's JSON when it is the last word. */
function lastWordOf(client: LoadClient, page: Page, no: string): Answer | undefined {
  if ((page.headers.get('content-type') ?? '').includes('json')) {
    const verified = client.verified(page.html, page.headers.get('sign'), page.headers.get('keySerial'));
    const answer = verified ? readAnswer(page.html) : undefined;
    return answer !== undefined && (isFinal(answer) || isRefusal(answer)) ? answer : undefined;
  }
  const [form] = formsOf(page);
  if (form === undefined || !form.action.startsWith(backTo(no))) return undefined;
  const { respData = '', sign, keySerial } = form.fields;
  const verified = client.verified(respData, sign, keySerial);
  client.history.add({ t: 'callback', at: Date.now(), no, text: respData, verified });
  return verified ? readAnswer(respData) : undefined;
}

const isRefusal = ({ code, errorCode }: Answer): boolean =>
  code === '1' && errorCode !== '100001' && errorCode !== '100002' && errorCode !== '100003';

/** One click; undefined when there is nothing to press here, and he must come again. */
async function press(
  browser: Browser,
  page: Page,
  way: Way,
  password: string | undefined,
): Promise<Page | 'left' | undefined> {
  const [form] = formsOf(page);
  if (form === undefined || page.status >= 500 || form.action.endsWith('/gateway')) return undefined;
  const atBank = new URL(page.url).pathname.includes('/page/') || page.url.endsWith('/gateway');
  if (atBank) {
    if (way === 'leave') return 'left';
    if (way === 'cancel') return browser.submit(page, {}, 'cancel');
    const typed = Object.fromEntries(form.empty.map((name) => [name, password ?? '']));
    const next = await browser.submit(page, typed, 'approve');
    // Refused what he typed: asking again and again would only lock his password.
    return next.status === 422 ? undefined : next;
  }
  if (way === 'leave the cashier') return 'left';
  return browser.submit(page, {}, way === 'fail' ? 'fail' : 'pay');
}

/** A fetch with a time limit that keeps what was posted, and what the counter answered. */
function keeping(client: LoadClient, service: string, no: string): typeof fetch {
  const { history } = client;
  return async (input, init = {}) => {
    const url = String(input);
    const method = init.method ?? 'GET';
    const body = init.body === undefined || init.body === null ? '' : String(init.body);
    const atCounter = method === 'POST' && url.endsWith('/gateway');
    const id = history.nextId();
    const accept = 'text/html';
    const headers = new Headers(init.headers);
    if (atCounter) history.add({ t: 'sent', id, at: Date.now(), no, service, path: '/gateway', body, accept });
    else if (method === 'POST')
      history.add({ t: 'browsed', at: Date.now(), no, method, url, cookie: headers.get('cookie') ?? '', body });
    try {
      const response = await fetch(url, { ...init, signal: AbortSignal.timeout(ATTEMPT_MS) });
      if (!atCounter) return response;
      const text = await response.text();
      const at = Date.now();
      if ((response.headers.get('content-type') ?? '').includes('json')) {
        const verified = client.verified(text, response.headers.get('sign'), response.headers.get('keySerial'));
        history.add({ t: 'answered', id, at, http: response.status, text, verified });
      } else history.add({ t: 'shown', id, at, http: response.status, opened: text.includes('/page/') });
      return new Response(text, { status: response.status, headers: response.headers });
    } catch (error) {
      if (atCounter) history.add({ t: 'nothing', id, at: Date.now(), why: String(error) });
      throw error;
    }
  };
}
