/**
 * The life of loans: bids that are reserved, partly or wholly cancelled, released to the borrower, and repaid once their project is repaying.
 * Every precondition is the chain's own, so every one of these instructions must succeed.
 */
import { project, release, repay } from '../../../../demo/platform/messages.ts';
import type { Chance } from '../chance.ts';
import type { Content } from '../client.ts';
import { yuanOf } from '../content.ts';
import type { User } from '../people.ts';
import type { Project, Station } from '../station.ts';

/** After so many bids a project goes on to repaying, and another one is filed. */
const BIDS_OF_A_PROJECT = 40;
/** All its bids fit in, each at most 10.00; and so many such projects fit into what a borrower may owe (protocol 10). */
const PROJECT_AMOUNT = '400.00';
/** Bids in fen. */
export const bidAmount = (chance: Chance): number => chance.between(200, 999);

/** Files a project that takes bids. */
export async function fileProject(station: Station, borrower: User, chance: Chance): Promise<Project | undefined> {
  const projectNo = station.no('P');
  const content = { ...project(station.no('E'), borrower, projectNo), projectAmount: PROJECT_AMOUNT };
  if (!(await station.succeeds('ESTABLISH_PROJECT', content, chance))) return undefined;
  const filed: Project = { projectNo, borrower, status: 'COLLECTING', using: 0, bids: 0 };
  station.projects.push(filed);
  return filed;
}

export const bidOf = (requestNo: string, investor: User, projectNo: string, amount: number | string): Content => ({
  requestNo,
  platformUserNo: investor.userNo,
  bizType: 'TENDER',
  amount: typeof amount === 'string' ? amount : yuanOf(amount),
  projectNo,
});

/** Does something on a project that takes bids, which stays so meanwhile. */
export async function onProject(station: Station, chance: Chance, work: (project: Project) => Promise<void>) {
  const open = station.projects.filter(({ status, bids }) => status === 'COLLECTING' && bids < BIDS_OF_A_PROJECT);
  const target =
    open.length > 0 ? chance.pick(open) : await fileProject(station, chance.pick(station.borrowers), chance);
  if (target === undefined) return;
  target.bids += 1;
  target.using += 1;
  try {
    await work(target);
  } finally {
    target.using -= 1;
  }
  if (target.bids >= BIDS_OF_A_PROJECT && target.using === 0 && target.status === 'COLLECTING') {
    const content = { requestNo: station.no('M'), projectNo: target.projectNo, status: 'REPAYING' };
    target.status = (await station.succeeds('MODIFY_PROJECT', content, chance)) ? 'REPAYING' : 'COLLECTING';
  }
}

/** A bid on the investor's authorisation, and what becomes of it. */
export const bid = (station: Station, chance: Chance): Promise<void> =>
  onProject(station, chance, async (target) => {
    const investor = chance.pick(station.investors);
    const requestNo = station.no('B');
    const amount = bidAmount(chance);
    const content = bidOf(requestNo, investor, target.projectNo, amount);
    if (!(await station.succeeds('USER_AUTO_PRE_TRANSACTION', content, chance))) return;
    await goOn(station, { target, investor, requestNo, amount }, chance);
  });

export interface Bid {
  readonly target: Project;
  readonly investor: User;
  readonly requestNo: string;
  readonly amount: number;
}

/** A reserved bid: left, cancelled, partly cancelled and released, or released. */
export async function goOn(station: Station, bidden: Bid, chance: Chance): Promise<void> {
  const { target, investor, requestNo, amount } = bidden;
  const fate = chance.weighted([
    [1, 'left'],
    [2, 'cancelled'],
    [3, 'partly'],
    [6, 'released'],
  ] as const);
  if (fate === 'left') return;
  await station.pace.step();
  let left = amount;
  if (fate !== 'released') {
    const part = fate === 'cancelled' ? amount : chance.between(1, amount - 100);
    const cancel = { requestNo: station.no('C'), preTransactionNo: requestNo, amount: yuanOf(part) };
    if (!(await station.succeeds('CANCEL_PRE_TRANSACTION', cancel, chance))) return;
    left -= part;
  }
  if (left === 0) return;
  await station.pace.step();
  const message = release(
    {
      requestNo: station.no('T'),
      freezeRequestNo: requestNo,
      amount: yuanOf(left),
      commission: yuanOf(Math.max(1, Math.floor(left / 100))),
      share: yuanOf(left),
    },
    target.projectNo,
    investor,
    target.borrower,
  ) as Content;
  if (await station.succeeds('SYNC_TRANSACTION', message, chance))
    station.loans.push({ project: target, investor, principal: left });
}

/** A borrower reserves and repays a part of what he owes; the rest of the loan stays for another time. */
export async function repayLoan(station: Station, chance: Chance): Promise<void> {
  const due = station.loans.findIndex(({ project: { status } }) => status === 'REPAYING');
  const [loan] = due < 0 ? [] : station.loans.splice(due, 1);
  if (loan === undefined) return bid(station, chance);
  const { project: target, investor } = loan;
  const principal = chance.percent(50) ? loan.principal : Math.ceil(loan.principal / 2);
  const income = chance.below(50);
  const amount = yuanOf(principal + income);
  const reservation = station.no('F');
  const content: Content = {
    requestNo: reservation,
    platformUserNo: target.borrower.userNo,
    bizType: 'REPAYMENT',
    amount,
    projectNo: target.projectNo,
  };
  if (!(await station.succeeds('USER_AUTO_PRE_TRANSACTION', content, chance))) return;
  await station.pace.step();
  const parties = [target.borrower, investor] as const;
  const message = repay(station.no('R'), reservation, target.projectNo, parties, [amount, yuanOf(income)]) as Content;
  const repaid = await station.succeeds('SYNC_TRANSACTION', message, chance);
  if (repaid && principal < loan.principal) station.loans.push({ ...loan, principal: loan.principal - principal });
}
