/**
 * Every service that is open, used over signed HTTP on a whole house of real processes: each with its notifications and its record; then the
 * books are proved, held against what was computed by hand, and against the payment company's own.
 */
import { expect, test } from 'vitest';
import type { House, HouseOptions } from '../../demo/house.ts';
import type { TrialBalance } from '../../demo/table.ts';
import { amqpUrl, describeOnServers, redisUrl, serverDatabaseUrl } from '../servers.ts';
import { inHouse } from './live.ts';
import { badInputIsRefused } from './services/bad-input.ts';
import { batchesAreDone } from './services/batches.ts';
import { moneyIsHeld, operatorsAct } from './services/holds.ts';
import * as loans from './services/loans.ts';
import { moneyComesIn, usersOpenAccounts } from './services/money-in.ts';
import { loanIsPaidOn, platformPays, projectMiscarries } from './services/other-trades.ts';
import { moneyGoesOut } from './services/withdrawals.ts';
import { inWorld, PLATFORM_NO } from './services/world.ts';

const MINUTES = 60_000;
const LEDGER = 'ledger';

/** In yuan, by the beginning of the account's code; how each comes about stands at the head of each chapter. */
const BOOKS: Readonly<Record<string, string>> = {
  CUSTODY: '19009.00',
  'COLLECT:': '500.00',
  'PAID:': '10.00',
  'USER:ida': '8420.10',
  'USER:jan': '4680.00',
  'USER:gu': '3000.00',
  'USER:bo': '2012.90',
  'USER:co': '10.00',
  'USER:su': '200.00',
  'FN:000': '750.00',
  'FN:002': '130.00',
  'FN:004': '44.00',
  'FN:005': '52.00',
  'FN:007': '200.00',
};

/** What the bank's own credit (20.00) and fees (4.00) add to what the payment company settled: 16.00, in fen. */
const BY_THE_BANK = 1_600n;

interface DayTotals {
  readonly gross: string;
  readonly payouts: string;
  readonly net: string;
  readonly closedAt?: number;
}

async function expectRightBooks(house: House): Promise<void> {
  const printed = await house.cli('ledger', 'trial-balance', '--platform', PLATFORM_NO, '--json');
  const { lines } = JSON.parse(printed) as TrialBalance;
  const open = lines.filter(({ balance }) => balance !== '0.00');
  const start = (account: string): string => Object.keys(BOOKS).find((code) => account.startsWith(code)) ?? account;
  expect(open.map(({ account, balance }) => [start(account), balance]).sort()).toEqual(Object.entries(BOOKS).sort());
  expect(await house.cli('ledger', 'check')).toContain('The books are right');

  const days = (await (await fetch(`${house.paymentCompany.controlUrl}/totals`)).json()) as DayTotals[];
  const told = (which: 'gross' | 'payouts' | 'net', closed: boolean): bigint =>
    days.filter((day) => (day.closedAt !== undefined) === closed).reduce((sum, day) => sum + BigInt(day[which]), 0n);
  const fen = (code: string): bigint => BigInt((BOOKS[code] ?? '').replace('.', ''));
  expect({
    net: told('net', true) + BY_THE_BANK,
    gross: told('gross', false),
    payouts: told('payouts', false),
  }).toEqual({
    net: fen('CUSTODY'),
    gross: fen('COLLECT:'),
    payouts: fen('PAID:'),
  });
}

async function killLedger(house: House): Promise<void> {
  const { process: killed } = house.programs.get(LEDGER) ?? {};
  if (killed === undefined) throw new Error('there is no process of the ledger');
  const gone = new Promise((resolve) => killed.once('exit', resolve));
  killed.kill('SIGKILL');
  await gone;
  await house.startRooms([LEDGER]);
}

async function everyService(options: Pick<HouseOptions, 'servers' | 'processes'>): Promise<void> {
  await inHouse(options, (house) =>
    inWorld(house, async (world) => {
      await usersOpenAccounts(world);
      await moneyComesIn(world);
      await moneyGoesOut(world);
      await moneyIsHeld(world);
      await operatorsAct(world);
      await loans.bidsAreMade(world);
      await loans.loanIsReleased(world);
      await loans.shareIsSold(world);
      await loans.guarantorPays(world);
      await loans.borrowerRepays(world);
      await loanIsPaidOn(world);
      await platformPays(world);
      await projectMiscarries(world);
      await badInputIsRefused(world);
      await batchesAreDone(world, () => killLedger(house));
      expect(world.notifications.refused).toBe(0);
      await expectRightBooks(house);
    }),
  );
}

describeOnServers('every service that is open, on RabbitMQ, Redis and PostgreSQL', () => {
  test('does what it says, tells and records it, and the books are right to the fen', { timeout: 6 * MINUTES }, () =>
    everyService({
      servers: { databaseUrl: serverDatabaseUrl(), amqpUrl: amqpUrl(), redisUrl: redisUrl() },
      processes: [[LEDGER], ['adapters', 'gateway']],
    }),
  );
});
