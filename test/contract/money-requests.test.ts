/** Requests of the money services as clients write them, historic names among them, and what is said of those that are wrong. */
import { describe, expect, test } from 'vitest';
import { isRejection } from '../../contract/codes.ts';
import { parseReqData, parseRequest } from '../../contract/parse-request.ts';
import type { OpenService } from '../../contract/services.ts';

const parsed = (service: OpenService, fields: object): unknown => {
  const reqData = parseReqData(JSON.stringify({ timestamp: '20261124120000', ...fields }));
  if (isRejection(reqData)) throw new Error(reqData.errorMessage);
  return parseRequest(service, reqData);
};
const refused = (service: OpenService, fields: object, reason: string): void =>
  expect(parsed(service, fields)).toMatchObject({
    rejected: true,
    errorCode: '100002',
    errorMessage: expect.stringContaining(reason),
  });

describe('UNFREEZE', () => {
  test.each(['originalFreezeRequestNo', 'generaFreezeRequest'])('names its freeze by %s', (name) => {
    expect(parsed('UNFREEZE', { requestNo: 'U1', [name]: 'F1', amount: '5.0' })).toMatchObject({
      requestNo: 'U1',
      originalFreezeRequestNo: 'F1',
      amount: 500n,
    });
  });
  test('an empty historic field means absent', () => {
    const both = { requestNo: 'U1', originalFreezeRequestNo: 'F1', generaFreezeRequest: '', amount: 5 };
    expect(parsed('UNFREEZE', both)).toMatchObject({ originalFreezeRequestNo: 'F1' });
  });
  test('without a freeze it is refused', () => {
    refused('UNFREEZE', { requestNo: 'U1', amount: 5 }, 'reqData.originalFreezeRequestNo: required');
  });
});

describe('ADJUST_URGENT_BALANCE', () => {
  test.each([
    { adjustType: 'INCREASE', amount: '10.00' },
    { accountAdjustType: 'INCREASE', adjustAmount: 10 },
  ])('takes its fields by the names of request and record: %o', (fields) => {
    expect(parsed('ADJUST_URGENT_BALANCE', { requestNo: 'A1', ...fields })).toEqual({
      requestNo: 'A1',
      adjustType: 'INCREASE',
      amount: 1000n,
    });
  });
  test.each([
    [{ adjustType: 'MORE', amount: 1 }, 'one of INCREASE, REDUCE'],
    [{ amount: 1 }, 'reqData.adjustType: required'],
    [{ adjustType: 'REDUCE' }, 'reqData.amount: required'],
    [{ adjustType: 'REDUCE', amount: 0 }, 'at least 0.01'],
    [{ adjustType: 'REDUCE', amount: '1000000000.00' }, 'at most 999999999.99'],
  ])('%o is refused', (fields, reason) => refused('ADJUST_URGENT_BALANCE', { requestNo: 'A1', ...fields }, reason));
});

test.each([
  ['FREEZE', { platformUserNo: 'u1', amount: '1.001' }, 'at most 2 decimals'],
  ['FREEZE', { amount: 1 }, 'reqData.platformUserNo: required'],
  ['CONFIRM_WITHDRAW', {}, 'reqData.preTransactionNo: required'],
  ['CANCEL_WITHDRAW', { preTransactionNo: 'W 1' }, 'no white space'],
  ['INTERCEPT_WITHDRAW', { withdrawRequestNo: null }, 'reqData.withdrawRequestNo: required'],
  ['VERIFY_DEDUCT', { platformUserNo: 'u1', amount: 1 }, 'reqData.targetPlatformUserNo: required'],
  ['WITHDRAW', { platformUserNo: 'u1', amount: 1, withdrawType: 'SOON' }, 'one of NORMAL, URGENT, NORMAL_URGENT'],
  ['WITHDRAW', { platformUserNo: 'u1', amount: 1, withdrawForm: 'LATER' }, 'one of IMMEDIATE, CONFIRMED'],
] as const)('%s %o is refused', (service, fields, reason) => refused(service, { requestNo: 'N1', ...fields }, reason));
