/** The judge judged: nothing is found where all is right, and each wrong that is planted is found, by its kind and number. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { HistoryEvent } from '../load/history.ts';
import { type Finding, inWords, type Kind } from './finding.ts';
import { contentOf, done, exchange, honestWorld, PLATFORM, queried, refused, told, type World } from './honest.ts';
import { judgeMoney } from './judge-money.ts';
import { judgeNumbers } from './judge-numbers.ts';
import { judgeOrders } from './judge-orders.ts';
import { judgeQueried, judgeTold } from './judge-told.ts';
import { scanLogs } from './logs.ts';
import { verdictOf } from './settle-and-assert.ts';
import { storyOf } from './story.ts';

async function* each(events: readonly HistoryEvent[]): AsyncIterable<HistoryEvent> {
  yield* events;
}

async function judge({ events, books, company }: World): Promise<readonly Finding[]> {
  const story = await storyOf(PLATFORM, each(events));
  return [
    ...story.findings,
    ...judgeNumbers(story, books),
    ...judgeMoney(story, books, company),
    ...judgeOrders(books, company),
    ...judgeTold(story, books),
  ];
}

/** Spoils a fresh world and judges it. */
async function spoilt(spoil: (world: World) => void): Promise<readonly Finding[]> {
  const world = honestWorld();
  spoil(world);
  return judge(world);
}

const without = (world: World, no: string): void => {
  world.books.claims = world.books.claims.filter(({ number }) => number !== no);
};
const claimOf = (world: World, no: string) => {
  const found = world.books.claims.find(({ number }) => number === no);
  if (found === undefined) throw new Error(no);
  return found;
};
const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`no ${index}`);
  return found;
};

const wrongs: readonly (readonly [
  what: string,
  kind: Kind,
  requestNo: string | undefined,
  spoil: (world: World) => void,
])[] = [
  ['an accepted number that the books do not have', 'lost', 'T1', (world) => without(world, 'T1')],
  [
    'a SUCCESS that the books refused',
    'lost',
    'C1',
    (world) => Object.assign(claimOf(world, 'C1'), { state: 'REFUSED', errorCode: '100008' }),
  ],
  [
    'another content in the books than was accepted',
    'lost',
    'B1',
    (world) => Object.assign(claimOf(world, 'B1'), { digest: 'ab'.repeat(32) }),
  ],
  [
    'a refusal that was done all the same',
    'doubled',
    'X1',
    (world) => Object.assign(claimOf(world, 'X1'), { state: 'DONE', errorCode: null }),
  ],
  [
    'a refusal by another code than was answered',
    'wrong',
    'X1',
    (world) => Object.assign(claimOf(world, 'X1'), { errorCode: '100010' }),
  ],
  [
    'a number that nobody sent',
    'doubled',
    'B9',
    (world) => world.books.claims.push({ ...claimOf(world, 'B1'), number: 'B9' }),
  ],
  [
    'an act on a page that nobody opened',
    'doubled',
    'Q9:approved',
    (world) => world.books.claims.push({ ...claimOf(world, 'Q1'), origin: 'PAGE', number: 'Q9:approved' }),
  ],
  [
    'a number in progress that the books never took',
    'lost',
    'C9',
    (world) => world.events.push(...exchange('C9', { code: '0', status: 'PROCESSING', requestNo: 'C9' })),
  ],
  [
    'another content in progress that was never answered',
    'wrong',
    'C1',
    (world) => world.events.push(...exchange('C1', { code: '0', status: 'PROCESSING' }, { amount: '2.00' })),
  ],
  [
    'a forged message that was claimed',
    'wrong',
    'Z1',
    (world) => world.books.claims.push({ ...claimOf(world, 'B1'), number: 'Z1', digest: contentOf('Z1').digest }),
  ],
  [
    'a forged message that was answered SUCCESS',
    'wrong',
    'Z1',
    (world) => world.events.push(...exchange('Z1', done('Z1'))),
  ],
  ['a number without a final state', 'wrong', 'T1', (world) => Object.assign(claimOf(world, 'T1'), { state: 'OPEN' })],
  [
    'two different last words',
    'wrong',
    'T1',
    (world) => world.events.push(...exchange('T1', { ...done('T1'), more: 'x' })),
  ],
  [
    'a refusal after a SUCCESS',
    'doubled',
    'T1',
    (world) => world.events.push(...exchange('T1', refused('T1', '100014'))),
  ],
  [
    '100013 for the very content of the books',
    'wrong',
    'C1',
    (world) => world.events.push(...exchange('C1', refused('C1', '100013'))),
  ],
  [
    'an answer that the bank did not sign',
    'wrong',
    'T1',
    (world) => world.events.push(...exchange('T1', done('T1'), {}, false)),
  ],
  [
    'a state that went back',
    'wrong',
    'B1',
    (world) => world.events.push(...queried('B1', { status: 'FREEZED', cancelAmount: '1.00' })),
  ],
  [
    'a cancelled sum that shrank',
    'wrong',
    'B1',
    (world) => world.events.push(...queried('B1', { status: 'UNFREEZED', cancelAmount: '0.00' })),
  ],
  [
    'money too much on an account',
    'wrong',
    undefined,
    (world) => {
      at(world.books.accounts, 1).balance += 900n;
    },
  ],
  [
    'money gone from an account',
    'wrong',
    undefined,
    (world) => {
      at(world.books.accounts, 0).balance -= 1n;
    },
  ],
  [
    'a hold that was not released',
    'wrong',
    undefined,
    (world) => {
      at(world.books.accounts, 0).held = 100n;
    },
  ],
  [
    'two orders of one number',
    'doubled',
    'W1',
    (world) => world.books.orders.push({ ...at(world.books.orders, 1), orderId: 'O3', state: 'declined' }),
  ],
  [
    'an order at the company that nobody ordered',
    'doubled',
    'O9',
    (world) => world.company.orders.push({ ...at(world.company.orders, 1), orderNo: 'O9' }),
  ],
  [
    'a payment that the company took and we do not know',
    'lost',
    'Q1',
    (world) => {
      at(world.books.orders, 0).state = 'unknown';
    },
  ],
  [
    'a pay-out that failed and is SUCCESS in the books',
    'doubled',
    'W1',
    (world) => {
      at(world.company.orders, 1).status = 'FAILED';
      at(world.books.orders, 1).state = 'declined';
    },
  ],
  [
    'an order of another amount',
    'wrong',
    'W1',
    (world) => {
      at(world.company.orders, 1).amount = '1951';
    },
  ],
  [
    'an open day that the company sees otherwise',
    'wrong',
    undefined,
    (world) => {
      at(world.company.days, 0).gross = '20000';
    },
  ],
  [
    'a closed day that has not arrived',
    'wrong',
    undefined,
    (world) => {
      at(world.company.days, 0).closedAt = 1;
    },
  ],
  [
    'a final state that was not told',
    'undelivered',
    'Q1',
    (world) => {
      world.events = world.events.filter((event) => event.t !== 'told' || event.service !== 'RECHARGE');
    },
  ],
  [
    'a notification that was refused and never came again',
    'undelivered',
    'Q1',
    (world) => {
      world.events = world.events.map((event) =>
        event.t === 'told' && event.service === 'RECHARGE' ? { ...event, taken: false } : event,
      );
    },
  ],
  [
    'a notification that waits for ever',
    'undelivered',
    'Q1:SUCCESS',
    (world) => world.books.undelivered.push({ event: 'Q1:SUCCESS', state: 'PARKED', lastError: 'HTTP 500' }),
  ],
  [
    'a state told that the books do not have',
    'wrong',
    'Q1',
    (world) =>
      world.events.push(
        told('RECHARGE', { code: '0', status: 'INIT', errorCode: '100008', requestNo: 'Q1', rechargeStatus: 'ERROR' }),
      ),
  ],
  [
    'one state told in two ways',
    'wrong',
    'W1',
    (world) =>
      world.events.push(
        told('WITHDRAW', { code: '0', status: 'SUCCESS', requestNo: 'W1', withdrawStatus: 'SUCCESS', amount: 1 }),
      ),
  ],
  [
    'a notification of a number that is not in the books',
    'doubled',
    'Q9',
    (world) =>
      world.events.push(told('RECHARGE', { code: '0', status: 'SUCCESS', requestNo: 'Q9', rechargeStatus: 'SUCCESS' })),
  ],
  [
    'a notification that the bank did not sign',
    'wrong',
    undefined,
    (world) => world.events.push(told('RECHARGE', { status: 'SUCCESS', requestNo: 'Q1' }, false)),
  ],
];

