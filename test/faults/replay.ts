/**
 * Sends every byte again that was ever sent: signed messages, what browsers posted on pages and at the cashier, and what the payment company
 * said. Nothing may move: every old message is answered as it was, or refused for its clock.
 */
import type pg from 'pg';
import { readAnswer } from '../../demo/platform/protocol.ts';
import { reading } from './assertions/books.ts';
import { readCompany, readUntold } from './assertions/company.ts';
import { brief } from './assertions/finding.ts';
import { restless } from './assertions/settled.ts';
import type { Load, Replayed, SettledWorld } from './interface.ts';
import { isFinal } from './load/client.ts';
import type { HistoryEvent } from './load/history.ts';

/** What money and state are, each as a query whose text changes when any of it does. */
const snapshots: Readonly<Record<string, string>> = {
  journals: 'select count(*), max(id) from ledger.journal',
  entries: 'select count(*), sum(amount), sum(journal_id) from ledger.entry',
  accounts: `select md5(string_agg(platform_no || code || balance || ' ' || held || ' ' || version, ',' order by id)) from ledger.account`,
  holds: `select md5(string_agg(platform_no || request_no || amount || ' ' || captured || ' ' || released, ',' order by platform_no, request_no)) from ledger.hold`,
  claims: `select md5(string_agg(platform_no || origin || number || state || encode(digest, 'hex') || coalesce(answer::text, ''), ',' order by platform_no, origin, number)) from ledger.instruction`,
  recharges: `select md5(string_agg(platform_no || request_no || status || coalesce(lot, ''), ',' order by platform_no, request_no)) from ledger.recharge`,
  withdrawals: `select md5(string_agg(platform_no || request_no || status || coalesce(lot, ''), ',' order by platform_no, request_no)) from ledger.withdrawal`,
  users: `select md5(string_agg(platform_no || platform_user_no || state, ',' order by platform_no, platform_user_no)) from ledger.platform_user`,
  projects: `select md5(string_agg(platform_no || project_no || status || tender_amount || ' ' || loan_amount || ' ' || repayment_amount, ',' order by platform_no, project_no)) from ledger.project`,
  shares: `select md5(string_agg(platform_no || project_no || platform_user_no || amount, ',' order by platform_no, project_no, platform_user_no)) from ledger.share`,
  lots: `select md5(string_agg(platform_no || lot || state || coalesce(net, 0), ',' order by platform_no, lot)) from ledger.lot`,
  orders: `select md5(string_agg(order_id || state || coalesce(clearing_day, ''), ',' order by order_id)) from adapters.channel_order`,
  notifications: `select md5(string_agg(platform_no || event || state || attempts, ',' order by platform_no, event)) from gateway.notification`,
  pages: `select md5(string_agg(page_id || state, ',' order by page_id)) from gateway.page`,
};

type Snapshot = Readonly<Record<string, string>>;

async function snapshotOf(client: pg.Client): Promise<Snapshot> {
  const taken: Record<string, string> = {};
  for (const [name, text] of Object.entries(snapshots)) {
    const row = (await client.query<Record<string, unknown>>(text)).rows[0] ?? {};
    taken[name] = Object.values(row).map(String).join(' ');
  }
  return taken;
}

const AT_ONCE = 16;
const ATTEMPT_MS = 20_000;
const REST_MS = 60_000;
const MOST_PROBLEMS = 50;

interface Again {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly about: string;
  /** Last words that it was answered. */
  readonly finals?: ReadonlySet<string>;
}

