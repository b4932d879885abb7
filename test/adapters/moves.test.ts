/** What each answer makes of an order in each state: the whole table, and what no sequence of answers may ever do. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Answer, Settled } from '../../adapters/channel.ts';
import { decide, type Move } from '../../adapters/moves.ts';
import type { OrderRow, OrderState } from '../../adapters/rows.ts';
import { fen } from '../../contract/money.ts';

const NOW = 1_000_000;
const WINDOW = 1_000;

const order = (state: OrderState, more: Partial<OrderRow> = {}): OrderRow => ({
  orderId: 'O',
  channel: 'PAYSIM',
  kind: 'payout',
  platformNo: 'P',
  requestNo: 'R',
  amount: fen(100n),
  message: '{}',
  openedAt: 0,
  state,
  sending: 'answered',
  sentAt: NOW - 10,
  asks: 0,
  lease: 1n,
  ...(state === 'settled' || state === 'returned'
    ? { channelOrderNo: 'C1', clearingDay: '20260105', settledAt: 5 }
    : {}),
  ...more,
});

const yes: Settled = {
  state: 'settled',
  amount: fen(100n),
  channelOrderNo: 'C1',
  clearingDay: '20260105',
  settledAt: 5,
};
const answers = {
  presented: { state: 'presented', presentation: { kind: 'redirect', url: 'http://x/', expiresAt: 9 } },
  pending: { state: 'pending' },
  yes,
  'yes, more': { ...yes, amount: fen(101n) },
  'yes, another day': { ...yes, clearingDay: '20260106' },
  no: { state: 'declined', channelErrorCode: 'E', channelErrorMessage: 'e' },
  returned: { state: 'returned', settled: yes, reason: 'r', returnedAt: 6, clearingDay: '20260106' },
  unknown: { state: 'unknown', why: 'timeout' },
  absent: { state: 'absent' },
  unsent: { state: 'unsent', why: 'ECONNREFUSED' },
} as const satisfies Record<string, Answer>;
type Name = keyof typeof answers;

/** `state, told outcomes, difference` */
const shown = (move: Move): string =>
  [
    move.state,
    ...move.outcomes.map(({ state }) => `+${state}`),
    ...(move.difference ? [`!${move.difference.kind}`] : []),
  ].join(' ');

const table: Readonly<Record<OrderState, Readonly<Record<Name, string>>>> = {
  opened: {
    presented: 'opened !STRANGE',
    pending: 'pending',
    yes: 'settled +settled',
    'yes, more': 'opened !AMOUNT',
    'yes, another day': 'settled +settled',
    no: 'declined +declined',
    returned: 'returned +settled +returned',
    unknown: 'unknown',
    absent: 'unknown',
    unsent: 'opened',
  },
  pending: {
    presented: 'pending !STRANGE',
    pending: 'pending',
    yes: 'settled +settled',
    'yes, more': 'pending !AMOUNT',
    'yes, another day': 'settled +settled',
    no: 'declined +declined',
    returned: 'returned +settled +returned',
    unknown: 'pending',
    absent: 'pending',
    unsent: 'pending',
  },
  unknown: {
    presented: 'unknown !STRANGE',
    pending: 'pending',
    yes: 'settled +settled',
    'yes, more': 'unknown !AMOUNT',
    'yes, another day': 'settled +settled',
    no: 'declined +declined',
    returned: 'returned +settled +returned',
    unknown: 'unknown',
    absent: 'unknown',
    unsent: 'unknown',
  },
  settled: {
    presented: 'settled',
    pending: 'settled',
    yes: 'settled',
    'yes, more': 'settled !AMOUNT',
    'yes, another day': 'settled !CONTRADICTED',
    no: 'settled !CONTRADICTED',
    returned: 'returned +returned',
    unknown: 'settled',
    absent: 'settled !CONTRADICTED',
    unsent: 'settled',
  },
  declined: {
    presented: 'declined',
    pending: 'declined',
    yes: 'declined !CONTRADICTED',
    'yes, more': 'declined !AMOUNT',
    'yes, another day': 'declined !CONTRADICTED',
    no: 'declined',
    returned: 'declined !CONTRADICTED',
    unknown: 'declined',
    absent: 'declined',
    unsent: 'declined',
  },
  returned: {
    presented: 'returned',
    pending: 'returned',
    yes: 'returned',
    'yes, more': 'returned !AMOUNT',
    'yes, another day': 'returned !CONTRADICTED',
    no: 'returned !CONTRADICTED',
    returned: 'returned',
    unknown: 'returned',
    absent: 'returned !CONTRADICTED',
    unsent: 'returned',
  },
};

