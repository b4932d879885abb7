/**
 * A browser for tests: keeps cookies by host, path and Secure as browsers do, follows redirects and refreshes, reads forms and presses their
 * buttons. It runs no scripts, so a page that needs one fails here.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
  /** What is read on it: no tags, white space as one blank. */
  readonly text: string;
}

export interface Form {
  readonly action: string;
  readonly method: string;
  readonly hidden: Readonly<Record<string, string>>;
  /** Names of the inputs that a person fills in. */
  readonly typed: readonly string[];
  readonly buttons: readonly { readonly name: string; readonly value: string }[];
}

export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
  /** As the server wrote it. */
  readonly written: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const unescaped = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);

function attributesOf(tag: string): Readonly<Record<string, string>> {
  const found = [...tag.matchAll(/\s([a-z-]+)(?:="([^"]*)")?/gi)];
  return Object.fromEntries(found.map(([, name = '', value = '']) => [name.toLowerCase(), unescaped(value)]));
}

/** The forms of a page, in order. */
export function formsOf(page: Page): readonly Form[] {
  return [...page.html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map(([text]) => {
    const { action = '', method = 'get' } = attributesOf(/<form[^>]*>/.exec(text)?.[0] ?? '');
    const hidden: Record<string, string> = {};
    const typed: string[] = [];
    const buttons: { name: string; value: string }[] = [];
    for (const [tag] of text.matchAll(/<(?:input|button)[^>]*>/g)) {
      const { type = tag.startsWith('<button') ? 'submit' : 'text', name = '', value = '' } = attributesOf(tag);
      if (type === 'submit') buttons.push({ name, value });
      else if (type === 'hidden') hidden[name] = value;
      else typed.push(name);
    }
    return { action: new URL(action, page.url).href, method: method.toUpperCase(), hidden, typed, buttons };
  });
}

/** Where a page says it goes by itself. */
export function refreshOf(page: Page): { readonly seconds: number; readonly url: string } | undefined {
  const { content } = attributesOf(/<meta[^>]*http-equiv="refresh"[^>]*>/.exec(page.html)?.[0] ?? '');
  const [, seconds, url] = /^([\d.]+)(?:;\s*url=(.*))?$/.exec(content ?? '') ?? [];
  return seconds === undefined ? undefined : { seconds: Number(seconds), url: new URL(url ?? '', page.url).href };
}

export class Browser {
  readonly cookies: Cookie[] = [];
  /** Every address it asked, in order. */
  readonly visited: string[] = [];

  get(url: string): Promise<Page> {
    return this.#go(url, { method: 'GET' });
  }

  post(url: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return this.#go(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  /** Fills in the first form of a page and presses the button of that value, or the first. */
  submit(page: Page, typed: Readonly<Record<string, string>> = {}, button?: string): Promise<Page> {
    const [form] = formsOf(page);
    if (form === undefined) throw new Error(`no form on ${page.url}: ${page.text.slice(0, 300)}`);
    const pressed = form.buttons.find(({ value }) => value === button) ?? form.buttons[0];
    const fields = { ...form.hidden, ...typed, ...(pressed?.name ? { [pressed.name]: pressed.value } : {}) };
    return form.method === 'POST'
      ? this.post(form.action, fields)
      : this.get(`${form.action}?${new URLSearchParams(fields)}`);
  }

  /** Follows refreshes until the page stays, or `enough` says so. @throws Error after 15 s */
  async settle(page: Page, enough: (page: Page) => boolean = () => false): Promise<Page> {
    const until = performance.now() + 15_000;
    let current = page;
    for (;;) {
      const refresh = refreshOf(current);
      if (refresh === undefined || enough(current)) return current;
      if (performance.now() > until) throw new Error(`${current.url} still waits: ${current.text.slice(0, 300)}`);
      await sleep(Math.min(refresh.seconds * 1000, 50));
      current = await this.get(refresh.url);
    }
  }

  #cookiesFor(url: URL): string {
    return this.cookies
      .filter(({ host, path, secure }) => {
        const under = url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
        return host === url.host && under && (!secure || url.protocol === 'https:');
      })
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }

  #keep(written: string, url: URL): void {
    const [pair = '', ...rest] = written.split(/;\s*/);
    const at = pair.indexOf('=');
    const said = new Map(rest.map((part) => [part.split('=')[0]?.toLowerCase(), part.split('=')[1] ?? '']));
    const cookie: Cookie = {
      name: pair.slice(0, at),
      value: pair.slice(at + 1),
      host: url.host,
      path: said.get('path') ?? '/',
      secure: said.has('secure'),
      written,
    };
    const same = this.cookies.findIndex(
      ({ name, host, path }) => name === cookie.name && host === cookie.host && path === cookie.path,
    );
    if (same >= 0) this.cookies.splice(same, 1);
    this.cookies.push(cookie);
  }

  async #go(address: string, init: RequestInit, hops = 0): Promise<Page> {
    if (hops > 10) throw new Error(`too many redirects at ${address}`);
    const url = new URL(address);
    this.visited.push(address);
    const cookie = this.#cookiesFor(url);
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html,*/*;q=0.8', ...(cookie === '' ? {} : { cookie }) },
    });
    for (const written of response.headers.getSetCookie()) this.#keep(written, url);
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      return this.#go(new URL(location, url).href, { method: 'GET' }, hops + 1);
    }
    const html = await response.text();
    const text = unescaped(
      html
        .replace(/<style>[\s\S]*?<\/style>/g, '')
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' '),
    ).trim();
    return { url: address, status: response.status, html, headers: response.headers, text };
  }
}
