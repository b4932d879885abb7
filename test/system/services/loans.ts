/**
 * A loan from its project to its end: bids of every kind, release, sale of a share, compensation, repayment. When it is over: ida 9,020, jan
 * 4,680, gu 3,000, bo 1,613, co 4, 000 750, 002 140, 004 50, 005 52; jan's 500.00 are float.
 */
import { project } from '../../../demo/platform/messages.ts';
import { bo, co, gu, ida, jan, leg, own, paysIn, record, reserves, trade, type World } from './world.ts';

/** Of one hold. */
const of = (freezeRequestNo: string, more: { readonly income?: string; readonly share?: string } = {}) => ({
  freezeRequestNo,
  ...more,
});

export async function bidsAreMade(world: World): Promise<void> {
  const { teller } = world;
  await teller.direct('a project of 3,000.00', 'ESTABLISH_PROJECT', {
    ...project('P1', bo, 'P1'),
    projectAmount: '3000.00',
  });
  const bid = { authtradeType: 'TENDER', authtenderAmount: '500.00', projectNo: 'P1' };
  await paysIn(world, 'R8', jan, '500.00', bid);
  const byRecharge = reserves('T1', jan, 'TENDER', 'P1', '500.00', { originalRechargeNo: 'R8' });
  await teller.direct('a bid that its recharge allowed', 'USER_AUTO_PRE_TRANSACTION', byRecharge);
  const again = { ...byRecharge, requestNo: 'T1b', amount: '1.00' };
  await teller.refused('a recharge allows one', 'USER_AUTO_PRE_TRANSACTION', again, '100011');
  const byPage = reserves('T2', ida, 'TENDER', 'P1', '1000.00', { preMarketingAmount: '50.00' });
  await teller.page('a bid by password', 'USER_PRE_TRANSACTION', byPage, ida);
  await teller.direct(
    'a bid on the authorisation',
    'USER_AUTO_PRE_TRANSACTION',
    reserves('T3', ida, 'TENDER', 'P1', '800.00'),
  );
  const byFreeze = reserves('T4', ida, 'TENDER', 'P1', '30.00', { originalFreezeRequestNo: 'F1' });
  await teller.direct('a bid of what is frozen', 'FREEZE_PRE_TRANSACTION', byFreeze);
  await record(world, 'FREEZE', 'F1', { status: 'UNFREEZED', unfreezeAmount: '100.00' });
  const cancel = {
    requestNo: 'C1',
    preTransactionNo: 'T3',
    amount: '300.00',
    commission: '3.00',
    profitDetails: [{ targetPlatformUserNo: co.userNo, amount: '1.00' }],
  };
  await teller.direct('300.00 are cancelled, for a commission', 'CANCEL_PRE_TRANSACTION', cancel);
  await record(world, 'CANCEL_PRETRANSACTION', 'C1', { status: 'SUCCESS', amount: '300.00', preTransactionNo: 'T3' });
  await record(world, 'PRETRANSACTION', 'T3', { status: 'FREEZED', freezeAmount: '800.00', cancelAmount: '300.00' });
}

export async function loanIsReleased(world: World): Promise<void> {
  const { teller } = world;
  const first = trade(
    'S1',
    'TENDER',
    'P1',
    leg('TENDER', ida, bo, '1000.00', of('T2')),
    leg('MARKETING', own.marketing, bo, '50.00'),
    leg('COMMISSION', bo, own.income, '10.00', of('T2')),
    leg('PROFIT', own.income, co, '2.00'),
  );
  await teller.direct('ida’s first bid, with its coupon', 'SYNC_TRANSACTION', first);
  await teller.again('… once', 'SYNC_TRANSACTION', first);
  await record(world, 'TRANSACTION', 'S1', {
    status: 'SUCCESS',
    confirmTradeType: 'TENDER',
    commission: '10.00',
    projectNo: 'P1',
  });
  await teller.direct(
    'her second',
    'SYNC_TRANSACTION',
    trade('S2', 'TENDER', 'P1', leg('TENDER', ida, bo, '500.00', of('T3'))),
  );
  await teller.direct(
    'jan’s',
    'SYNC_TRANSACTION',
    trade('S3', 'TENDER', 'P1', leg('TENDER', jan, bo, '500.00', of('T1'))),
  );
  await teller.direct(
    'the third',
    'SYNC_TRANSACTION',
    trade('S4', 'TENDER', 'P1', leg('TENDER', ida, bo, '30.00', of('T4'))),
  );
  await record(world, 'PRETRANSACTION', 'T4', { status: 'UNFREEZED', unfreezeAmount: '30.00', bizType: 'TENDER' });
  await teller.direct('the loan runs', 'MODIFY_PROJECT', { requestNo: 'M1', projectNo: 'P1', status: 'REPAYING' });
  await teller.query('what was lent', 'QUERY_PROJECT_INFORMATION', { projectNo: 'P1' }, (answer) => answer, {
    projectStatus: 'REPAYING',
    loanAmount: '2080.00',
    projectProperties: 'NEW',
  });
  await teller.balances('the borrower has it', bo.userNo, { balance: '2080.00' });
}

