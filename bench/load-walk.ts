/**
 * A user at the bank's page and at the payment company's: reads the page he was shown, presses its button, pays, comes back. He reloads as
 * the pages tell his browser to, and when one is busy he tries again; so he knows no more than HTML.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import type { Client, Said } from './load-client.ts';

/** A user who is shown nothing he can do for so long gives up: that is a failure. */
const PATIENCE_MS = 60_000;
const AGAIN_MS = 1_000;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const unescaped = (text: string): string =>
  text.replace(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);

interface Shown {
  readonly status: number;
  readonly html: string;
  readonly location: string | undefined;
}

/** Connections to payment companies' cashiers, by origin. */
const cashiers = new Map<string, Pool>();

function cashierAt(origin: string): Pool {
  let pool = cashiers.get(origin);
  if (pool === undefined) {
    pool = new Pool(origin, { connections: 32 });
    cashiers.set(origin, pool);
  }
  return pool;
}

/** GET, or POST when there are fields to send. */
async function ask(
  pool: Pool,
  path: string,
  cookie: string,
  fields?: Readonly<Record<string, string>>,
): Promise<Shown> {
  const { statusCode, headers, body } = await pool.request({
    path,
    method: fields === undefined ? 'GET' : 'POST',
    headers: {
      accept: 'text/html',
      ...(cookie === '' ? {} : { cookie }),
      ...(fields === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
    },
    ...(fields === undefined ? {} : { body: new URLSearchParams(fields).toString() }),
  });
  const location = headers['location'];
  return { status: statusCode, html: await body.text(), location: typeof location === 'string' ? location : undefined };
}

const REFRESH = /http-equiv="refresh" content="(\d+);url=([^"]*)"/;
const FORM = /<form method="post" action="([^"]*)">([\s\S]*?)<\/form>/;
const hiddenOf = (form: string): Record<string, string> =>
  Object.fromEntries(
    [...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
      name,
      unescaped(value),
    ]),
  );

/**
 * Goes from the opened page to its end: approves, pays at the cashier when he is sent there, and looks once at what the bank says when he is
 * sent back (`whole`: reloads until the bank's last word). @param typed what he fills in. @param paying called just before he pays.
 */
export async function walk(
  client: Client,
  opened: Said,
  typed: Readonly<Record<string, string>>,
  options: { readonly whole: boolean; readonly paying?: () => void },
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  const cookie = opened.cookie ?? '';
  const [, action, form = ''] = FORM.exec(opened.text) ?? [];
  if (action === undefined || !form.includes('value="approve"'))
    throw new Error(`not to approve: ${textOf(opened.text)}`);

  const bank = async (path: string, fields?: Readonly<Record<string, string>>): Promise<Shown> => {
    for (;;) {
      const shown = await ask(client.pool, path, cookie, fields);
      if (shown.status !== 503) return shown;
      if (performance.now() > deadline) throw new Error(`the page is busy: ${textOf(shown.html)}`);
      await sleep(AGAIN_MS);
    }
  };
  const approved = await bank(action, { ...hiddenOf(form), ...typed, action: 'approve' });
  if (approved.location === undefined)
    throw new Error(`not approved: HTTP ${approved.status} ${textOf(approved.html)}`);

  let path = approved.location;
  let paid = false;
  for (;;) {
    const shown = await bank(path);
    if (shown.location !== undefined) {
      const back = await pay(new URL(shown.location), options.paying);
      path = `${back.pathname}${back.search}`;
      paid = true;
      continue;
    }
    const [, seconds, next = ''] = REFRESH.exec(shown.html) ?? [];
    if (seconds === undefined) return believe(client, shown);
    if (paid && !options.whole) return;
    if (performance.now() > deadline) throw new Error(`the page still waits: ${textOf(shown.html)}`);
    if (seconds !== '0') await sleep(Number(seconds) * 1000);
    path = unescaped(next);
  }
}

/** Pays at the cashier, and answers where the browser is sent. */
async function pay(cashier: URL, paying: (() => void) | undefined): Promise<URL> {
  const pool = cashierAt(cashier.origin);
  const asked = await ask(pool, cashier.pathname, '');
  if (!asked.html.includes('value="pay"')) throw new Error(`nothing to pay: ${textOf(asked.html)}`);
  paying?.();
  const { location, html } = await ask(pool, cashier.pathname, '', { action: 'pay' });
  if (location === undefined) throw new Error(`not paid: ${textOf(html)}`);
  return new URL(location);
}

/** The end page carries the signed CALLBACK; it must say SUCCESS. */
function believe(client: Client, { status, html }: Shown): void {
  const { respData = '', sign, keySerial } = hiddenOf(FORM.exec(html)?.[2] ?? '');
  client.verify(respData, sign, keySerial);
  if ((JSON.parse(respData) as { status?: string }).status !== 'SUCCESS')
    throw new Error(`HTTP ${status} ${respData.slice(0, 300)}`);
}

/** What a person reads on a page. */
const textOf = (html: string): string =>
  html
    .replace(/<(style|head)[\s\S]*?<\/\1>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .slice(0, 300);

/** Closes the connections to cashiers. */
export async function leaveCashiers(): Promise<void> {
  await Promise.all([...cashiers.values()].map((pool) => pool.close()));
  cashiers.clear();
}
