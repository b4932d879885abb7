/** The lines of a scenario that say what must be true. */
import { expect } from 'vitest';
import type { Answer, FieldValue } from '../../../contract/internal/reply.ts';
import { type Fen, sum, ZERO } from '../../../contract/money.ts';
import { isSealed } from '../../../contract/sealed.ts';
import { isAsset } from '../../../ledger/accounts.ts';
import { remainder } from '../../../ledger/rows.ts';
import type { Memory } from './acts.ts';
import type { BookedEntry, Books, House } from './house.ts';
import type { Last } from './interpreter.ts';
import { codeOf, lotNamed, numberOf, shown, type Words, written, yuan } from './words.ts';

interface Scene {
  readonly house: House;
  readonly memory: Memory;
  readonly last: Last;
}
type Check = (words: Words, scene: Scene) => void | Promise<void>;

/** An answer as a scenario writes it: `SUCCESS`, `PROCESSING`, or `100008 冻结金额不足`; the reason only where one is asked for. */
function answered({ status, errorCode, errorMessage }: Answer, withReason: boolean): string {
  if (errorCode === undefined) return status;
  expect(status, 'a refusal is INIT').toBe('INIT');
  return withReason ? `${errorCode} ${errorMessage}` : errorCode;
}

/** Postings of the journals since the last act, from their debit entries. */
function postingsOf(books: Books, since: number): readonly string[] {
  const debits = books.journals.slice(since).flatMap(({ entries }) => entries.filter(({ side }) => side === 'D'));
  return debits.map((entry) => {
    const credit = creditOf(books, since, entry);
    const floats = Object.entries({ ...entry.floats, ...credit?.floats }).filter(([, amount]) => amount > 0n);
    const whole = floats.length === 1 && floats[0]?.[1] === entry.amount;
    const lots = floats
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([lot, amount]) => (whole ? lot : `${lot}=${written(amount)}`));
    const text = `${entry.account} -> ${entry.contra} ${written(entry.amount)}`;
    return shown(lots.length === 0 ? text : `${text} float ${lots.join(',')}`);
  });
}

/** The credit leg that belongs to a debit leg. */
const creditOf = (books: Books, since: number, debit: BookedEntry): BookedEntry | undefined =>
  books.journals
    .slice(since)
    .flatMap(({ entries }) => entries)
    .find(
      (entry) =>
        entry.side === 'C' &&
        entry.account === debit.contra &&
        entry.contra === debit.account &&
        entry.amount === debit.amount,
    );

const books = ({ house, memory }: Scene): Promise<Books> => house.books(memory.sender.platformNo);

/** A field as text: money in yuan, personal data masked. */
function fieldText(value: FieldValue | undefined): string {
  if (typeof value === 'bigint') return written(value as Fen);
  if (isSealed(value)) return value.masked;
  return value === undefined ? '-' : shown(String(value));
}

