/** Notifications: every final state of a page service was told and taken, in the words that the books and a query say too. */
import { type Answer, readAnswer } from '../../../demo/platform/protocol.ts';
import type { Books } from './books.ts';
import { brief, type Finding, type Kind } from './finding.ts';
import { type Story, stateOf } from './story.ts';

const pages = new Set([
  'PERSONAL_REGISTER_EXPAND',
  'USER_AUTHORIZATION',
  'RECHARGE',
  'WITHDRAW',
  'USER_PRE_TRANSACTION',
]);

export function judgeTold(story: Story, books: Books): readonly Finding[] {
  const { platformNo } = story;
  const findings: Finding[] = [];
  const found = (kind: Kind, requestNo: string, words: string): void => {
    findings.push({ kind, platformNo, requestNo, words });
  };
  const recharges = new Map(books.recharges.map((row) => [row.requestNo, row.status]));
  const withdrawals = new Map(books.withdrawals.map((row) => [row.requestNo, row]));
  const returned = new Set(
    books.orders.filter(({ kind, state }) => kind === 'payout' && state === 'returned').map((order) => order.requestNo),
  );
  const claimed = new Set<string>();
  for (const { number, origin, service, state } of books.claims) {
    if (origin !== 'PLATFORM') continue;
    claimed.add(number);
    if (!pages.has(service) || state === 'OPEN') continue;
    const told = story.numbers.get(number)?.told ?? new Map<string, { text: string; taken: boolean }>();
    const withdrawal = withdrawals.get(number);
    const final = recharges.get(number) ?? withdrawal?.status ?? (state === 'DONE' ? 'SUCCESS' : 'FAIL');
    const must = [`${service} ${final}`];
    if (withdrawal !== undefined && withdrawal.orderId !== null) must.push('WITHDRAW ACCEPT', 'WITHDRAW REMITING');
    if (withdrawal !== undefined && withdrawal.orderId !== null && final === 'FAIL')
      must.push('BACKROLL_RECHARGE SUCCESS');
    // Of a pay-out that came back before its success was known, no success is told.
    if (returned.has(number) && state === 'DONE') must.push('WITHDRAW SUCCESS');
    for (const key of must) {
      if (told.get(key)?.taken !== true) found('undelivered', number, `${key} was never received`);
    }
    for (const key of told.keys()) {
      const early = key === 'RECHARGE FAIL' && final === 'SUCCESS';
      if (!must.includes(key) && !early) found('wrong', number, `was told ${key}, and the books say ${final}`);
    }
  }
  for (const { no, told, callbacks } of story.numbers.values()) {
    if (told.size > 0 && !claimed.has(no))
      found('doubled', no, `was told ${[...told.keys()].join(', ')} without a claim`);
    for (const text of callbacks) judgeCallback(no, readAnswer(text), told, found);
  }
  for (const { event, state, lastError } of books.undelivered)
    found('undelivered', event, `the notification is ${state}: ${lastError ?? 'not tried yet'}`);
  return findings;
}

/** What came through the browser says what the notification of that state said. */
function judgeCallback(
  no: string,
  callback: Answer,
  told: ReadonlyMap<string, { readonly text: string }>,
  found: (kind: Kind, requestNo: string, words: string) => void,
): void {
  const state = stateOf(callback);
  if (callback.status === 'PROCESSING' && !['ACCEPT', 'REMITING'].includes(state)) return;
  const same = [...told].some(([key, { text }]) => key.endsWith(` ${state}`) && sameWords(readAnswer(text), callback));
  if (!same) found('wrong', no, `the CALLBACK says what no notification does: ${brief(JSON.stringify(callback))}`);
}

const sameWords = (one: Answer, other: Answer): boolean =>
  one.status === other.status && one.errorCode === other.errorCode && one.requestNo === other.requestNo;

/** What QUERY_TRANSACTION says of a number, against what was told of it. */
export function judgeQueried(
  platformNo: string,
  no: string,
  answer: Readonly<Record<string, unknown>> | undefined,
  told: ReadonlyMap<string, { readonly text: string }>,
): Finding | undefined {
  const record = (answer?.['records'] as readonly Readonly<Record<string, unknown>>[] | undefined)?.[0];
  const wrong = (words: string): Finding => ({ kind: 'wrong', platformNo, requestNo: no, words });
  if (record === undefined)
    return wrong(`QUERY_TRANSACTION has no record: ${brief(JSON.stringify(answer ?? 'no answer'))}`);
  const status = String(record['status']);
  const final = status === 'FREEZED' || status === 'UNFREEZED' ? 'SUCCESS' : status;
  const texts = [...told].filter(([key]) => key.endsWith(` ${final}`)).map(([, { text }]) => readAnswer(text));
  if (told.size > 0 && texts.length === 0)
    return wrong(`QUERY_TRANSACTION says ${status}, and what was told is ${[...told.keys()].join(', ')}`);
  for (const text of texts) {
    for (const name of ['payCompany', 'transactionTime', 'remitType', 'channelErrorCode']) {
      if (text[name] !== undefined && record[name] !== undefined && text[name] !== record[name] && final !== 'FAIL')
        return wrong(`${name} is ${String(record[name])} in a query and ${String(text[name])} in what was told`);
    }
  }
  return undefined;
}
