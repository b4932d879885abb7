/** What must be refused, each with its code, over the very books on which the good ones pass. None of it moves anything. */
import { expect } from 'vitest';
import { bo, gu, ida, jan, leg, own, reserves, trade, type World } from './world.ts';

/** What the counter does not understand: code 1, and the number stays free. */
async function notUnderstood({ client, teller }: World): Promise<void> {
  const good = trade('X1', 'MARKETING', undefined, leg('MARKETING', own.marketing, ida, '0.01'));
  const bad = trade('X2', 'MARKETING', undefined, leg('MARKETING', own.marketing, ida, '0.001'));
  for (const [service, request] of [
    ['ASYNC_TRANSACTION', { batchNo: 'XB', bizDetails: [good, bad] }],
    ['ASYNC_TRANSACTION', { batchNo: 'XB', bizDetails: Array.from({ length: 3_001 }, () => good) }],
    ['FREEZE', { requestNo: 'X3', platformUserNo: ida.userNo, amount: '1000000000.00' }],
    ['FREEZE', { requestNo: 'X3', platformUserNo: ida.userNo, amount: '1e2' }],
    ['FREEZE', { requestNo: 'X3', platformUserNo: ida.userNo, amount: '-1.00' }],
    ['SYNC_TRANSACTION', { ...good, details: [{ ...good.details[0], fee: '1.00' }] }],
  ] as const)
    expect(await client.call(service, request)).toMatchObject({ code: '1', errorCode: '100002' });
  const twice = `{"requestNo":"X3","requestNo":"X4","platformUserNo":"ida","amount":"1.00","timestamp":"20260101000000"}`;
  expect(await client.post(client.signed('FREEZE', twice))).toMatchObject({ code: '1', errorCode: '100002' });
  const nothing = { requestNo: 'X1', transactionType: 'TRANSACTION' };
  await teller.refused('no trace', 'QUERY_TRANSACTION', nothing, '100007');
}

/** What the books refuse, on H9, a standing reservation of the borrower's for P1. */
async function refusedByTheBooks(world: World): Promise<void> {
  const { teller, client } = world;
  const by = { freezeRequestNo: 'H9' };
  const repays = (...details: readonly object[]) =>
    ['SYNC_TRANSACTION', { tradeType: 'REPAYMENT', projectNo: 'P1', details }] as const;
  const auto = (...said: Parameters<typeof reserves> extends readonly [string, ...infer R] ? R : never) =>
    ['USER_AUTO_PRE_TRANSACTION', reserves('', ...said)] as const;
  const reserved = reserves('H9', bo, 'REPAYMENT', 'P1', '40.00');
  await teller.direct('40.00 are reserved', 'USER_AUTO_PRE_TRANSACTION', reserved);
  await teller.direct(
    'a bid on another project',
    'USER_AUTO_PRE_TRANSACTION',
    reserves('T9', ida, 'TENDER', 'P2', '10.00'),
  );
  const cases: readonly (readonly [string, readonly [string, object], string, string?])[] = [
    [
      'a hold of another type',
      ['SYNC_TRANSACTION', trade('', 'PLATFORM_SERVICE_DEDUCT', undefined, leg('DEDUCT', bo, own.income, '1.00', by))],
      '100008',
    ],
    [
      'a hold of another user',
      ['SYNC_TRANSACTION', trade('', 'COMPENSATORY', 'P1', leg('COMPENSATORY', gu, ida, '1.00', by))],
      '100008',
    ],
    [
      'a hold of another project',
      ['SYNC_TRANSACTION', trade('', 'TENDER', 'P1', leg('TENDER', ida, bo, '1.00', { freezeRequestNo: 'T9' }))],
      '100008',
      '预处理订单与标的不匹配',
    ],
    [
      'a hold that is not there',
      repays(leg('REPAYMENT', bo, ida, '1.00', { freezeRequestNo: 'NONE' })),
      '100008',
      '预处理订单不存在',
    ],
    ['more than the hold has', repays(leg('REPAYMENT', bo, ida, '40.01', by)), '100008', '冻结订单可用金额不足'],
    [
      'more interest than amount',
      repays(leg('REPAYMENT', bo, ida, '1.00', { ...by, income: '1.01' })),
      '100008',
      '利息不得大于还款金额',
    ],
    [
      'to oneself',
      ['SYNC_TRANSACTION', trade('', 'FUNDS_TRANSFER', undefined, leg('FUNDS_TRANSFER', own.funds, own.funds, '1.00'))],
      '100008',
      '付款方与收款方不得相同',
    ],
    ['to a platform account', repays(leg('REPAYMENT', bo, own.income, '1.00', by)), '100011'],
    ['to nobody', repays(leg('REPAYMENT', bo, 'nobody', '1.00', by)), '100009'],
    [
      'a pair that the table does not have',
      repays(leg('MARKETING', own.marketing, ida, '1.00')),
      '100008',
      '交易类型与业务类型不匹配',
    ],
    [
      'a share over what is held',
      ['DEBENTURE_SALE', { platformUserNo: jan.userNo, projectNo: 'P1', saleShare: '750.01' }],
      '100008',
      '出让份额超过可出让份额',
    ],
    ['a project that is closed', auto(ida, 'TENDER', 'P3', '1.00'), '100015'],
    ['a project that is running', auto(ida, 'TENDER', 'P1', '1.00'), '100015'],
    ['nothing authorised', auto(jan, 'TENDER', 'P2', '1.00'), '100011'],
    ['more than authorised', auto(ida, 'TENDER', 'P2', '50000.01'), '100011'],
    ['more than there is', auto(ida, 'TENDER', 'P2', '9000.00'), '100014'],
    [
      'a move back',
      ['MODIFY_PROJECT', { projectNo: 'P1', status: 'COLLECTING' }],
      '100008',
      '标的当前不能变更为:COLLECTING',
    ],
  ];
  for (const [index, [step, [service, message], errorCode, errorMessage]] of cases.entries()) {
    const request = { ...message, requestNo: `Y${index}` };
    await teller.refused(step, service, request, errorCode);
    if (errorMessage !== undefined) expect(await client.call(service, request), step).toMatchObject({ errorMessage });
  }
  await teller.direct('the reservation is untouched', 'CANCEL_PRE_TRANSACTION', {
    requestNo: 'C9',
    preTransactionNo: 'H9',
    amount: '40.00',
  });
  await teller.direct('and the bid', 'CANCEL_PRE_TRANSACTION', {
    requestNo: 'C10',
    preTransactionNo: 'T9',
    amount: '10.00',
  });
}

export async function badInputIsRefused(world: World): Promise<void> {
  await notUnderstood(world);
  await refusedByTheBooks(world);
}
