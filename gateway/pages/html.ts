/**
 * HTML that cannot be forged by what is shown: a template tag escapes every value that is not itself made by it. A reply carries the
 * headers that keep it out of frames and caches, and lets it load and run nothing.
 */
import { createHash } from 'node:crypto';
import type { PageReply } from '../page-port.ts';

/** Text that is HTML already. Only `html` makes it. */
export class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

type Shown = Markup | string | number | undefined | readonly Markup[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it may stand between tags and inside of quoted attributes. */
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

function shown(value: Shown): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  return value.map(String).join('');
}

/** Makes markup of a template; values are escaped, undefined is nothing. */
export function html(strings: TemplateStringsArray, ...values: readonly Shown[]): Markup {
  return new Markup(strings.map((text, index) => text + (index < values.length ? shown(values[index]) : '')).join(''));
}

const STYLE = `
body{font:16px/1.6 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#1d2733;background:#f3f5f7;margin:0}
main{max-width:34rem;margin:2rem auto;padding:1.5rem 2rem;background:#fff;border:1px solid #d8dee5;border-radius:6px}
h1{font-size:1.35rem;margin:0 0 1rem}
[lang=en]{color:#5a6878;font-size:.85em}
dl{margin:0 0 1.25rem;border-top:1px solid #e6eaee}
dl div{display:flex;justify-content:space-between;gap:1rem;padding:.45rem 0;border-bottom:1px solid #e6eaee}
dd{margin:0;text-align:right;overflow-wrap:anywhere}
label{display:block;margin:0 0 .9rem}
input{display:block;box-sizing:border-box;width:100%;font:inherit;padding:.5rem;border:1px solid #9aa7b5;border-radius:4px}
button{font:inherit;padding:.55rem 1.4rem;margin:.4rem .6rem 0 0;border:1px solid #0b5cad;border-radius:4px;background:#0b5cad;color:#fff}
button.quiet{background:#fff;color:#0b5cad}
.problem{border-left:4px solid #b3261e;background:#fdecea;padding:.6rem .9rem}
`;

const styleHash = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

export interface Layout {
  readonly status?: number;
  readonly title: { readonly zh: string; readonly en: string };
  readonly body: Markup;
  /** The page loads itself again, or another page, without a script. */
  readonly refresh?: { readonly seconds: number; readonly url: string };
  /** CSP's form-action: where the page's forms may lead; nowhere by default. */
  readonly formAction?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A whole page with its headers. */
export function page(layout: Layout): PageReply {
  const { status = 200, title, body, refresh, formAction = `'none'`, headers = {} } = layout;
  const meta = refresh && html`<meta http-equiv="refresh" content="${refresh.seconds};url=${refresh.url}">\n`;
  const text = html`<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${meta}<title>${title.zh} ${title.en}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main>
<h1>${title.zh} <span lang="en">${title.en}</span></h1>
${body}
</main>
</body>
</html>
`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': `default-src 'none'; style-src ${styleHash}; form-action ${formAction}; base-uri 'none'; frame-ancestors 'none'`,
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      // The page's own address goes to nobody else; but a form that it posts to itself still says where it comes from.
      'referrer-policy': 'same-origin',
      ...headers,
    },
    body: text.toString(),
  };
}

/** Sends the browser on with GET. */
export function redirect(url: string): PageReply {
  return {
    status: 303,
    headers: { location: url, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' },
    body: '',
  };
}