describe('what an answer makes of an order', () => {
  test.each(Object.keys(table) as OrderState[])('that is %s', (state) => {
    const moves = Object.entries(answers).map(([name, answer]) => [
      name,
      shown(decide(order(state), answer, NOW, WINDOW)),
    ]);
    expect(Object.fromEntries(moves)).toEqual(table[state]);
  });

  test('“no such order” is a no once the last send that may have arrived is longer ago than the window', () => {
    const absent = (sentAt: number) => decide(order('unknown', { sentAt }), answers.absent, NOW, WINDOW).state;
    expect(absent(NOW - WINDOW)).toBe('unknown');
    expect(absent(NOW - WINDOW - 1)).toBe('declined');
  });

  test('a collection is shown to its payer once, and again only when it has another address', () => {
    const collect = order('opened', { kind: 'collect' });
    const first = decide(collect, answers.presented, NOW, WINDOW);
    expect(first).toMatchObject({ state: 'pending', presentation: { url: 'http://x/' } });
    const shownAlready = order('pending', { kind: 'collect', presentation: answers.presented.presentation });
    expect(decide(shownAlready, answers.presented, NOW, WINDOW).presentation).toBeUndefined();
  });

  test('a collection that was declined is settled by a yes to our question only, and a late yes is asked about', () => {
    const declined = order('declined', { kind: 'collect' });
    expect(decide(declined, yes, NOW, WINDOW)).toMatchObject({ state: 'declined', outcomes: [], confirm: true });
    expect(decide(declined, yes, NOW, WINDOW, true)).toMatchObject({
      state: 'settled',
      outcomes: [{ state: 'settled' }],
    });
    expect(shown(decide(declined, answers['yes, more'], NOW, WINDOW, true))).toBe('declined !AMOUNT');
    for (const kind of ['payout', 'refund'] as const)
      expect(shown(decide(order('declined', { kind }), yes, NOW, WINDOW, true))).toBe('declined !CONTRADICTED');
  });

  test('a collection is never returned, and a check of elements has no clearing day', () => {
    expect(decide(order('settled', { kind: 'collect' }), answers.returned, NOW, WINDOW).difference?.kind).toBe(
      'STRANGE',
    );
    expect(decide(order('pending', { kind: 'verify' }), yes, NOW, WINDOW).difference?.kind).toBe('STRANGE');
  });

  test('whatever comes in whatever order, the books hear one final word, and a return only after a success', () => {
    const any = fc.constantFrom(...(Object.keys(answers) as Name[]));
    fc.assert(
      fc.property(fc.array(any, { maxLength: 12 }), (names) => {
        let row = order('opened');
        const told: string[] = [];
        for (const name of names) {
          const move = decide(row, answers[name], NOW, WINDOW);
          told.push(...move.outcomes.map(({ state }) => state));
          const { settled } = move;
          const fixed =
            settled === undefined
              ? {}
              : {
                  channelOrderNo: settled.channelOrderNo,
                  settledAt: settled.settledAt,
                  clearingDay: settled.clearingDay,
                };
          row = { ...row, state: move.state, ...(fixed as Partial<OrderRow>) };
        }
        expect(['', 'settled', 'declined', 'settled returned']).toContain(told.join(' '));
      }),
    );
  });
});
