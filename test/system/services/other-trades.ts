/**
 * Entrusted payment, what the platform pays of its own, and a project that miscarries. When it is over: ida 8,830, su 200, co 10, 002 130,
 * 004 44; all other balances are as they were.
 */
import { project } from '../../../demo/platform/messages.ts';
import { bo, co, ida, jan, leg, own, record, reserves, su, trade, type World } from './world.ts';

export async function loanIsPaidOn(world: World): Promise<void> {
  const { teller } = world;
  const filed = { ...project('P2', bo, 'P2'), projectAmount: '500.00', projectType: 'FIDUCIARYPOWDER' };
  await teller.direct('an entrusted project', 'ESTABLISH_PROJECT', filed);
  const authorise = {
    requestNo: 'E1',
    borrowPlatformUserNo: bo.userNo,
    projectNo: 'P2',
    checkType: 'LIMIT',
    entrustedType: 'PERSONAL',
    entrustedPlatformUserNo: su.userNo,
  };
  await teller.direct('the borrower names whom it is paid', 'AUTHORIZATION_ENTRUST_PAY', authorise);
  await teller.told(
    '… is told',
    'AUTHORIZATION_ENTRUST_PAY',
    { requestNo: 'E1' },
    { authorizeStatus: 'SUCCESS', status: 'SUCCESS' },
  );
  await teller.query('… can be asked', 'QUERY_AUTHORIZATION_ENTRUST_PAY', { requestNo: 'E1' }, (answer) => answer, {
    authorizeStatus: 'SUCCESS',
    entrustedPlatformUserNo: su.userNo,
  });
  await teller.direct('a bid', 'USER_AUTO_PRE_TRANSACTION', reserves('T5', ida, 'TENDER', 'P2', '200.00'));
  const release = (no: string, to: typeof su) =>
    trade(
      no,
      'TENDER',
      'P2',
      leg('TENDER', ida, bo, '200.00', { freezeRequestNo: 'T5' }),
      leg('FIDUCIARY_PAYMENT', bo, to, '200.00', { freezeRequestNo: 'T5' }),
    );
  await teller.refused('to another', 'SYNC_TRANSACTION', release('S0', co), '100008');
  await teller.direct('lent and paid on', 'SYNC_TRANSACTION', release('S11', su));
  await teller.balances('su has it', su.userNo, { balance: '200.00' });
}

export async function platformPays({ teller }: World): Promise<void> {
  const coupon = trade('S12', 'MARKETING', undefined, leg('MARKETING', own.marketing, ida, '10.00'));
  await teller.direct('a coupon', 'SYNC_TRANSACTION', coupon);
  const share = trade('S13', 'PLATFORM_INDEPENDENT_PROFIT', undefined, leg('PROFIT', own.income, co, '6.00'));
  await teller.direct('a partner’s share of the profit', 'SYNC_TRANSACTION', share);
  await teller.balances('… he has', co.userNo, { balance: '10.00' });
}

export async function projectMiscarries(world: World): Promise<void> {
  const { teller } = world;
  await teller.direct('a project that does not fill', 'ESTABLISH_PROJECT', {
    ...project('P3', bo, 'P3'),
    projectAmount: '300.00',
  });
  await teller.direct('a bid', 'USER_AUTO_PRE_TRANSACTION', reserves('T6', ida, 'TENDER', 'P3', '100.00'));
  await teller.page('and another', 'USER_PRE_TRANSACTION', reserves('T7', jan, 'TENDER', 'P3', '50.00'), jan);
  await teller.direct('it is called off', 'MODIFY_PROJECT', { requestNo: 'M3', projectNo: 'P3', status: 'MISCARRY' });
  for (const [no, cancelAmount] of [
    ['T6', '100.00'],
    ['T7', '50.00'],
  ] as const)
    await record(world, 'PRETRANSACTION', no, { status: 'UNFREEZED', cancelAmount, unfreezeAmount: '0.00' });
  await teller.balances('all is free again', ida.userNo, { balance: '8830.00', freezeAmount: '0.00' });
  await teller.query('nothing is bid', 'QUERY_PROJECT_INFORMATION', { projectNo: 'P3' }, (answer) => answer, {
    projectStatus: 'MISCARRY',
    tenderAmount: '0.00',
  });
}
