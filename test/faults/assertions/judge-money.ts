/** Every account against the second set of books, and the lots against the payment company's clearing days. */
import type { AccountRow, Books } from './books.ts';
import type { Company } from './company.ts';
import type { Finding } from './finding.ts';
import { modelOf } from './model.ts';
import type { Story } from './story.ts';

/** So many numbers of an account are named. */
const MOST_NAMED = 12;

export function judgeMoney(story: Story, books: Books, company: Company): readonly Finding[] {
  const { platformNo } = story;
  const findings: Finding[] = [];
  const found = (words: string): void => void findings.push({ kind: 'wrong', platformNo, words });
  const accounts = new Map<string, AccountRow>(books.accounts.map((row) => [row.code, row]));
  const balanceOf = (code: string): bigint => accounts.get(code)?.balance ?? 0n;
  const model = modelOf(story, books, company);
  const users = books.accounts.filter(({ code }) => code.startsWith('USER:') || code.startsWith('FN:'));
  for (const code of new Set([...users.map((row) => row.code), ...model.keys()])) {
    const must = model.get(code) ?? { balance: 0n, held: 0n, numbers: [] };
    // What the platform owes the books was paid for its income account, which repays it first of all.
    const balance = balanceOf(code) - (code === 'FN:004' ? balanceOf('RECEIVABLE') : 0n);
    const held = accounts.get(code)?.held ?? 0n;
    const named = must.numbers.slice(-MOST_NAMED).join(', ');
    if (balance !== must.balance)
      found(`${code} has ${balance} fen and must have ${must.balance}: last moved by ${named}`);
    if (held !== must.held) found(`${code} holds ${held} fen and must hold ${must.held}: last moved by ${named}`);
    if (held > (accounts.get(code)?.balance ?? 0n)) found(`${code} holds more than it has`);
  }
  return [...findings, ...judgeLots(platformNo, books, company)];
}

/** Closed days have arrived with the company's figures; what the open day comes to is in its lot. */
function judgeLots(platformNo: string, books: Books, company: Company): readonly Finding[] {
  const findings: Finding[] = [];
  const found = (words: string): void => void findings.push({ kind: 'wrong', platformNo, words });
  const sumOf = (start: string, day?: string): bigint =>
    books.accounts
      .filter(({ code }) => code.startsWith(start) && (day === undefined || code.includes(day)))
      .reduce((sum, { balance }) => sum + balance, 0n);
  const days = company.days.filter(({ subMerchantNo }) => subMerchantNo === platformNo);
  let custody = 0n;
  for (const day of days) {
    const lots = books.lots.filter(({ clearingDay }) => clearingDay === day.clearingDay);
    const [lot] = lots;
    const told = `gross ${day.gross}, payouts ${day.payouts}, net ${day.net}`;
    if (day.closedAt === undefined) {
      const [gross, payouts] = [sumOf('COLLECT:', day.clearingDay), sumOf('PAID:', day.clearingDay)];
      if (gross !== BigInt(day.gross) || payouts !== BigInt(day.payouts))
        found(`open day ${day.clearingDay}: the company says ${told}, the books COLLECT ${gross}, PAID ${payouts}`);
      continue;
    }
    custody += BigInt(day.net);
    const same = lot?.gross === BigInt(day.gross) && lot.payouts === BigInt(day.payouts) && lot.net === BigInt(day.net);
    if (lots.length !== 1 || lot?.state !== 'ARRIVED' || !same)
      found(
        `closed day ${day.clearingDay}: the company says ${told}, the books ${lots
          .map((row) => `${row.lot} ${row.state} gross ${row.gross}, payouts ${row.payouts}, net ${row.net}`)
          .join('; ')}`,
      );
  }
  if (sumOf('CUSTODY') !== custody) found(`CUSTODY has ${sumOf('CUSTODY')} fen, and closed days brought ${custody}`);
  for (const code of ['REMIT', 'SUSPENSE']) {
    if (sumOf(code) !== 0n) found(`${code} must be empty after healing and has ${sumOf(code)} fen`);
  }
  return findings;
}
