/**
 * The pages as HTML: to approve, to wait, to go back to the platform, and to be told that something is not so. No scripts: what goes on by
 * itself is a refresh, what the user does is a form.
 */
import type { Envelope } from '../../contract/envelope.ts';
import type { Answer } from '../../contract/internal/reply.ts';
import type { PageService } from '../../contract/services.ts';
import { formatTimestamp } from '../../contract/time.ts';
import { LONGEST, SHORTEST, type Words } from '../identity/rules.ts';
import type { PageRefusal, PageReply } from '../page-port.ts';
import { html, type Markup, page } from './html.ts';
import type { Asks, PageRow } from './rows.ts';
import type { PageAddress } from './session.ts';
import { type Ending, labelOf, outcomeWords, titles, valueText } from './words.ts';

const both = (words: Words): Markup => html`${words.zh} <span lang="en">${words.en}</span>`;
const paragraph = (words: Words): Markup => html`<p>${both(words)}</p>`;
const hidden = (name: string, value: string): Markup => html`<input type="hidden" name="${name}" value="${value}">`;
const hiddenAll = (fields: Readonly<Record<string, string>>): readonly Markup[] =>
  Object.entries(fields).map(([name, value]) => hidden(name, value));
const line = (field: string, value: string): Markup =>
  html`<div><dt>${both(labelOf(field))}</dt><dd>${value}</dd></div>`;

/** An address that a browser may be sent to: nothing but http and https. */
export function webUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url : undefined;
}

/** `yyyy-MM-dd HH:mm:ss` in GMT+8. */
const clockTime = (at: Date): string =>
  formatTimestamp(at.getTime()).replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, '$1-$2-$3 $4:$5:$6');

type Input = { readonly name: string; readonly words: Words; readonly secret: boolean };
const current: Input = { name: 'password', words: { zh: '交易密码', en: 'Trade password' }, secret: true };
const old: Input = { name: 'oldPassword', words: { zh: '原交易密码', en: 'Old trade password' }, secret: true };
const fresh: readonly Input[] = [
  {
    name: 'password',
    words: {
      zh: `设置交易密码（${SHORTEST}-${LONGEST} 位）`,
      en: `New trade password, ${SHORTEST} to ${LONGEST} characters`,
    },
    secret: true,
  },
  { name: 'passwordAgain', words: { zh: '再次输入', en: 'Once more' }, secret: true },
];
const elements: readonly Input[] = (['name', 'idCardNo', 'bankcardNo', 'mobile'] as const).map((name) => ({
  name,
  words: labelOf(name),
  secret: false,
}));

const inputs: { readonly [A in Asks]: readonly Input[] } = {
  PASSWORD: [current],
  NEW_PASSWORD: fresh,
  OLD_AND_NEW: [old, ...fresh],
  ELEMENTS_AND_NEW: [...elements, ...fresh],
  CONFIRMATION: [],
};

const field = ({ name, words, secret }: Input): Markup =>
  html`<label>${both(words)}<input type="${secret ? 'password' : 'text'}" name="${name}" autocomplete="off"></label>\n`;

/** The page that its user approves or gives up. `problem` says why his last try was not taken. */
export function approvalPage(
  row: PageRow,
  address: PageAddress,
  token: string,
  problem?: Words,
  status?: number,
): PageReply {
  const lines = Object.entries(row.facts.lines).flatMap(([name, value]) => {
    const text = valueText(value);
    return text === undefined ? [] : [line(name, text)];
  });
  return page({
    title: titles[row.serviceName],
    formAction: `'self'`,
    ...(status === undefined ? {} : { status }),
    body: html`<dl>
${line('platformNo', row.platformNo)}
${line('platformUserNo', row.platformUserNo)}
${line('requestNo', row.requestNo)}
${lines}
</dl>
${problem && html`<p class="problem" role="alert">${both(problem)}</p>\n`}<form method="post" action="${address.path}">
${hidden('token', token)}
${inputs[row.asks].map(field)}<button type="submit" name="action" value="approve">${both({ zh: '确认', en: 'Confirm' })}</button>
<button type="submit" name="action" value="cancel" class="quiet">${both({ zh: '取消', en: 'Cancel' })}</button>
</form>
<p>${both({ zh: '请在此时间之前确认', en: 'Please confirm before' })} ${clockTime(row.expiresAt)}</p>`,
  });
}

