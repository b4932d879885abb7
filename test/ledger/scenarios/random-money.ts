/** What random programs do with money besides recharging and withdrawing it: each way writes lines that mostly go through. */
import { type Fen, fen } from '../../../contract/money.ts';
import { remainder } from '../../../ledger/rows.ts';
import type { Books } from './house.ts';
import { shown, written } from './words.ts';

/** The author's dice. */
export interface Dice {
  chance(part: number): boolean;
  of<T>(list: readonly T[]): T | undefined;
  /** Up to so many yuan, as text. */
  amount(most: number): string;
  /** A part of it, mostly. */
  part(most: Fen): Fen;
  /** A fresh number. */
  number(kind: string): string;
  /** A clearing day of late. */
  day(): string;
  /** A page was opened. */
  page(number: string): void;
}

type Way = (books: Books, dice: Dice) => string | undefined;

const users = ['I', 'J', 'B', 'D'];
const purses = ['000', '002', '004', '005'];

const confirming: Way = ({ withdrawals }, dice) => {
  const row = dice.of(withdrawals.filter(({ status }) => status === 'CONFIRMING' || dice.chance(0.05)));
  if (row === undefined) return undefined;
  return `${dice.number('C')}: ${dice.chance(0.6) ? 'confirms' : 'drops'} ${row.requestNo}`;
};

const intercepting: Way = ({ withdrawals }, dice) => {
  const row = dice.of(withdrawals.filter(({ status }) => status === 'ACCEPT' || dice.chance(0.05)));
  return row === undefined ? undefined : `${dice.number('X')}: intercepts ${row.requestNo}`;
};

const line: Way = (_, dice) =>
  `${dice.number('A')}: line ${dice.chance(0.75) ? 'INCREASE' : 'REDUCE'} ${dice.amount(30)}`;

const freezing: Way = ({ holds }, dice) => {
  const hold = dice.of(holds.filter((row) => row.kind === 'GENERAL' && remainder(row) > 0n));
  if (hold !== undefined && dice.chance(0.6))
    return `${dice.number('U')}: unfreezes ${written(dice.part(remainder(hold)))} of ${hold.requestNo}`;
  return `${dice.number('F')}: ${dice.of([...users, ...purses])} freezes ${dice.amount(30)}`;
};

const paying: Way = (_, dice) => {
  const number = dice.number('V');
  dice.page(number);
  return `${number}: ${dice.of(users)} pays ${dice.amount(10)} to ${dice.of(purses)}`;
};

const withdrawing: Way = (_, dice) => {
  const number = dice.number('W');
  dice.page(number);
  const type = dice.of(['', ' type URGENT', ' type NORMAL_URGENT']) ?? '';
  return `${number}: ${dice.of(users)} withdraws ${dice.amount(40)} form CONFIRMED${type}`;
};

const paidWrongly: Way = ({ recharges }, dice) => {
  const row = dice.of(recharges.filter(({ status }) => status === 'PENDDING'));
  return row === undefined ? undefined : `${row.requestNo} paid ${dice.day()} wrongly`;
};

const refunding: Way = ({ recharges, refunds }, dice) => {
  const out = dice.of(refunds.filter(({ status }) => status === 'REFUNDING'));
  if (out !== undefined && dice.chance(0.7)) {
    const day = dice.chance(0.5) ? shown(out.lot).replace(/-LATE$/, '') : dice.day();
    return `${out.refundNo} ${dice.chance(0.8) ? `paid ${day}` : 'declined'}`;
  }
  const row = dice.of(recharges.filter(({ lot }) => lot !== undefined));
  if (row === undefined) return undefined;
  const left = fen(row.amount - (row.refunded ?? 0n));
  const amount = dice.chance(0.6) && left > 0n ? ` amount ${written(dice.part(left))}` : '';
  return `${dice.number('RF')}: refund ${row.requestNo}${amount}`;
};

const suspending: Way = ({ suspenses }, dice) => {
  const row = dice.of(suspenses.filter(({ status }) => status === 'OPEN' || status === 'RETURNING'));
  if (row === undefined || dice.chance(0.2))
    return `${dice.number('O')}: credit ${dice.number('K')} ${dice.amount(20)}`;
  if (row.status === 'RETURNING')
    return `${dice.number('O')}: return ${row.number} ${dice.chance(0.6) ? 'PAID' : 'REJECTED'}`;
  if (row.source === 'RECHARGE') return `${dice.number('O')}: claim ${row.number}`;
  return dice.chance(0.5)
    ? `${dice.number('O')}: claim ${row.number} for ${dice.of([...users, ...purses])}`
    : `${dice.number('O')}: returns ${row.number}`;
};

const charging: Way = ({ fees }, dice) => {
  const row = dice.of(fees.filter(({ status }) => status !== 'PAID'));
  if (row !== undefined && dice.chance(0.6))
    return `${dice.number('O')}: ${row.status === 'OPEN' ? 'collects' : 'debited'} ${row.invoiceNo}`;
  const invoice = `${dice.number('O')}: invoice ${dice.number('N')}`;
  if (dice.chance(0.4)) return `${invoice} CUSTODY ${dice.amount(3)}`;
  return `${invoice} PAYOUT ${dice.amount(2)}${dice.chance(0.6) ? ` of ${dice.day()}` : ''}`;
};

const waiting: Way = (_, dice) =>
  dice.chance(0.3)
    ? `${dice.number('O')}: delay ${dice.of(['0', '10', '60'])}`
    : `time +${dice.of(['1', '7', '20'])}m\ndue`;

export const moneyWays: readonly Way[] = [
  confirming,
  confirming,
  intercepting,
  line,
  freezing,
  paying,
  withdrawing,
  paidWrongly,
  refunding,
  refunding,
  suspending,
  charging,
  waiting,
];