const checks: Readonly<Record<string, Check>> = {
  expect(words, { last }) {
    const wanted = words.rest();
    const answers = last.effects.map(({ answer }) => answered(answer, false));
    const reasons = last.effects.map(({ answer }) => answered(answer, true));
    const withReason = /^\d{6} /.test(wanted);
    expect((withReason ? reasons : answers).join(' ')).toBe(wanted);
  },

  tells(words, { last }) {
    const events = last.effects.flatMap(({ results }) => results.map(({ event }) => event));
    const wanted = words.rest();
    expect(events.map((event) => event.replace(/^ORDER[0-9A-Z]{19}/, 'BACKROLL')).join(' ')).toBe(
      wanted === 'nothing' ? '' : wanted,
    );
  },

  /** `told W1:FAIL withdrawStatus FAIL errorCode 100008`: what an event of the last line says. */
  told(words, { last }) {
    const name = words.next('event');
    const results = last.effects.flatMap((effect) => effect.results);
    const result = results.find(({ event }) => event.replace(/^ORDER[0-9A-Z]{19}/, 'BACKROLL') === name);
    if (result === undefined) throw new Error(`${name} was not told`);
    const { fields, ...answer } = result.answer;
    while (!words.empty) {
      const field = words.next('field');
      expect(`${field} ${fieldText({ ...answer, ...fields }[field] as FieldValue)}`).toBe(
        `${field} ${words.next('value')}`,
      );
    }
  },

  async balance(words, scene) {
    const code = codeOf(words.next('account'));
    const { accounts, lots } = await books(scene);
    const row = accounts.find((account) => account.code === code);
    expect(written(row?.balance ?? ZERO), `${shown(code)}'s balance`).toBe(written(yuan(words.next('amount'))));
    const arrived = new Set(lots.filter(({ state }) => state === 'ARRIVED').map(({ lot }) => lot));
    const float = sum(Object.entries(row?.floats ?? {}).flatMap(([lot, amount]) => (arrived.has(lot) ? [] : [amount])));
    const wantedFloat = words.option('float');
    if (wantedFloat !== undefined) expect(written(float), `${shown(code)}'s float`).toBe(wantedFloat);
    const wantedHeld = words.option('held');
    if (wantedHeld !== undefined) expect(written(row?.held ?? ZERO), `${shown(code)}'s holds`).toBe(wantedHeld);
  },

  /** `trial CUSTODY 1.00 + COLLECT:D2 2.00 = I 3.00`: every account that is not zero. */
  async trial(words, scene) {
    const [assets = '', claims = ''] = words.rest().split(' = ');
    const wanted = [assets, claims].map((side) => side.split(' + ').sort());
    const rows = (await books(scene)).accounts.filter(({ balance }) => balance !== 0n);
    const side = (asset: boolean) =>
      rows
        .filter(({ code }) => isAsset(code) === asset)
        .map(({ code, balance }) => shown(`${code} ${written(balance)}`))
        .sort();
    expect([side(true), side(false)]).toEqual(wanted);
  },

  async lot(words, scene) {
    const lot = lotNamed(words.next('lot'));
    words.must('is');
    const row = (await books(scene)).lots.find((candidate) => candidate.lot === lot);
    expect(row?.state ?? 'ABSENT').toBe(words.next('state'));
  },

  async share(words, scene) {
    const platformUserNo = words.next('user');
    const projectNo = words.next('project');
    const { shares } = await books(scene);
    const share = shares.find((row) => row.projectNo === projectNo && row.platformUserNo === platformUserNo);
    expect(written(share?.amount ?? ZERO)).toBe(words.next('amount'));
  },

  /** `hold T1 left 100.00`. */
  async hold(words, scene) {
    const no = words.next('hold');
    words.must('left');
    const hold = (await books(scene)).holds.find(({ requestNo }) => requestNo === no);
    expect(hold === undefined ? 'no hold' : written(remainder(hold))).toBe(words.next('amount'));
  },

  /** `order collect 100.00`, `order nothing`: what the last line ordered. */
  order(words, { last }) {
    const orders = last.effects.flatMap((effect) => effect.orders);
    const wanted = words.rest();
    expect(orders.map(({ kind, amount }) => `${kind} ${written(amount)}`).join(' ')).toBe(
      wanted === 'nothing' ? '' : wanted,
    );
  },

  /** `query user I balance 1.00`, `query project P1 …`, `query RECHARGE R1 status SUCCESS`; a code alone is a refusal. */
  async query(words, { house, memory }) {
    const kind = words.next('what');
    const key = words.next('which');
    const question =
      kind === 'user'
        ? ({ service: 'QUERY_USER_INFORMATION', request: { platformUserNo: numberOf(key) } } as const)
        : kind === 'project'
          ? ({ service: 'QUERY_PROJECT_INFORMATION', request: { projectNo: key } } as const)
          : kind === 'entrusted'
            ? ({ service: 'QUERY_AUTHORIZATION_ENTRUST_PAY', request: { requestNo: key } } as const)
            : ({
                service: 'QUERY_TRANSACTION',
                request: { requestNo: key, transactionType: kind as 'RECHARGE' },
              } as const);
    const answer = await house.ask({
      version: 1,
      platformNo: memory.sender.platformNo,
      query: question,
      replyTo: { address: 'test', correlationId: 'test' },
    });
    if (/^\d{6}$/.test(words.peek() ?? '')) {
      expect(answered(answer, false)).toBe(words.next('code'));
      return;
    }
    expect(answered(answer, false)).toBe('SUCCESS');
    const records = answer.fields['records'];
    const fields = (Array.isArray(records) ? records[0] : answer.fields) as { readonly [name: string]: FieldValue };
    while (!words.empty) {
      const field = words.next('field');
      expect(`${field} ${fieldText(fields[field])}`).toBe(`${field} ${words.next('value')}`);
    }
  },
};

/** Whether a line says something; `lot D1 settles …` does something, `lot D1 is …` says something. */
export const isCheck = (words: Words): boolean => {
  const { line } = words;
  const first = words.peek() ?? '';
  if (first === 'posts') return true;
  return Object.hasOwn(checks, first) && !/^lot \S+ settles\b/.test(line);
};

export async function check(lines: readonly Words[], scene: Scene): Promise<void> {
  const [words] = lines;
  if (words === undefined) return;
  const first = words.next('check');
  if (first === 'posts') {
    const wanted = [words.rest(), ...lines.slice(1).map((line) => line.rest().replace(/^posts /, ''))];
    const found = postingsOf(await books(scene), scene.last.journals);
    expect(found).toEqual(wanted[0] === 'nothing' ? [] : wanted);
    return;
  }
  await checks[first]?.(words, scene);
  words.end();
}
