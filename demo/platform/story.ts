/**
 * A loan's whole life, as its platform lives it, in chapters: money in, a project, bids, release, withdrawals, repayment, queries. Every step
 * sends signed messages, verifies what is answered and notified, and checks the figures a platform would check.
 */
import { authorise, project, recharge, register, release, repay, reserve, withdraw } from './messages.ts';
import type { Answer } from './protocol.ts';
import { type Customer, Teller, type TellerTools } from './teller.ts';

export interface StoryTools extends TellerTools {
  /** Waits until the payment company has closed its clearing day: the platform cannot make that happen. */
  readonly dayClosed: () => Promise<void>;
  /** Put before every requestNo, so that stories do not collide. */
  readonly prefix: string;
}

/** Who and what the story is about, and how its numbers are made. */
interface Cast {
  readonly investor: Customer;
  readonly borrower: Customer;
  readonly projectNo: string;
  readonly no: (name: string) => string;
}

export async function tellStory(tools: StoryTools): Promise<void> {
  const teller = new Teller(tools);
  const no = (name: string): string => `${tools.prefix}${name}`;
  const cast: Cast = {
    investor: { userNo: no('investor'), password: 'Investor-2026', role: 'INVESTOR' },
    borrower: { userNo: no('borrower'), password: 'Borrower-2026', role: 'BORROWERS' },
    projectNo: no('P1'),
    no,
  };
  await moneyComesIn(teller, cast);
  await projectIsFiled(teller, cast);
  await bidsAreMade(teller, cast);
  await loanIsReleased(teller, cast);
  await tools.dayClosed();
  await borrowerWithdraws(teller, cast);
  await borrowerRepays(teller, cast);
  await platformAsks(teller, cast);
}

async function moneyComesIn(teller: Teller, { investor, borrower, no }: Cast): Promise<void> {
  const paid = { rechargeStatus: 'SUCCESS' };
  const marketing = recharge(no('R002'), 'SYS_GENERATE_002', '100.00');
  await teller.page('marketing account 002 recharges 100.00', 'RECHARGE', marketing, undefined, paid);
  const lender = {
    realName: '张投资',
    idCardNo: '110101199003070011',
    bankcardNo: '6222020200000001234',
    mobile: '13800138001',
  };
  const debtor = {
    realName: '李借款',
    idCardNo: '110101198805060022',
    bankcardNo: '6217000010000005678',
    mobile: '13900139002',
  };
  await teller.page('investor registers', 'PERSONAL_REGISTER_EXPAND', register(no('REG1'), investor, lender), investor);
  await teller.page('borrower registers', 'PERSONAL_REGISTER_EXPAND', register(no('REG2'), borrower, debtor), borrower);
  const first = recharge(no('R1'), investor.userNo, '10000.00', '10.00');
  await teller.page('investor recharges 10,000.00, commission 10.00', 'RECHARGE', first, investor, paid);
  const bids = authorise(no('A1'), investor, 'TENDER');
  await teller.page('investor authorises bids', 'USER_AUTHORIZATION', bids, investor);
  const repayments = authorise(no('A2'), borrower, 'REPAYMENT');
  await teller.page('borrower authorises repayments', 'USER_AUTHORIZATION', repayments, borrower);
}

async function projectIsFiled(teller: Teller, { borrower, projectNo, no }: Cast): Promise<void> {
  const filed = project(no('P1'), borrower, projectNo);
  await teller.direct('project of 10,000.00 is filed', 'ESTABLISH_PROJECT', filed);
  await teller.again('the same message again changes nothing', 'ESTABLISH_PROJECT', filed);
  const other = { ...filed, projectAmount: '20000.00' };
  await teller.refused('the same number with other content', 'ESTABLISH_PROJECT', other, '100013');
}

async function bidsAreMade(teller: Teller, { investor, projectNo, no }: Cast): Promise<void> {
  const first = reserve(no('B1'), investor, projectNo, '5950.00', '50.00');
  await teller.page('bid of 6,000.00: 5,950.00 and a coupon of 50.00', 'USER_PRE_TRANSACTION', first, investor);
  const second = reserve(no('B2'), investor, projectNo, '4000.00');
  await teller.direct('bid of 4,000.00 on the authorisation', 'USER_AUTO_PRE_TRANSACTION', second);
  const third = reserve(no('B3'), investor, projectNo, '10.00');
  await teller.refused('a bid over what is left of the project', 'USER_AUTO_PRE_TRANSACTION', third, '100008');
  const cancel = { requestNo: no('C1'), preTransactionNo: no('B2'), amount: '1000.00' };
  await teller.direct('1,000.00 of the second bid is cancelled', 'CANCEL_PRE_TRANSACTION', cancel);
}