/** The page that asks again by itself. `onward` is where the user goes to pay. */
export function waitingPage(
  row: PageRow,
  refresh: { readonly seconds: number; readonly url: string },
  onward?: string,
): PageReply {
  return page({
    title: titles[row.serviceName],
    refresh,
    body: html`${paragraph({ zh: '正在处理，请稍候', en: 'In progress, please wait' })}
${onward && html`<p><a href="${onward}">${both({ zh: '前往支付', en: 'Go and pay' })}</a></p>`}`,
  });
}

/** What happened, and the way back to the platform: a form that carries the signed CALLBACK. */
export function endPage(
  about: {
    readonly serviceName: PageService;
    readonly requestNo: string;
    readonly answer: Answer;
    readonly ending: Ending | null;
    readonly redirectUrl: string | undefined;
  },
  callback: Readonly<Record<string, string>>,
): PageReply {
  const { serviceName, requestNo, answer, ending } = about;
  const target = webUrl(about.redirectUrl ?? '');
  return page({
    title: titles[serviceName],
    // The platform may send its own browser on, to https or another host, and browsers hold that against the form too.
    formAction: target?.protocol === 'https:' ? 'https:' : 'http: https:',
    body: html`${paragraph(outcomeWords(answer, ending ?? undefined))}
<dl>
${line('requestNo', requestNo)}
</dl>
${
  target &&
  html`<form method="post" action="${target.href}">
${hiddenAll(callback)}
<button type="submit">${both({ zh: '返回平台', en: 'Back to the platform' })}</button>
</form>`
}`,
  });
}

/** The books have not answered the opening in time: the same signed message, to be sent again. */
export function againPage(serviceName: PageService, gatewayPath: string, envelope: Envelope | undefined): PageReply {
  return page({
    title: titles[serviceName],
    formAction: `'self'`,
    body: html`${paragraph({ zh: '系统繁忙，请稍候再试', en: 'The bank is busy. Please try again in a moment' })}
${
  envelope &&
  html`<form method="post" action="${gatewayPath}">
${hiddenAll({ ...envelope })}
<button type="submit">${both({ zh: '再试一次', en: 'Try again' })}</button>
</form>`
}`,
  });
}

/** Something is not so; there is nothing to press. */
export const problemPage = (status: number, title: Words, body: Words): PageReply =>
  page({ status, title, body: html`<p class="problem" role="alert">${both(body)}</p>` });

/** A message that the gateway refused. Nothing in it was verified, so its way back is not offered. */
export function refusalPage(refusal: PageRefusal): PageReply {
  const { errorCode, errorMessage, requestNo } = refusal;
  return page({
    status: errorCode === '100001' ? 503 : 200,
    title: { zh: '请求被拒绝', en: 'The request was refused' },
    body: html`<p class="problem" role="alert">${errorCode} ${errorMessage} <span lang="en">${english[errorCode]}</span></p>
${requestNo && html`<dl>${line('requestNo', requestNo)}</dl>`}
${paragraph({ zh: '请返回平台重新发起', en: 'Please go back to the platform and start again' })}`,
    ...(errorCode === '100001' ? { headers: { 'retry-after': '5' } } : {}),
  });
}

const english: Readonly<Record<string, string>> = {
  '100001': 'The bank is busy',
  '100002': 'A field is not as it should be',
  '100003': 'The signature does not verify',
  '100004': 'There is no such platform',
  '100005': 'The platform may not do business now',
  '100006': 'This service is not open',
};