describe('the judge', () => {
  test('finds nothing where everything is right', async () => {
    expect(await judge(honestWorld())).toEqual([]);
  });

  test.each(wrongs)('finds %s', async (_, kind, requestNo, spoil) => {
    const findings = await spoilt(spoil);
    expect(findings.map((finding) => [finding.kind, finding.requestNo])).toContainEqual([kind, requestNo]);
    for (const finding of findings) expect(finding.platformNo).toBe(PLATFORM);
  });

  test('finds a query that says otherwise than a notification', () => {
    const said = new Map([
      ['RECHARGE SUCCESS', { text: JSON.stringify({ status: 'SUCCESS', rechargeStatus: 'SUCCESS' }) }],
    ]);
    const answer = (status: string) => ({ records: [{ status }] });
    expect(judgeQueried(PLATFORM, 'Q1', answer('SUCCESS'), said)).toBeUndefined();
    expect(judgeQueried(PLATFORM, 'Q1', answer('FAIL'), said)?.kind).toBe('wrong');
    expect(judgeQueried(PLATFORM, 'Q1', undefined, said)?.kind).toBe('wrong');
  });

  test('counts by kind, and says each in words with its platform and number', () => {
    const findings: readonly Finding[] = [
      { kind: 'lost', platformNo: PLATFORM, requestNo: 'T1', words: 'it is gone' },
      { kind: 'undelivered', words: 'nobody heard' },
    ];
    expect(verdictOf(findings)).toEqual({ lost: 1, doubled: 0, undelivered: 1, problems: findings.map(inWords) });
    expect(inWords(at(findings, 0))).toBe('LOST · 10001 · T1 · it is gone');
  });
});

describe('the scan of logs', () => {
  test('finds personal data in any file, without repeating it, and statements that could not be run', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qianzhi-logs-'));
    try {
      const secrets = ['6222021234567890127', '110101199001011231', '13912345671', 'Pw-123456789x'];
      await writeFile(join(folder, 'clean.log'), '{"msg":"order 6222021234567890128 is settled"}\n');
      expect(await scanLogs(folder, secrets)).toEqual([]);
      await writeFile(join(folder, 'broken.log'), '{"msg":"x","err":{"message":"permission denied","code":"42501"}}\n');
      expect((await scanLogs(folder, secrets)).map(({ words }) => words)).toEqual([
        expect.stringContaining('broken.log:1 a statement could not be run'),
      ]);
      await rm(join(folder, 'broken.log'));
      for (const secret of secrets) {
        await writeFile(join(folder, 'dirty.log'), `{"msg":"fine"}\n{"msg":"card ${secret} refused"}\n`);
        const [finding, ...more] = await scanLogs(folder, secrets);
        expect(more).toEqual([]);
        expect(finding?.words).toContain('dirty.log:2');
        expect(finding?.words).not.toContain(secret);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
