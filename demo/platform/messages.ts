/** The reqData of the story's messages, as a lending platform fills them in; the timestamp is added when a message is signed. */
import type { Customer } from './teller.ts';

export const PAY_COMPANY = 'PAYSIM';

export interface Person {
  readonly realName: string;
  readonly idCardNo: string;
  readonly bankcardNo: string;
  readonly mobile: string;
}

export const register = (requestNo: string, customer: Customer, person: Person): object => ({
  requestNo,
  platformUserNo: customer.userNo,
  ...person,
  idCardType: 'PRC_ID',
  userRole: customer.role,
  checkType: 'LIMIT',
  userLimitType: 'ID_CARD_NO_UNIQUE',
});

export const authorise = (requestNo: string, customer: Customer, authList: string): object => ({
  requestNo,
  platformUserNo: customer.userNo,
  authList,
  amount: '50000.00',
  failTime: '20991231',
});

export const recharge = (requestNo: string, platformUserNo: string, amount: string, commission?: string): object => ({
  requestNo,
  platformUserNo,
  amount,
  ...(commission === undefined ? {} : { commission }),
  expectPayCompany: PAY_COMPANY,
  rechargeWay: 'WEB',
  bankcode: 'ICBK',
  payType: 'B2C',
});

export const withdraw = (requestNo: string, customer: Customer, amount: string): object => ({
  requestNo,
  platformUserNo: customer.userNo,
  amount,
  withdrawType: 'NORMAL',
});

export const project = (requestNo: string, borrower: Customer, projectNo: string) => ({
  requestNo,
  platformUserNo: borrower.userNo,
  projectNo,
  projectAmount: '10000.00',
  projectName: '装修贷款一号',
  projectDescription: '装修',
  projectType: 'STANDARDPOWDER',
  projectPeriod: 30,
  annnualInterestRate: '0.2',
  repaymentWay: 'ONE_TIME_SERVICING',
  productType: 'COMMONPRODUCT',
});

/** A bid, or the borrower's reservation for a repayment. `coupon` is what the platform will add to a bid. */
export const reserve = (
  requestNo: string,
  customer: Customer,
  projectNo: string,
  amount: string,
  coupon?: string,
): object => ({
  requestNo,
  platformUserNo: customer.userNo,
  bizType: customer.role === 'INVESTOR' ? 'TENDER' : 'REPAYMENT',
  amount,
  ...(coupon === undefined ? {} : { preMarketingAmount: coupon }),
  projectNo,
});

export interface Release {
  readonly requestNo: string;
  readonly freezeRequestNo: string;
  readonly amount: string;
  readonly commission: string;
  readonly coupon?: string;
  readonly share: string;
}

export const release = (
  { requestNo, freezeRequestNo, amount, commission, coupon, share }: Release,
  projectNo: string,
  investor: Customer,
  borrower: Customer,
): object => {
  const lender = { sourcePlatformUserNo: investor.userNo, targetPlatformUserNo: borrower.userNo };
  const marketing = { sourcePlatformUserNo: 'SYS_GENERATE_002', targetPlatformUserNo: borrower.userNo };
  return {
    requestNo,
    tradeType: 'TENDER',
    projectNo,
    details: [
      { bizType: 'TENDER', freezeRequestNo, ...lender, amount, share },
      ...(coupon === undefined ? [] : [{ bizType: 'MARKETING', ...marketing, amount: coupon }]),
      { bizType: 'COMMISSION', freezeRequestNo, sourcePlatformUserNo: borrower.userNo, amount: commission },
    ],
  };
};

export const repay = (
  requestNo: string,
  freezeRequestNo: string,
  projectNo: string,
  [borrower, investor]: readonly [Customer, Customer],
  [amount, income]: readonly [string, string],
): object => {
  const parties = { sourcePlatformUserNo: borrower.userNo, targetPlatformUserNo: investor.userNo };
  return {
    requestNo,
    tradeType: 'REPAYMENT',
    projectNo,
    details: [{ bizType: 'REPAYMENT', freezeRequestNo, ...parties, amount, income }],
  };
};
