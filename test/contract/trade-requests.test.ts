/** Requests of the trade services as platforms write them, historic field names among them. */
import { expect, test } from 'vitest';
import { isRejection } from '../../contract/codes.ts';
import { fen } from '../../contract/money.ts';
import { parseReqData, parseRequest } from '../../contract/parse-request.ts';
import type { OpenService } from '../../contract/services.ts';

function read(service: OpenService, fields: object): unknown {
  const parsed = parseReqData(JSON.stringify({ timestamp: '20261124120000', ...fields }));
  return isRejection(parsed) ? parsed : parseRequest(service, parsed);
}
const reason = (answer: unknown): string => (isRejection(answer) ? answer.errorMessage : 'was taken');

const turning = { requestNo: 'X1', bizType: 'TENDER', amount: '5.00', projectNo: 'P1' };
const entrusting = { requestNo: 'A1', projectNo: 'P1', entrustedType: 'ENTERPRISE', entrustedPlatformUserNo: 's1' };
const cancelling = { requestNo: 'C1', preTransactionNo: 'T1', amount: 5 };

test.each(['originalFreezeRequestNo', 'generalFreezeRequestNo', 'generaFreezeRequest'])(
  'a general freeze is named by %s',
  (name) => {
    expect(read('FREEZE_PRE_TRANSACTION', { ...turning, [name]: 'F1' })).toMatchObject({
      originalFreezeRequestNo: 'F1',
      amount: fen(500n),
    });
  },
);

test('a general freeze must be named', () => {
  expect(reason(read('FREEZE_PRE_TRANSACTION', turning))).toContain('reqData.originalFreezeRequestNo: required');
});

test.each(['borrowPlatformUserNo', 'platformUserNo'])('the borrower who entrusts is named by %s', (name) => {
  const entrusted = read('AUTHORIZATION_ENTRUST_PAY', { ...entrusting, [name]: 'b1', checkType: 'LIMIT' });
  expect(entrusted).toMatchObject({ platformUserNo: 'b1', entrustedType: 'ENTERPRISE' });
});

test('nobody entrusts namelessly, and only persons and enterprises are entrusted', () => {
  expect(reason(read('AUTHORIZATION_ENTRUST_PAY', entrusting))).toContain('reqData.borrowPlatformUserNo: required');
  const other = { ...entrusting, platformUserNo: 'b1', entrustedType: 'BANK' };
  expect(reason(read('AUTHORIZATION_ENTRUST_PAY', other))).toContain('reqData.entrustedType: one of PERSONAL');
});

test('what is cancelled may be nothing but an amount, as old clients send it', () => {
  expect(read('CANCEL_PRE_TRANSACTION', { ...cancelling, commission: '', profitDetails: [] })).toMatchObject({
    amount: fen(500n),
    profitDetails: [],
  });
});

test('a partner is named in either way, and money of an unknown kind is refused with its path', () => {
  const profits = (detail: object) => read('CANCEL_PRE_TRANSACTION', { ...cancelling, profitDetails: [detail] });
  for (const name of ['targetPlatformUserNo', 'platformUserNo'])
    expect(profits({ [name]: 'c1', amount: '0.10' })).toMatchObject({
      profitDetails: [{ targetPlatformUserNo: 'c1', amount: fen(10n) }],
    });
  expect(reason(profits({ amount: 1 }))).toContain('reqData.profitDetails[0].targetPlatformUserNo: required');
  expect(reason(profits({ platformUserNo: 'c1', amount: '1000000000' }))).toContain('reqData.profitDetails[0].amount');
  expect(reason(profits({ platformUserNo: 'c1', amount: 1, bonus: 1 }))).toContain('no field bonus in a money detail');
});

test('a share on sale is an amount, and a sale of nothing is none', () => {
  const sale = { requestNo: 'V1', platformUserNo: 'u1', projectNo: 'P1' };
  expect(read('DEBENTURE_SALE', { ...sale, saleShare: '10' })).toMatchObject({ saleShare: fen(1000n) });
  expect(reason(read('DEBENTURE_SALE', { ...sale, saleShare: 0 }))).toContain('reqData.saleShare: at least 0.01');
  expect(reason(read('CANCEL_DEBENTURE_SALE', { requestNo: 'V2' }))).toContain('reqData.creditsaleRequestNo: required');
});
