/**
 * General freezes, deductions, suspense and fees. When it is over: ida 9,845 of which 30 are frozen, jan 4,920, 004 34; the bank's credit of 20
 * and its fees of 4 make custody 19,009.
 */
import { ida, jan, leg, operator, own, record, trade, type World } from './world.ts';

export async function moneyIsHeld(world: World): Promise<void> {
  const { teller } = world;
  const deduct = { requestNo: 'D1', platformUserNo: ida.userNo, amount: '5.00', targetPlatformUserNo: own.income };
  await teller.page('ida pays 5.00 by password', 'VERIFY_DEDUCT', deduct, ida);

  await teller.direct('100.00 are frozen', 'FREEZE', { requestNo: 'F1', platformUserNo: ida.userNo, amount: '100.00' });
  const part = { requestNo: 'U1', originalFreezeRequestNo: 'F1', platformUserNo: ida.userNo, amount: '30.00' };
  await teller.direct('30.00 are free again', 'UNFREEZE', part);
  const historic = { requestNo: 'U2', generaFreezeRequest: 'F1', amount: '20.00' };
  await teller.direct('20.00 more, by the field’s historic name', 'UNFREEZE', historic);
  const tooMuch = { ...part, requestNo: 'U3', amount: '50.01' };
  await teller.refused('more than is frozen', 'UNFREEZE', tooMuch, '100008');
  await record(world, 'UNFREEZE', 'U3', { status: 'FAIL', errorMessage: '冻结金额不足' });
  await record(world, 'UNFREEZE', 'U2', { status: 'SUCCESS', amount: '20.00', platformUserNo: ida.userNo });
  await record(world, 'FREEZE', 'F1', { status: 'FREEZED', amount: '100.00', unfreezeAmount: '50.00' });
  const fee = trade(
    'D2',
    'PLATFORM_SERVICE_DEDUCT',
    undefined,
    leg('DEDUCT', ida, own.income, '20.00', { freezeRequestNo: 'F1' }),
  );
  await teller.direct('20.00 of it are a service fee', 'SYNC_TRANSACTION', fee);
  await record(world, 'TRANSACTION', 'D2', { status: 'SUCCESS', confirmTradeType: 'PLATFORM_SERVICE_DEDUCT' });
  await teller.balances('30.00 are frozen', ida.userNo, { balance: '9845.00', freezeAmount: '30.00' });
}

export async function operatorsAct(world: World): Promise<void> {
  const { teller } = world;
  await Promise.all([
    operator(world, 'suspense', 'credit', 'K1', '--amount', '20.00'),
    operator(world, 'suspense', 'credit', 'K2', '--amount', '5.00'),
    operator(world, 'fee', 'invoice', 'V1', '--kind', 'CUSTODY', '--amount', '3.00'),
    operator(world, 'fee', 'invoice', 'V2', '--kind', 'PAYOUT', '--amount', '1.00'),
  ]);
  await Promise.all([
    operator(world, 'suspense', 'claim', 'K1', '--user', jan.userNo),
    operator(world, 'suspense', 'return', 'K2'),
    operator(world, 'fee', 'debited', 'V1'),
  ]);
  await operator(world, 'suspense', 'returned', 'K2');
  await teller.balances('jan has what was his', jan.userNo, { balance: '4920.00', arriveBalance: '4920.00' });
  await teller.balances('the income pays the fees', own.income, { balance: '34.00' });
}