async function loanIsReleased(teller: Teller, { investor, borrower, projectNo, no }: Cast): Promise<void> {
  const first = release(
    {
      requestNo: no('T1'),
      freezeRequestNo: no('B1'),
      amount: '5950.00',
      commission: '60.00',
      coupon: '50.00',
      share: '6000.00',
    },
    projectNo,
    investor,
    borrower,
  );
  await teller.direct('loan release of 6,000.00, commission 60.00', 'SYNC_TRANSACTION', first);
  const second = release(
    { requestNo: no('T2'), freezeRequestNo: no('B2'), amount: '3000.00', commission: '30.00', share: '3000.00' },
    projectNo,
    investor,
    borrower,
  );
  await teller.direct('loan release of 3,000.00, commission 30.00', 'SYNC_TRANSACTION', second);
  await teller.again('the release sent twice moves nothing', 'SYNC_TRANSACTION', second);
  await teller.direct('project to REPAYING', 'MODIFY_PROJECT', { requestNo: no('M1'), projectNo, status: 'REPAYING' });
  const float = { balance: '8910.00', arriveBalance: '0.00', floatBalance: '8910.00' };
  await teller.balances('borrower before settlement', borrower.userNo, float);
}

async function borrowerWithdraws(teller: Teller, { borrower, no }: Cast): Promise<void> {
  const arrived = { arriveBalance: '8910.00', floatBalance: '0.00' };
  await teller.balances('the clearing day is settled: float has arrived', borrower.userNo, arrived);
  const paid = { withdrawStatus: 'SUCCESS' };
  const first = withdraw(no('W1'), borrower, '5000.00');
  await teller.page('borrower withdraws 5,000.00', 'WITHDRAW', first, borrower, paid);
  const second = withdraw(no('W2'), borrower, '1000.00');
  await teller.page('borrower withdraws 1,000.00', 'WITHDRAW', second, borrower, paid);
  const returned = { rollbackAmount: '1000.00', rollbackType: 'REMITFAIL' };
  const ofSecond = { withdrawRequestNo: no('W2') };
  await teller.told('… which the card’s bank returns', 'BACKROLL_RECHARGE', ofSecond, returned);
  const again = { balance: '3910.00', availableAmount: '3910.00' };
  await teller.balances('borrower has the returned money again', borrower.userNo, again);
}

async function borrowerRepays(teller: Teller, { investor, borrower, projectNo, no }: Cast): Promise<void> {
  const money = recharge(no('R2'), borrower.userNo, '6000.00');
  await teller.page('borrower recharges 6,000.00', 'RECHARGE', money, borrower, { rechargeStatus: 'SUCCESS' });
  const reservation = reserve(no('F1'), borrower, projectNo, '9150.00');
  await teller.direct('repayment of 9,150.00 is reserved', 'USER_AUTO_PRE_TRANSACTION', reservation);
  const parties = [borrower, investor] as const;
  const repayment = repay(no('T3'), no('F1'), projectNo, parties, ['9150.00', '150.00']);
  await teller.direct('repayment of 9,000.00 + 150.00', 'SYNC_TRANSACTION', repayment);
  await teller.again('the repayment sent twice moves nothing', 'SYNC_TRANSACTION', repayment);
  const other = repay(no('T3'), no('F1'), projectNo, parties, ['1.00', '0.00']);
  await teller.refused('its number with another amount', 'SYNC_TRANSACTION', other, '100013');
  await teller.direct('project to FINISH', 'MODIFY_PROJECT', { requestNo: no('M2'), projectNo, status: 'FINISH' });
}

/** QUERY_TRANSACTION answers a list, of one. */
const firstRecord = (answer: Answer): Readonly<Record<string, unknown>> =>
  (answer['records'] as readonly Record<string, unknown>[] | undefined)?.[0] ?? {};

async function platformAsks(teller: Teller, { investor, borrower, projectNo, no }: Cast): Promise<void> {
  const all = { balance: '10190.00', availableAmount: '10190.00', freezeAmount: '0.00' };
  await teller.balances('investor at the end', investor.userNo, all);
  await teller.balances('borrower at the end', borrower.userNo, { balance: '760.00', freezeAmount: '0.00' });
  await teller.balances('marketing 002 at the end', 'SYS_GENERATE_002', { balance: '50.00' });
  await teller.balances('income 004 at the end', 'SYS_GENERATE_004', { balance: '100.00' });
  await teller.query('project at the end', 'QUERY_PROJECT_INFORMATION', { projectNo }, (answer) => answer, {
    projectStatus: 'FINISH',
    tenderAmount: '9000.00',
    loanAmount: '9000.00',
    repaymentAmount: '9150.00',
    income: '150.00',
  });
  for (const [name, transactionType, status] of [
    ['R1', 'RECHARGE', 'SUCCESS'],
    ['W1', 'WITHDRAW', 'SUCCESS'],
    ['W2', 'WITHDRAW', 'FAIL'],
    ['B2', 'PRETRANSACTION', 'UNFREEZED'],
    ['T3', 'TRANSACTION', 'SUCCESS'],
  ] as const) {
    const question = { requestNo: no(name), transactionType };
    await teller.query(`what became of ${name}`, 'QUERY_TRANSACTION', question, firstRecord, { status });
  }
}
