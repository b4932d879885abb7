/**
 * A loan's whole life, as its platform lives it: money in, a project, bids, release, withdrawals, repayment, queries. Every step sends
 * signed messages, verifies what is answered and notified, and checks the figures a platform would check.
 */
import type { Browser } from './browser.ts';
import type { NotificationServer } from './notifications.ts';
import type { PlatformClient } from './protocol.ts';
import { type Customer, money, type Step, Teller } from './teller.ts';

export interface StoryTools {
  readonly client: PlatformClient;
  readonly notifications: NotificationServer;
  readonly browser: () => Browser;
  /** Told after each step. */
  readonly told: (step: Step) => void;
  /** Waits until the payment company has closed its clearing day: the platform cannot make that happen. */
  readonly dayClosed: () => Promise<void>;
  /** Put before every requestNo, so that stories do not collide. */
  readonly prefix: string;
}

const PAY_COMPANY = 'PAYSIM';

export async function tellStory(tools: StoryTools): Promise<void> {
  const teller = new Teller(tools);
  const { prefix } = tools;
  const investor: Customer = { userNo: `${prefix}investor`, password: 'Investor-2026', role: 'INVESTOR' };
  const borrower: Customer = { userNo: `${prefix}borrower`, password: 'Borrower-2026', role: 'BORROWERS' };
  const projectNo = `${prefix}P1`;
  const no = (name: string): string => `${prefix}${name}`;
  const recharge = (requestNo: string, userNo: string, amount: string, commission?: string): object => ({
    requestNo,
    platformUserNo: userNo,
    amount,
    ...(commission === undefined ? {} : { commission }),
    expectPayCompany: PAY_COMPANY,
    rechargeWay: 'WEB',
    bankcode: 'ICBK',
    payType: 'B2C',
  });

  await teller.page(
    'marketing account 002 recharges 100.00',
    'RECHARGE',
    recharge(no('R002'), 'SYS_GENERATE_002', '100.00'),
    undefined,
    {
      rechargeStatus: 'SUCCESS',
    },
  );
  await teller.page(
    'investor registers',
    'PERSONAL_REGISTER_EXPAND',
    register(no('REG1'), investor, '张投资', '110101199003070011', '6222020200000001234', '13800138001'),
    investor,
  );
  await teller.page(
    'borrower registers',
    'PERSONAL_REGISTER_EXPAND',
    register(no('REG2'), borrower, '李借款', '110101198805060022', '6217000010000005678', '13900139002'),
    borrower,
  );
  await teller.page(
    'investor recharges 10,000.00, commission 10.00',
    'RECHARGE',
    recharge(no('R1'), investor.userNo, '10000.00', '10.00'),
    investor,
    {
      rechargeStatus: 'SUCCESS',
    },
  );
  await teller.page(
    'investor authorises bids',
    'USER_AUTHORIZATION',
    {
      requestNo: no('A1'),
      platformUserNo: investor.userNo,
      authList: 'TENDER',
      amount: '50000.00',
      failTime: '20991231',
    },
    investor,
  );
  await teller.page(
    'borrower authorises repayments',
    'USER_AUTHORIZATION',
    {
      requestNo: no('A2'),
      platformUserNo: borrower.userNo,
      authList: 'REPAYMENT',
      amount: '50000.00',
      failTime: '20991231',
    },
    borrower,
  );

  const project = {
    requestNo: no('P1'),
    platformUserNo: borrower.userNo,
    projectNo,
    projectAmount: 10000.0,
    projectName: '装修贷款一号',
    projectDescription: '装修',
    projectType: 'STANDARDPOWDER',
    projectPeriod: 30,
    annnualInterestRate: '0.2',
    repaymentWay: 'ONE_TIME_SERVICING',
    productType: 'COMMONPRODUCT',
  };
  await teller.direct('project of 10,000.00 is filed', 'ESTABLISH_PROJECT', project);
  await teller.again('the same message again changes nothing', 'ESTABLISH_PROJECT', project);
  await teller.refused(
    'the same number with other content',
    'ESTABLISH_PROJECT',
    { ...project, projectAmount: 20000 },
    '100013',
  );

  const bid = (requestNo: string, amount: string, coupon?: string): object => ({
    requestNo,
    platformUserNo: investor.userNo,
    bizType: 'TENDER',
    amount,
    ...(coupon === undefined ? {} : { preMarketingAmount: coupon }),
    projectNo,
  });
  await teller.page(
    'bid of 6,000.00: 5,950.00 and a coupon of 50.00',
    'USER_PRE_TRANSACTION',
    bid(no('B1'), '5950.00', '50.00'),
    investor,
  );
  await teller.direct('bid of 4,000.00 on the authorisation', 'USER_AUTO_PRE_TRANSACTION', bid(no('B2'), '4000.00'));
  await teller.refused(
    'a bid over what is left of the project',
    'USER_AUTO_PRE_TRANSACTION',
    bid(no('B3'), '10.00'),
    '100008',
  );
  await teller.direct('1,000.00 of the second bid is cancelled', 'CANCEL_PRE_TRANSACTION', {
    requestNo: no('C1'),
    preTransactionNo: no('B2'),
    amount: '1000.00',
  });

  const release = (
    requestNo: string,
    freezeRequestNo: string,
    amount: string,
    commission: string,
    coupon?: string,
  ): object => ({
    requestNo,
    tradeType: 'TENDER',
    projectNo,
    details: [
      {
        bizType: 'TENDER',
        freezeRequestNo,
        sourcePlatformUserNo: investor.userNo,
        targetPlatformUserNo: borrower.userNo,
        amount,
        share: coupon ? '6000.00' : amount,
      },
      ...(coupon === undefined
        ? []
        : [
            {
              bizType: 'MARKETING',
              sourcePlatformUserNo: 'SYS_GENERATE_002',
              targetPlatformUserNo: borrower.userNo,
              amount: coupon,
            },
          ]),
      { bizType: 'COMMISSION', freezeRequestNo, sourcePlatformUserNo: borrower.userNo, amount: commission },
    ],
  });
  await teller.direct(
    'loan release of 6,000.00, commission 60.00',
    'SYNC_TRANSACTION',
    release(no('T1'), no('B1'), '5950.00', '60.00', '50.00'),
  );
  const second = release(no('T2'), no('B2'), '3000.00', '30.00');
  await teller.direct('loan release of 3,000.00, commission 30.00', 'SYNC_TRANSACTION', second);
  await teller.again('the release sent twice moves nothing', 'SYNC_TRANSACTION', second);
  await teller.direct('project to REPAYING', 'MODIFY_PROJECT', { requestNo: no('M1'), projectNo, status: 'REPAYING' });
  await teller.balances('borrower before settlement', borrower.userNo, {
    balance: '8910.00',
    arriveBalance: '0.00',
    floatBalance: '8910.00',
  });

  await tools.dayClosed();
  await teller.balances('the clearing day is settled: float has arrived', borrower.userNo, {
    arriveBalance: '8910.00',
    floatBalance: '0.00',
  });

  const withdraw = (requestNo: string, amount: string): object => ({
    requestNo,
    platformUserNo: borrower.userNo,
    amount,
    withdrawType: 'NORMAL',
  });
  await teller.page('borrower withdraws 5,000.00', 'WITHDRAW', withdraw(no('W1'), '5000.00'), borrower, {
    withdrawStatus: 'SUCCESS',
  });
  await teller.page('borrower withdraws 1,000.00', 'WITHDRAW', withdraw(no('W2'), '1000.00'), borrower, {
    withdrawStatus: 'SUCCESS',
  });
  await teller.told(
    '… which the card’s bank returns',
    'BACKROLL_RECHARGE',
    (respData) => respData['withdrawRequestNo'] === no('W2'),
    {
      rollbackAmount: '1000.00',
      rollbackType: 'REMITFAIL',
    },
  );
  await teller.balances('borrower has the returned money again', borrower.userNo, {
    balance: '3910.00',
    availableAmount: '3910.00',
  });
  await teller.page(
    'borrower recharges 6,000.00',
    'RECHARGE',
    recharge(no('R2'), borrower.userNo, '6000.00'),
    borrower,
    { rechargeStatus: 'SUCCESS' },
  );
  await teller.direct('repayment of 9,150.00 is reserved', 'USER_AUTO_PRE_TRANSACTION', {
    requestNo: no('F1'),
    platformUserNo: borrower.userNo,
    bizType: 'REPAYMENT',
    amount: '9150.00',
    projectNo,
  });
  const repayment = {
    requestNo: no('T3'),
    tradeType: 'REPAYMENT',
    projectNo,
    details: [
      {
        bizType: 'REPAYMENT',
        freezeRequestNo: no('F1'),
        sourcePlatformUserNo: borrower.userNo,
        targetPlatformUserNo: investor.userNo,
        amount: '9150.00',
        income: '150.00',
      },
    ],
  };
  await teller.direct('repayment of 9,000.00 + 150.00', 'SYNC_TRANSACTION', repayment);
  await teller.again('the repayment sent twice moves nothing', 'SYNC_TRANSACTION', repayment);
  await teller.refused(
    'its number with another amount',
    'SYNC_TRANSACTION',
    { ...repayment, details: [{ ...repayment.details[0], amount: '1.00', income: '0.00' }] },
    '100013',
  );
  await teller.direct('project to FINISH', 'MODIFY_PROJECT', { requestNo: no('M2'), projectNo, status: 'FINISH' });

  await teller.balances('investor at the end', investor.userNo, {
    balance: '10190.00',
    availableAmount: '10190.00',
    freezeAmount: '0.00',
  });
  await teller.balances('borrower at the end', borrower.userNo, { balance: '760.00', freezeAmount: '0.00' });
  await teller.balances('marketing 002 at the end', 'SYS_GENERATE_002', { balance: '50.00' });
  await teller.balances('income 004 at the end', 'SYS_GENERATE_004', { balance: '100.00' });
  await teller.query('project at the end', 'QUERY_PROJECT_INFORMATION', { projectNo }, (answer) => ({
    projectStatus: answer['projectStatus'] === 'FINISH',
    tenderAmount: money(answer['tenderAmount']) === '9000.00',
    loanAmount: money(answer['loanAmount']) === '9000.00',
    repaymentAmount: money(answer['repaymentAmount']) === '9000.00' || money(answer['repaymentAmount']) === '9150.00',
    income: money(answer['income']) === '150.00',
  }));
  for (const [name, transactionType, status] of [
    ['R1', 'RECHARGE', 'SUCCESS'],
    ['W1', 'WITHDRAW', 'SUCCESS'],
    ['W2', 'WITHDRAW', 'FAIL'],
    ['B2', 'PRETRANSACTION', 'UNFREEZED'],
    ['T3', 'TRANSACTION', 'SUCCESS'],
  ] as const) {
    await teller.query(
      `${transactionType} ${name} is ${status}`,
      'QUERY_TRANSACTION',
      { requestNo: no(name), transactionType },
      (answer) => {
        const records = answer['records'] as readonly { status?: unknown }[] | undefined;
        return { status: records?.[0]?.status === status };
      },
    );
  }
}

function register(
  requestNo: string,
  customer: Customer,
  realName: string,
  idCardNo: string,
  bankcardNo: string,
  mobile: string,
): object {
  return {
    requestNo,
    platformUserNo: customer.userNo,
    realName,
    idCardNo,
    idCardType: 'PRC_ID',
    bankcardNo,
    mobile,
    userRole: customer.role,
    checkType: 'LIMIT',
    userLimitType: 'ID_CARD_NO_UNIQUE',
  };
}
