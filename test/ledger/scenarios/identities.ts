/** What is always true of the books (protocol 7a, identities 1 to 3), and that their parts agree with each other. */
import { expect } from 'vitest';
import { type Fen, sum } from '../../../contract/money.ts';
import { collect, isAsset, paid, takesFloat } from '../../../ledger/accounts.ts';
import { ARRIVED, foldPins, pinsOf } from '../../../ledger/pins.ts';
import { remainder } from '../../../ledger/rows.ts';
import type { Books } from './house.ts';

/** What is wrong with the books, in words; empty when all holds. */
export function wrongs(books: Books): readonly string[] {
  const wrong: string[] = [];
  const must = (held: boolean, what: string): void => {
    if (!held) wrong.push(what);
  };
  const total = (amounts: Iterable<Fen>): bigint => sum(amounts);
  const arrived = new Set(books.lots.filter(({ state }) => state === 'ARRIVED').map(({ lot }) => lot));
  const floats = (row: { floats: Readonly<Record<string, Fen>> }): [string, Fen][] =>
    Object.entries(row.floats).filter(([lot]) => !arrived.has(lot));

  for (const { number, entries } of books.journals) {
    const side = (which: 'D' | 'C') => total(entries.filter((entry) => entry.side === which).map((e) => e.amount));
    must(side('D') === side('C'), `journal ${number} does not balance`);
  }
  const assets = total(books.accounts.filter(({ code }) => isAsset(code)).map(({ balance }) => balance));
  const claims = total(books.accounts.filter(({ code }) => !isAsset(code)).map(({ balance }) => balance));
  must(assets === claims, `assets ${assets} are not liabilities ${claims}`);

  const balanceOf = (code: string): bigint => books.accounts.find((row) => row.code === code)?.balance ?? 0n;
  for (const { lot } of books.lots) {
    const inTransit = total(books.accounts.flatMap((row) => floats(row).flatMap(([of, x]) => (of === lot ? [x] : []))));
    const owed = balanceOf(collect(lot));
    if (arrived.has(lot)) must(owed === 0n && balanceOf(paid(lot)) === 0n, `lot ${lot} arrived and is not even`);
    else must(inTransit === owed, `lot ${lot}: float ${inTransit} is not what its channel owes, ${owed}`);
  }
  for (const row of books.accounts) {
    const entries = books.journals.flatMap((journal) => journal.entries.filter(({ account }) => account === row.code));
    let balance = 0n;
    for (const { side, amount } of entries) balance += (side === 'D') === isAsset(row.code) ? amount : -amount;
    must(balance === row.balance, `${row.code}: entries sum to ${balance}, balance is ${row.balance}`);
    must(row.version === BigInt(entries.length), `${row.code}: version ${row.version} of ${entries.length} entries`);
    must(row.balance >= 0n, `${row.code} is below its floor: ${row.balance}`);
    const held = total(books.holds.filter(({ account }) => account === row.code).map(remainder));
    must(held === row.held, `${row.code}: holds reserve ${held}, held is ${row.held}`);
    const pinned = new Map<string, bigint>();
    for (const hold of books.holds.filter(({ account }) => account === row.code)) {
      for (const [lot, amount] of Object.entries(pinsOf(hold))) {
        const key = arrived.has(lot) ? ARRIVED : lot;
        pinned.set(key, (pinned.get(key) ?? 0n) + amount);
      }
    }
    const said = foldPins(row.pins ?? {}, (lot) => arrived.has(lot));
    for (const lot of new Set([...pinned.keys(), ...Object.keys(said)]))
      must(
        pinned.get(lot) === said[lot],
        `${row.code}: holds pin ${pinned.get(lot)} of ${lot}, account says ${said[lot]}`,
      );
    for (const [lot, amount] of pinned) {
      const there = lot === ARRIVED ? row.balance - total(floats(row).map(([, x]) => x)) : (row.floats[lot] ?? 0n);
      must(amount <= there, `${row.code}: ${amount} of ${lot} is pinned, and ${there} there`);
    }
    if (!isAsset(row.code)) must(row.held <= row.balance, `${row.code}: more is held than there is`);
    const inTransit = total(floats(row).map(([, amount]) => amount));
    must(inTransit <= row.balance, `${row.code}: more float than balance`);
    if (!takesFloat(row.code)) must(inTransit === 0n, `${row.code} has float`);
  }
  for (const project of books.projects) {
    const { projectNo } = project;
    const bids = books.holds.filter((hold) => hold.projectNo === projectNo && hold.bizType === 'TENDER');
    const confirmed = total(bids.map(({ captured, marketingCaptured }) => (captured + marketingCaptured) as Fen));
    must(confirmed === project.loanAmount, `${projectNo}: bids confirmed ${confirmed}, loan ${project.loanAmount}`);
    must(project.tenderAmount >= project.loanAmount, `${projectNo}: more lent than bid`);
    must(project.tenderAmount <= project.amount, `${projectNo}: more bid than asked`);
    const shares = total(books.shares.filter((share) => share.projectNo === projectNo).map(({ amount }) => amount));
    const outstanding = project.loanAmount - project.repaymentAmount + project.income;
    must(shares === outstanding, `${projectNo}: shares ${shares}, principal outstanding ${outstanding}`);
  }
  wrong.push(...wrongSales(books));
  return wrong;
}

/** What of shares is on sale and reserved, against the sales and the holds that it comes from. */
function wrongSales(books: Books): readonly string[] {
  const wrong: string[] = [];
  const holds = new Map(books.holds.map((hold) => [hold.requestNo, hold]));
  for (const sale of books.sales) {
    const buying = books.purchases.filter(({ saleNo }) => saleNo === sale.requestNo);
    const reserved = buying.filter(({ requestNo }) => {
      const hold = holds.get(requestNo);
      return hold !== undefined && remainder(hold) > 0n;
    });
    const preSaling = sum(reserved.map(({ share, confirmed }) => (share - confirmed) as Fen));
    const confirmed = sum(buying.map((purchase) => purchase.confirmed));
    const { requestNo, saleShare, preSalingShare, confirmedShare } = sale;
    if (preSaling !== preSalingShare) wrong.push(`sale ${requestNo}: reserved ${preSaling}, said ${preSalingShare}`);
    if (confirmed !== confirmedShare) wrong.push(`sale ${requestNo}: confirmed ${confirmed}, said ${confirmedShare}`);
    if (preSaling + confirmed > saleShare) wrong.push(`sale ${requestNo} is oversold`);
  }
  for (const { projectNo, platformUserNo, onSale } of books.claims) {
    const his = books.sales.filter(
      (sale) => sale.projectNo === projectNo && sale.platformUserNo === platformUserNo && sale.status === 'ONSALE',
    );
    const offered = sum(his.map(({ saleShare, confirmedShare }) => (saleShare - confirmedShare) as Fen));
    if (offered !== onSale) wrong.push(`${platformUserNo} has ${offered} of ${projectNo} on sale, said ${onSale}`);
  }
  for (const { projectNo } of books.projects.filter(({ status }) => status === 'MISCARRY')) {
    const standing = books.holds.filter((hold) => hold.projectNo === projectNo && remainder(hold) > 0n);
    if (standing.length > 0) wrong.push(`${projectNo} was called off and still reserves ${standing.length} holds`);
  }
  return wrong;
}

export const expectSound = (books: Books, after: string): void => expect(wrongs(books), after).toEqual([]);
