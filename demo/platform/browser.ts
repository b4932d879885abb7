/**
 * A browser without a screen, for the platform's example users: keeps cookies, follows redirects and refreshes, reads forms and presses
 * their buttons. It understands just the plain HTML that a page without scripts is made of.
 */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
}

export interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Names of inputs that a person fills in. */
  readonly empty: readonly string[];
  readonly buttons: readonly { readonly name: string; readonly value: string }[];
}

const entities: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  '#39': "'",
  '#x27': "'",
  '#x2F': '/',
  '#47': '/',
};
const unescaped = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);

const attributes = (tag: string): Record<string, string> =>
  Object.fromEntries(
    [...tag.matchAll(/([a-zA-Z-]+)(?:="([^"]*)")?/g)]
      .slice(1)
      .map(([, name = '', value = '']) => [name.toLowerCase(), unescaped(value)]),
  );

/** The forms of a page, in order. */
export function formsOf(page: Page): readonly Form[] {
  return [...page.html.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)].map(([text]) => {
    const opening = attributes(/<form[^>]*>/.exec(text)?.[0] ?? '');
    const fields: Record<string, string> = {};
    const empty: string[] = [];
    const buttons: { name: string; value: string }[] = [];
    for (const [tag] of text.matchAll(/<(?:input|button)[^>]*>/g)) {
      const { type = tag.startsWith('<button') ? 'submit' : 'text', name = '', value = '' } = attributes(tag);
      if (type === 'submit') buttons.push({ name, value });
      else if (type === 'hidden') fields[name] = value;
      else empty.push(name);
    }
    return {
      action: new URL(opening['action'] ?? '', page.url).href,
      method: (opening['method'] ?? 'get').toUpperCase(),
      fields,
      empty,
      buttons,
    };
  });
}

const PATIENCE_MS = 60_000;

export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();
  readonly #fetch: typeof fetch;

  /** @param fetching how it asks for a page: one with a time limit, or that keeps what it sent. */
  constructor(fetching: typeof fetch = fetch) {
    this.#fetch = fetching;
  }

  post(url: string, fields: Readonly<Record<string, string>>): Promise<Page> {
    return this.#go(url, { method: 'POST', body: new URLSearchParams(fields) });
  }

  get(url: string): Promise<Page> {
    return this.#go(url, { method: 'GET' });
  }

  /** Fills a form in, presses the button of that value (or the first), and gives the page that follows. */
  submit(page: Page, typed: Readonly<Record<string, string>>, buttonValue?: string, which = 0): Promise<Page> {
    const form = formsOf(page)[which];
    if (form === undefined) throw new Error(`no form on ${page.url}: ${page.html.slice(0, 500)}`);
    const button = form.buttons.find(({ value }) => value === buttonValue) ?? form.buttons[0];
    const fields = { ...form.fields, ...typed, ...(button?.name ? { [button.name]: button.value } : {}) };
    if (form.method === 'POST') return this.post(form.action, fields);
    return this.get(`${form.action}?${new URLSearchParams(fields)}`);
  }

  /** Refreshes as the page's meta refresh says, until it says no more. */
  async settle(page: Page): Promise<Page> {
    const deadline = Date.now() + PATIENCE_MS;
    let current = page;
    for (;;) {
      const refresh = /<meta[^>]*http-equiv="refresh"[^>]*content="([\d.]+)(?:;\s*url=([^"]*))?"/i.exec(current.html);
      if (refresh === null) return current;
      if (Date.now() > deadline) throw new Error(`${current.url} still waits: ${current.html.slice(0, 500)}`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(Number(refresh[1]) * 1000, 300)));
      current = await this.get(refresh[2] ? new URL(unescaped(refresh[2]), current.url).href : current.url);
    }
  }

  async #go(url: string, init: RequestInit, hops = 0): Promise<Page> {
    if (hops > 10) throw new Error(`too many redirects at ${url}`);
    const { origin } = new URL(url);
    const jar = this.#cookies.get(origin) ?? new Map<string, string>();
    this.#cookies.set(origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await this.#fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie === '' ? {} : { cookie }) },
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at).trim(), pair.slice(at + 1).trim());
    }
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      return this.#go(new URL(location, url).href, { method: 'GET' }, hops + 1);
    }
    return { url, status: response.status, html: await response.text(), headers: response.headers };
  }
}