/** Sends everything again, and compares. */
export async function replayAll(load: Load, world: SettledWorld): Promise<Replayed> {
  const problems: string[] = [];
  const before = await reading(world.databaseUrl, snapshotOf);
  let replayed = 0;
  for (const history of load.histories()) {
    const finals = await finalsOf(history.events());
    const running = new Set<Promise<void>>();
    for await (const event of history.events()) {
      const again = againOf(event, finals, world.gatewayUrls);
      if (again === undefined) continue;
      replayed += 1;
      const one: Promise<void> = sendAgain(again)
        .then((problem) => {
          if (problem !== undefined && problems.length < MOST_PROBLEMS)
            problems.push(`${history.platformNo} ${again.about}: ${problem}`);
        })
        .finally(() => running.delete(one));
      running.add(one);
      if (running.size >= AT_ONCE) await Promise.race(running);
    }
    await Promise.all(running);
  }
  replayed += await companySaysAgain(world);
  await untilRest(world);
  const after = await reading(world.databaseUrl, snapshotOf);
  const moved = Object.keys(before).filter((name) => before[name] !== after[name]);
  for (const name of moved) problems.push(`the replay moved ${name}: from ${before[name]} to ${after[name]}`);
  return { replayed, moved: moved.length, problems };
}

/** The last words of each number of a history. */
async function finalsOf(events: AsyncIterable<HistoryEvent>): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const asked = new Map<number, string>();
  const finals = new Map<string, Set<string>>();
  for await (const event of events) {
    if (event.t === 'sent' && !event.service.startsWith('QUERY_')) asked.set(event.id, event.no);
    if (event.t !== 'answered') continue;
    const no = asked.get(event.id);
    asked.delete(event.id);
    if (no === undefined || !event.verified || !isFinal(readAnswer(event.text))) continue;
    const known = finals.get(no) ?? new Set();
    known.add(event.text);
    finals.set(no, known);
  }
  return finals;
}

function againOf(
  event: HistoryEvent,
  finals: ReadonlyMap<string, ReadonlySet<string>>,
  gatewayUrls: readonly string[],
): Again | undefined {
  if (event.t === 'sent') {
    const known = event.service.startsWith('QUERY_') ? undefined : finals.get(event.no);
    return {
      url: `${gatewayUrls[0] ?? ''}${event.path}`,
      body: event.body,
      headers: event.accept === undefined ? {} : { accept: event.accept },
      about: `${event.service} ${event.no}`,
      ...(known === undefined ? {} : { finals: known }),
    };
  }
  if (event.t !== 'browsed') return undefined;
  return {
    url: event.url,
    body: event.body,
    headers: { accept: 'text/html', cookie: event.cookie },
    about: `browser at ${new URL(event.url).pathname.split('/')[1]} ${event.no}`,
  };
}

/** What is wrong with the answer, or undefined. */
async function sendAgain({ url, body, headers, finals }: Again): Promise<string | undefined> {
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await fetch(url, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(ATTEMPT_MS),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      });
      const text = await response.text();
      if (response.status === 503 && tries < 20) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        continue;
      }
      if (!(response.headers.get('content-type') ?? '').includes('json') || finals === undefined) return undefined;
      const answer = readAnswer(text);
      if (answer.code === '1' || answer.status === 'PROCESSING' || finals.has(text)) return undefined;
      return `was answered otherwise than before: ${brief(text)}`;
    } catch (error) {
      if (tries >= 3) return `could not be sent again: ${String(error)}`;
    }
  }
}

/** The company tells of every finished order once more, truly, and of some with a forged signature. */
async function companySaysAgain({ companyControlUrl }: SettledWorld): Promise<number> {
  const { orders } = await readCompany(companyControlUrl);
  let said = 0;
  for (const { orderNo, kind } of orders) {
    if (kind === 'identity') continue;
    const forged = said % 5 === 4;
    const body = JSON.stringify({
      orderNo,
      change: forged ? { status: 'SUCCESS', clearingDay: '20000101' } : {},
      forged,
    });
    const response = await fetch(`${companyControlUrl}/say`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    await response.body?.cancel();
    said += 1;
  }
  return said;
}

/** Waits until the company's callbacks are delivered and nothing moves. */
async function untilRest(world: SettledWorld): Promise<void> {
  const until = performance.now() + REST_MS;
  while (performance.now() < until) {
    const untold = await readUntold(world.companyControlUrl);
    const moving = await reading(world.databaseUrl, (client) => restless(client, world));
    if (untold === 0 && moving.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
