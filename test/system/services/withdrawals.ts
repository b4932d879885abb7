/**
 * Withdrawals of every type and form, and the advance line. When it is over: ida 9,870, jan 4,900, gu 3,000, bo 10, 000 800, 007 200, 002 200,
 * 004 13; 40 came in and 2,147 went out, so custody is 18,993.
 */

import { returnPayout } from '../../../demo/house.ts';
import { withdraw } from '../../../demo/platform/messages.ts';
import { bo, company, dayCloses, ida, own, paysIn, record, type World, withdrawalsWait } from './world.ts';

const paid = { withdrawStatus: 'SUCCESS' };

async function confirmedOnes(world: World): Promise<void> {
  const { teller } = world;
  const confirmed = { ...withdraw('W1', ida, '100.00'), commission: '1.00', withdrawForm: 'CONFIRMED' };
  await teller.approved('100.00, to be confirmed', 'WITHDRAW', confirmed, ida, { withdrawStatus: 'CONFIRMING' });
  await teller.told(
    '… is told',
    'WITHDRAW',
    { requestNo: 'W1' },
    { withdrawStatus: 'CONFIRMING', status: 'PROCESSING' },
  );
  await record(world, 'WITHDRAW', 'W1', { status: 'CONFIRMING', withdrawForm: 'CONFIRMED', amount: '100.00' });
  await teller.balances('it is reserved', ida.userNo, { balance: '9990.00', freezeAmount: '100.00' });
  const confirm = { requestNo: 'CW1', preTransactionNo: 'W1' };
  await teller.direct('the platform confirms', 'CONFIRM_WITHDRAW', confirm);
  await teller.again('… once', 'CONFIRM_WITHDRAW', confirm);
  await teller.told('it is paid', 'WITHDRAW', { requestNo: 'W1', ...paid }, { status: 'SUCCESS' });
  await teller.told(
    'it was accepted',
    'WITHDRAW',
    { requestNo: 'W1', withdrawStatus: 'ACCEPT' },
    { status: 'PROCESSING' },
  );
  await record(world, 'WITHDRAW', 'W1', {
    status: 'SUCCESS',
    commission: '1.00',
    bankcardNo: '1230',
    remitType: 'NORMAL',
  });

  const other = { ...withdraw('W2', ida, '50.00'), withdrawForm: 'CONFIRMED' };
  await teller.approved('50.00, to be confirmed', 'WITHDRAW', other, ida, { withdrawStatus: 'CONFIRMING' });
  await teller.direct('the platform cancels', 'CANCEL_WITHDRAW', { requestNo: 'XW2', preTransactionNo: 'W2' });
  await teller.told('… is told', 'WITHDRAW', { requestNo: 'W2', withdrawStatus: 'FAIL' }, { status: 'INIT' });
  await record(world, 'WITHDRAW', 'W2', { status: 'FAIL', withdrawForm: 'CONFIRMED' });
  await teller.balances('it is free again', ida.userNo, { balance: '9890.00', freezeAmount: '0.00' });
}

async function urgentOnes(world: World): Promise<void> {
  const { teller } = world;
  const urgent = { ...withdraw('W3', bo, '2030.00'), commission: '2.00', withdrawType: 'URGENT' };
  await teller.direct('300.00 for the advance line', 'ADJUST_URGENT_BALANCE', {
    requestNo: 'L1',
    adjustType: 'INCREASE',
    amount: '300.00',
  });
  await record(world, 'ADJUST_URGENT_BALANCE', 'L1', { status: 'SUCCESS', lastAmount: '0.00', newestAmount: '300.00' });
  await teller.direct('100.00 less', 'ADJUST_URGENT_BALANCE', {
    requestNo: 'L2',
    adjustType: 'REDUCE',
    amount: '100.00',
  });
  await record(world, 'ADJUST_URGENT_BALANCE', 'L2', {
    accountAdjustType: 'REDUCE',
    adjustAmount: '100.00',
    newestAmount: '200.00',
  });
  const tooMuch = { requestNo: 'L3', adjustType: 'REDUCE', amount: '200.01' };
  await teller.refused('more than it has', 'ADJUST_URGENT_BALANCE', tooMuch, '100016');

  await paysIn(world, 'R7', bo, '40.00');
  await teller.page('2,030.00 of 2,000.00 that have arrived', 'WITHDRAW', urgent, bo, paid);
  await record(world, 'WITHDRAW', 'W3', {
    status: 'SUCCESS',
    remitType: 'URGENT',
    withdrawWay: 'URGENT',
    floatAmount: '30.00',
  });
  await teller.balances('the line has the float', own.advance, {
    balance: '200.00',
    arriveBalance: '170.00',
    floatBalance: '30.00',
  });
  const either = { ...withdraw('W4', ida, '20.00'), withdrawType: 'NORMAL_URGENT' };
  await teller.page('20.00, D0 if it can be', 'WITHDRAW', either, ida, paid);
  await record(world, 'WITHDRAW', 'W4', { remitType: 'URGENT', withdrawWay: 'NORMAL_URGENT', floatAmount: '0.00' });
  await teller.refused(
    'D0 is not intercepted',
    'INTERCEPT_WITHDRAW',
    { requestNo: 'I0', withdrawRequestNo: 'W4' },
    '100022',
  );
}

