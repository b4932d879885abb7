/**
 * A process dies at each named point between two steps (runtime/fault.ts), one after the other while one story runs: the story still ends
 * right, once, and what the payment company says that it moved is what the books say.
 */
import { describe, expect, test } from 'vitest';
import type { House } from '../../demo/house.ts';
import type { TrialBalance } from '../../demo/table.ts';
import { waitFor } from '../servers.ts';
import { expectBooks, inHouse, liveStory, PLATFORM_NO } from './live.ts';

const MINUTES = 60_000;

/** After which step of the story which room is armed; the next one that comes by the point dies there. */
const plan: readonly (readonly [step: string, room: string, point: string])[] = [
  ['marketing account 002 recharges 100.00', 'adapters', 'adapters.order.committed'],
  ['investor registers', 'adapters', 'adapters.send.before'],
  ['borrower registers', 'adapters', 'adapters.send.after'],
  ['investor recharges 10,000.00, commission 10.00', 'ledger', 'ledger.before-commit'],
  ['investor authorises bids', 'ledger', 'ledger.after-commit-before-ack'],
  ['borrower authorises repayments', 'gateway', 'gateway.after-evidence-before-publish'],
  ['project of 10,000.00 is filed', 'gateway', 'gateway.after-publish'],
  ['the same number with other content', 'gateway', 'gateway.page.approved'],
  ['loan release of 6,000.00, commission 60.00', 'gateway', 'gateway.after-results-before-reply'],
  ['the clearing day is settled: float has arrived', 'adapters', 'adapters.callback.committed'],
  ['borrower withdraws 5,000.00', 'adapters', 'adapters.send.after'],
  ['borrower has the returned money again', 'ledger', 'ledger.after-commit-before-ack'],
  ['borrower has the returned money again', 'adapters', 'adapters.outbox.after-publish'],
  ['borrower has the returned money again', 'gateway', 'gateway.notification.after-delivery'],
];

describe('a house whose processes die between two steps', () => {
  test('every named point kills its process once, and the story ends right', { timeout: 14 * MINUTES }, async () => {
    const processes = [['postgres'], ['ledger'], ['adapters'], ['gateway']];
    await inHouse({ processes }, async (house) => {
      const died: string[] = [];
      const reborn: Promise<unknown>[] = [];
      await liveStory(house, async (step) => {
        for (const [after, room, point] of plan) {
          if (after !== step) continue;
          const program = await startArmed(house, room, point);
          reborn.push(
            new Promise<void>((resolve, reject) => {
              program.once('exit', (_, signal) => {
                if (signal !== 'SIGKILL') return resolve();
                died.push(point);
                house.startRooms([room]).then(() => resolve(), reject);
              });
            }),
          );
        }
      });
      await waitFor(() => died.length === plan.length, { deadlineMs: 1, what: `${plan.length} deaths` }).catch(() =>
        expect(died).toEqual(plan.map(([, , point]) => point)),
      );
      await Promise.all(reborn);
      await expectBooks(house);
      await expectSameAsCompany(house);
    });
  });
});

/** Stops a room's process and starts it anew with a trap at one point. */
async function startArmed(house: House, room: string, point: string) {
  await house.programs.get(room)?.stop();
  process.env['QIANZHI_FAULT'] = `${point}=kill`;
  try {
    return (await house.startRooms([room])).process;
  } finally {
    delete process.env['QIANZHI_FAULT'];
  }
}

interface DayTotals {
  readonly gross: string;
  readonly payouts: string;
  readonly net: string;
  readonly closedAt?: number;
}

/** Yuan with 2 decimals as fen. */
const inFen = (yuan: string): bigint => BigInt(yuan.replace('.', ''));

/** Holds the books against the payment company's own: closed days are in custody, the open one in its lot. */
async function expectSameAsCompany(house: House): Promise<void> {
  const days = (await (await fetch(`${house.paymentCompany.controlUrl}/totals`)).json()) as DayTotals[];
  const { lines } = JSON.parse(
    await house.cli('ledger', 'trial-balance', '--platform', PLATFORM_NO, '--json'),
  ) as TrialBalance;
  const booked = (start: string): bigint =>
    lines.filter(({ account }) => account.startsWith(start)).reduce((sum, { balance }) => sum + inFen(balance), 0n);
  const told = (which: 'gross' | 'payouts' | 'net', closed: boolean): bigint =>
    days.filter((day) => (day.closedAt !== undefined) === closed).reduce((sum, day) => sum + BigInt(day[which]), 0n);
  expect({ custody: booked('CUSTODY'), collect: booked('COLLECT:'), paid: booked('PAID:') }).toEqual({
    custody: told('net', true),
    collect: told('gross', false),
    paid: told('payouts', false),
  });
}
