/**
 * A lot in the books: which one takes what a channel paid or paid out, and how it settles (protocol 7a). A settlement that does not match the
 * books posts nothing; it is looked at again whenever something of its lot comes in late.
 */
import { type Fen, fen, least, ZERO } from '../../contract/money.ts';
import { CUSTODY, collect, FUNDS, INCOME, lotOf, paid, RECEIVABLE } from '../accounts.ts';
import type { Book } from '../book.ts';
import type { Posting, Reads, Work } from '../decision.ts';
import type { LotRow } from '../rows.ts';
import { decided, type Step, success, together } from './answers.ts';
import { receivableAccounts, repayments } from './receivable.ts';

const lateOf = (lot: string): string => `${lot}-LATE`;

/** What anything reads that touches a lot by its name: the lot may settle by it. */
export const lotReads = (lot: string): Reads => ({
  lots: [lot],
  accounts: [collect(lot), paid(lot), CUSTODY, ...receivableAccounts],
});

/** The same for a channel's clearing day, which may have arrived already. */
export function clearingDayReads(channel: string, clearingDay: string): Reads {
  const lot = lotOf(channel, clearingDay);
  const late = lateOf(lot);
  const reads = lotReads(lot);
  return {
    lots: [...(reads.lots ?? []), late],
    accounts: [...(reads.accounts ?? []), collect(late), paid(late)],
  };
}

/**
 * The lot that takes what a channel did on a clearing day. After the day's lot has arrived that is its late lot, which stays float: the
 * bank did not credit it with the others.
 */
export function openLot(book: Book, channel: string, clearingDay: string): LotRow {
  const lot = lotOf(channel, clearingDay);
  const row = book.lots.get(lot) ?? { lot, channel, clearingDay, state: 'OPEN' };
  if (row.state !== 'ARRIVED') return row;
  return book.lots.get(lateOf(lot)) ?? { lot: lateOf(lot), channel, clearingDay, state: 'OPEN' };
}

/** A step that touched a lot, with the lot's settlement when that has been told and now matches. */
export function settling(book: Book, instruction: { origin: string; number: string }, step: Step, row: LotRow): Step {
  if (row.net === undefined) return step;
  const sheet = book.sketch();
  sheet.apply(instruction, decided(step));
  if (!matches(sheet, row)) return step;
  const arrived = { lots: [{ ...row, state: 'ARRIVED' as const }] };
  sheet.apply(instruction, decided({ answer: success(), changes: arrived }));
  const postings = settlement(sheet, row);
  sheet.apply(instruction, decided({ answer: success(), postings }));
  // What waited for its arrival goes on.
  const refunds = (row.refunds ?? []).map(
    (refundNo): Work => ({
      origin: 'WORK',
      number: `${refundNo}:arrived`,
      act: { service: 'REFUND_DUE', refundNo },
    }),
  );
  return {
    ...step,
    work: [...(step.work ?? []), ...refunds],
    changes: together(step.changes ?? {}, arrived),
    postings: [...(step.postings ?? []), ...postings, ...repayments(sheet)],
  };
}

const balanceOf = (book: Book, code: string): Fen => book.accounts.get(code)?.balance ?? ZERO;

function matches(book: Book, { lot, gross = ZERO, payouts = ZERO, fee = ZERO, net = ZERO }: LotRow): boolean {
  const owedToUs = balanceOf(book, collect(lot));
  const owedByUs = balanceOf(book, paid(lot));
  return gross === owedToUs && payouts === owedByUs && net === owedToUs - owedByUs - fee;
}

/** The row "lot settled" of the books. When the channel takes more than it brings, the bank is debited and pays what collections do not. */
function settlement(book: Book, { lot, gross = ZERO, payouts = ZERO, fee = ZERO, net = ZERO }: LotRow): Posting[] {
  const payFee = feePayers(book);
  const owed = collect(lot);
  const due = paid(lot);
  const post = (debit: string, credit: string, amount: bigint): Posting => ({
    debit,
    credit,
    amount: fen(amount),
    take: 'arrived',
  });
  if (net >= 0n) return some([post(CUSTODY, owed, net), post(due, owed, payouts), ...payFee(owed, fee)]);
  const fromCollections = least(gross, fee);
  return some([
    ...payFee(owed, fromCollections),
    ...payFee(CUSTODY, fen(fee - fromCollections)),
    post(due, owed, gross - fromCollections),
    post(due, CUSTODY, payouts - gross + fromCollections),
  ]);
}

const some = (postings: readonly Posting[]): Posting[] => postings.filter(({ amount }) => amount > 0n);

/** A channel's fee is the platform's: from its income account, then its funds account; what they lack it owes. A user never pays it. */
function feePayers(book: Book): (credit: string, amount: Fen) => Posting[] {
  const purses = [INCOME, FUNDS].map((account) => ({ account, left: book.withdrawable(account) }));
  return (credit, amount) => {
    const postings: Posting[] = [];
    let open = amount;
    for (const purse of purses) {
      const part = least(open, purse.left);
      purse.left = fen(purse.left - part);
      open = fen(open - part);
      postings.push({ debit: purse.account, credit, amount: part, take: 'arrived' });
    }
    return [...postings, { debit: RECEIVABLE, credit, amount: open, take: 'arrived' }];
  };
}