async function interceptedOne(world: World): Promise<void> {
  const { teller } = world;
  await withdrawalsWait(world, 60);
  await teller.approved('30.00, T+1', 'WITHDRAW', withdraw('W5', ida, '30.00'), ida, { withdrawStatus: 'ACCEPT' });
  await record(world, 'WITHDRAW', 'W5', { status: 'ACCEPT', withdrawWay: 'NORMAL' });
  const intercept = { requestNo: 'I1', withdrawRequestNo: 'W5' };
  await teller.direct('the platform intercepts it', 'INTERCEPT_WITHDRAW', intercept);
  await teller.told(
    'the money is back',
    'BACKROLL_RECHARGE',
    { withdrawRequestNo: 'W5' },
    {
      rollbackAmount: '30.00',
      rollbackCommission: '0.00',
      rollbackType: 'INTERCEPT',
      status: 'SUCCESS',
    },
  );
  await teller.told(
    '… and the withdrawal told',
    'WITHDRAW',
    { requestNo: 'W5', withdrawStatus: 'FAIL' },
    { status: 'INIT' },
  );
  await record(world, 'WITHDRAW', 'W5', { status: 'FAIL', backRollStatus: 'SUCCESS' });
  await record(world, 'INTERCEPT_WITHDRAW', 'I1', { status: 'SUCCESS', withdrawRequestNo: 'W5' });
  await teller.refused(
    'it is not intercepted twice',
    'INTERCEPT_WITHDRAW',
    { ...intercept, requestNo: 'I2' },
    '100008',
  );
  await record(world, 'INTERCEPT_WITHDRAW', 'I2', { status: 'FAIL', errorMessage: '提现订单状态不为ACCEPT' });
  await withdrawalsWait(world, 0);
}

async function thoseThatComeBack(world: World): Promise<void> {
  const { teller, house } = world;
  const failed = { rollbackType: 'REMITFAIL', status: 'SUCCESS' };
  await returnPayout(house.paymentCompany.controlUrl, 5_900);
  await company(world, 'payout', 3_300, { decline: { code: 'CARD_CLOSED', message: 'the card is closed' } });
  const returned = { ...withdraw('W6', ida, '60.00'), commission: '1.00' };
  await teller.page('60.00 that the bank returns', 'WITHDRAW', returned, ida, paid);
  const declined = withdraw('W7', ida, '33.00');
  await teller.approved('33.00 to a closed card', 'WITHDRAW', declined, ida);
  await teller.told(
    '33.00 come back',
    'BACKROLL_RECHARGE',
    { withdrawRequestNo: 'W7' },
    { ...failed, rollbackAmount: '33.00' },
  );
  await teller.told(
    '60.00 come back, the commission too',
    'BACKROLL_RECHARGE',
    { withdrawRequestNo: 'W6' },
    {
      ...failed,
      rollbackAmount: '60.00',
      rollbackCommission: '1.00',
    },
  );
  await record(world, 'WITHDRAW', 'W6', { status: 'FAIL', backRollStatus: 'SUCCESS' });
  await record(world, 'WITHDRAW', 'W7', { status: 'FAIL', backRollStatus: 'SUCCESS' });
}

export async function moneyGoesOut(world: World): Promise<void> {
  await confirmedOnes(world);
  await urgentOnes(world);
  await interceptedOne(world);
  await thoseThatComeBack(world);
  const { teller } = world;
  await teller.balances('ida has paid for two', ida.userNo, { balance: '9870.00', freezeAmount: '0.00' });
  await teller.balances('income of two commissions', own.income, { balance: '13.00' });
  await dayCloses(world);
  await teller.balances('the line has refilled itself', own.advance, { arriveBalance: '200.00', floatBalance: '0.00' });
}