export async function shareIsSold(world: World): Promise<void> {
  const { teller } = world;
  const sale = { requestNo: 'V1', platformUserNo: ida.userNo, projectNo: 'P1', saleShare: '400.00' };
  await teller.direct('ida sells 400.00 of her 1,580.00', 'DEBENTURE_SALE', sale);
  const buys = (no: string, share: string, amount: string) =>
    reserves(no, jan, 'CREDIT_ASSIGNMENT', 'P1', amount, { share, creditsaleRequestNo: 'V1' });
  await teller.direct('jan buys 300.00 for 290.00', 'USER_AUTO_PRE_TRANSACTION', buys('A1', '300.00', '290.00'));
  const tooMuch = buys('A0', '100.01', '100.00');
  await teller.refused('more than is left of it', 'USER_AUTO_PRE_TRANSACTION', tooMuch, '100008');
  await teller.page('and 100.00 by password', 'USER_PRE_TRANSACTION', buys('A2', '100.00', '100.00'), jan);
  await record(world, 'DEBENTURE_SALE', 'V1', { status: 'ONSALE', saleShare: '400.00', preSalingShare: '400.00' });
  const assignment = {
    ...trade(
      'S5',
      'CREDIT_ASSIGNMENT',
      'P1',
      leg('CREDIT_ASSIGNMENT', jan, ida, '290.00', of('A1', { share: '300.00' })),
      leg('COMMISSION', ida, own.income, '5.00', of('A1')),
      leg('MARKETING', own.marketing, ida, '10.00'),
    ),
    saleRequestNo: 'V1',
  };
  await teller.direct('the first is confirmed', 'SYNC_TRANSACTION', assignment);
  await teller.direct('the second is cancelled', 'CANCEL_PRE_TRANSACTION', {
    requestNo: 'C2',
    preTransactionNo: 'A2',
    amount: '100.00',
  });
  await teller.direct('the rest is sold no more', 'CANCEL_DEBENTURE_SALE', {
    requestNo: 'V2',
    creditsaleRequestNo: 'V1',
  });
  await teller.refused('it is over', 'CANCEL_DEBENTURE_SALE', { requestNo: 'V3', creditsaleRequestNo: 'V1' }, '100008');
  await record(world, 'DEBENTURE_SALE', 'V1', {
    status: 'COMPLETED',
    preSalingShare: '0.00',
    confirmedShare: '300.00',
  });
  await teller.balances('jan paid', jan.userNo, { balance: '4630.00', freezeAmount: '0.00' });
}

export async function guarantorPays(world: World): Promise<void> {
  const { teller } = world;
  await teller.direct(
    'on his authorisation',
    'USER_AUTO_PRE_TRANSACTION',
    reserves('A3', gu, 'COMPENSATORY', 'P1', '110.00'),
  );
  await teller.page('and by password', 'USER_PRE_TRANSACTION', reserves('A4', gu, 'COMPENSATORY', 'P1', '50.00'), gu);
  const direct = trade(
    'S6',
    'COMPENSATORY',
    'P1',
    leg('COMPENSATORY', gu, ida, '110.00', of('A3', { income: '10.00' })),
  );
  await teller.direct('directly', 'SYNC_TRANSACTION', direct);
  const indirect = trade(
    'S7',
    'INDIRECT_COMPENSATORY',
    'P1',
    leg('COMPENSATORY', gu, bo, '50.00', of('A4')),
    leg('COMPENSATORY', bo, jan, '50.00', of('A4')),
  );
  await teller.direct('through the borrower', 'SYNC_TRANSACTION', indirect);
  await teller.page(
    'the borrower owes it',
    'USER_PRE_TRANSACTION',
    reserves('H1', bo, 'COMPENSATORY_REPAYMENT', 'P1', '160.00'),
    bo,
  );
  const back = trade('S8', 'COMPENSATORY_REPAYMENT', 'P1', leg('COMPENSATORY_REPAYMENT', bo, gu, '160.00', of('H1')));
  await teller.direct('and gives it back', 'SYNC_TRANSACTION', back);
  for (const no of ['S6', 'S7', 'S8']) await record(world, 'TRANSACTION', no, { status: 'SUCCESS', projectNo: 'P1' });
  await teller.balances('the guarantor has his money', gu.userNo, { balance: '3000.00', freezeAmount: '0.00' });
  await teller.balances('the borrower has less', bo.userNo, { balance: '1920.00' });
}

export async function borrowerRepays(world: World): Promise<void> {
  const { teller } = world;
  const transfer = trade('S9', 'FUNDS_TRANSFER', undefined, leg('FUNDS_TRANSFER', own.funds, own.interest, '50.00'));
  await teller.direct('50.00 for interest subsidies', 'SYNC_TRANSACTION', transfer);
  await teller.page('500.00 are reserved', 'USER_PRE_TRANSACTION', reserves('H2', bo, 'REPAYMENT', 'P1', '500.00'), bo);
  const repayment = trade(
    'S10',
    'REPAYMENT',
    'P1',
    leg('REPAYMENT', bo, ida, '300.00', of('H2', { income: '20.00' })),
    leg('INTEREST', own.interest, ida, '5.00'),
    leg('INTEREST_REPAYMENT', bo, own.interest, '7.00', of('H2')),
    leg('COMMISSION', ida, own.income, '2.00', of('H2')),
    leg('PROFIT', own.income, co, '1.00'),
  );
  await teller.direct('280.00 and 20.00 interest, and a subsidy', 'SYNC_TRANSACTION', repayment);
  await teller.direct('the rest is free', 'CANCEL_PRE_TRANSACTION', {
    requestNo: 'C3',
    preTransactionNo: 'H2',
    amount: '193.00',
  });
  await record(world, 'PRETRANSACTION', 'H2', {
    status: 'UNFREEZED',
    unfreezeAmount: '307.00',
    cancelAmount: '193.00',
  });
  await teller.query('what was repaid', 'QUERY_PROJECT_INFORMATION', { projectNo: 'P1' }, (answer) => answer, {
    repaymentAmount: '460.00',
    income: '30.00',
  });
  await teller.balances('ida', ida.userNo, { balance: '9020.00', freezeAmount: '0.00' });
  await teller.balances('bo', bo.userNo, { balance: '1613.00', freezeAmount: '0.00' });
  await teller.balances('004', own.income, { balance: '50.00' });
  await teller.balances('005', own.interest, { balance: '52.00' });
}
