/**
 * Users, passwords and authorisations on the bank's pages; recharges, one that is declined and one that is given back. When it is over the books
 * are: ida 9,990, jan 4,900, gu 3,000, bo 2,000, 000 1,000, 002 200, 004 10, all of it in custody, 21,100.
 */
import { authorise, recharge, register } from '../../../demo/platform/messages.ts';
import type { Customer } from '../../../demo/platform/teller.ts';
import { bo, co, company, dayCloses, gu, ida, jan, operator, own, paysIn, record, su, type World } from './world.ts';

export async function usersOpenAccounts({ teller }: World): Promise<void> {
  const opens = (requestNo: string, customer: Customer, at: number, authList?: string): Promise<void> => {
    const person = {
      realName: `用户${'甲乙丙丁戊己'.charAt(at)}`,
      idCardNo: `11010119900307001${at}`,
      bankcardNo: `622202020000000123${at}`,
      mobile: `1380013800${at}`,
    };
    const authorised = authList === undefined ? {} : { authList, amount: '50000.00', failTime: '20991231' };
    const request = { ...register(requestNo, customer, person), ...authorised };
    return teller.page(`${customer.userNo} registers`, 'PERSONAL_REGISTER_EXPAND', request, customer);
  };
  await Promise.all([
    opens('REG1', ida, 0, 'TENDER'),
    opens('REG2', jan, 1),
    opens('REG3', bo, 2, 'REPAYMENT'),
    opens('REG4', gu, 3, 'COMPENSATORY'),
    opens('REG5', co, 4),
    opens('REG6', su, 5),
  ]);
  const purchases = authorise('AUTH1', jan, 'CREDIT_ASSIGNMENT');
  await teller.page('jan authorises purchases', 'USER_AUTHORIZATION', purchases, jan);

  const check = { requestNo: 'PW1', platformUserNo: su.userNo, bizTypeDescription: '合同签署' };
  await teller.page('su proves his password', 'CHECK_PASSWORD', check, su);
  const changed = { ...su, oldPassword: su.password, password: 'Supplier-2027' };
  const change = { requestNo: 'PW2', platformUserNo: su.userNo, isSkip: 'Remember' };
  await teller.page('su changes his password', 'RESET_PASSWORD', change, changed);
  await teller.page('su proves the new one', 'CHECK_PASSWORD', { ...check, requestNo: 'PW3' }, changed);
}

export async function moneyComesIn(world: World): Promise<void> {
  const { teller } = world;
  await company(world, 'payment', 77_700, { decline: { code: 'NO_FUNDS', message: 'not enough on the card' } });
  const declined = recharge('R0', ida.userNo, '777.00');
  await Promise.all([
    paysIn(world, 'R1', ida, '10000.00', { commission: '10.00' }),
    paysIn(world, 'R2', jan, '5000.00'),
    paysIn(world, 'R3', gu, '3000.00'),
    paysIn(world, 'R4', own.funds, '1000.00'),
    paysIn(world, 'R5', own.marketing, '200.00'),
    paysIn(world, 'R6', bo, '2000.00'),
    teller.approved('a recharge that is declined', 'RECHARGE', declined, ida, { rechargeStatus: 'FAIL' }),
  ]);
  await teller.told('… and told so', 'RECHARGE', { requestNo: 'R0' }, { rechargeStatus: 'FAIL', status: 'INIT' });
  await record(world, 'RECHARGE', 'R0', { status: 'FAIL', amount: '777.00' });
  await record(world, 'RECHARGE', 'R1', { status: 'SUCCESS', amount: '10000.00', rechargeWay: 'WEB' });
  await teller.balances('float until the day is settled', ida.userNo, {
    balance: '9990.00',
    arriveBalance: '0.00',
    floatBalance: '9990.00',
  });

  await operator(world, 'refund', 'R2', '--amount', '100.00');
  await record(world, 'RECHARGE', 'R2', { status: 'SUCCESS', refundAmount: '100.00' });
  await teller.balances('100.00 went back to jan’s card', jan.userNo, { balance: '4900.00', freezeAmount: '0.00' });

  await dayCloses(world);
  await teller.balances('the day is settled', ida.userNo, { arriveBalance: '9990.00', floatBalance: '0.00' });
  await teller.balances('… for all', jan.userNo, { arriveBalance: '4900.00', floatBalance: '0.00' });
}
