/** Requests as platforms write them, and what is said of those that are wrong. */
import { describe, expect, test } from 'vitest';
import { isRejection } from '../../contract/codes.ts';
import { parseReqData, parseRequest, type ReqData } from '../../contract/parse-request.ts';
import type { OpenService } from '../../contract/services.ts';

const reqData = (text: string): ReqData => {
  const parsed = parseReqData(text);
  if (isRejection(parsed)) throw new Error(parsed.errorMessage);
  return parsed;
};

const message = (service: OpenService, fields: object, change: (text: string) => string = (text) => text): unknown =>
  parseRequest(service, reqData(change(JSON.stringify({ timestamp: '20261124120000', ...fields }))));

const auto = { requestNo: 'R1', platformUserNo: 'u1', bizType: 'TENDER', amount: '500.00', projectNo: 'P1' };
const trade = {
  requestNo: 'T1',
  tradeType: 'TENDER',
  projectNo: 'P1',
  details: [
    { bizType: 'TENDER', freezeRequestNo: 'R1', sourcePlatformUserNo: 'u1', targetPlatformUserNo: 'b1', amount: 5 },
  ],
};

describe('reqData', () => {
  test.each([
    ['{"timestamp":"20261124120000"', 'reqData: not JSON'],
    ['[]', 'reqData: an object'],
    ['null', 'reqData: an object'],
    ['{"a":1,"a":2,"timestamp":"20261124120000"}', 'duplicate key "a"'],
    ['{"a":"x","a":"x","timestamp":"20261124120000"}', 'duplicate key'],
    ['{"a":{"b":"\\"c\\":","b":"\\"c\\":"},"timestamp":"20261124120000"}', 'duplicate key'],
    ['{"a":1}', 'reqData.timestamp'],
    ['{"timestamp":"2026-11-24"}', 'reqData.timestamp'],
    ['{"timestamp":"20261324120000"}', 'reqData.timestamp'],
    [`{"timestamp":"20261124120000","a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'not JSON'],
  ])('%.60s is refused with 100002', (text, reason) => {
    const parsed = parseReqData(text);
    expect(parsed).toMatchObject({ rejected: true, errorCode: '100002' });
    expect((parsed as { errorMessage: string }).errorMessage).toContain(reason);
  });

  test('text that looks like keys inside a string is no key', () => {
    expect(isRejection(parseReqData('{"a":"\\"b\\":1,\\"b\\":1","timestamp":"20261124120000"}'))).toBe(false);
  });
});

describe('amounts', () => {
  test.each(['500', '500.0', '"500.00"', '"500"'])('%s is accepted', (written) => {
    expect(message('USER_AUTO_PRE_TRANSACTION', auto, (text) => text.replace('"500.00"', written))).toMatchObject({
      amount: 50_000n,
    });
  });
  test.each([
    ['500.000', 'reqData.amount: at most 2 decimals'],
    ['1e9', 'reqData.amount: an amount in yuan'],
    ['1E+3', 'reqData.amount: an amount in yuan'],
    ['-1', 'reqData.amount: no negative amount'],
    ['0', 'reqData.amount: at least 0.01'],
    ['"0.00"', 'reqData.amount: at least 0.01'],
    ['true', 'reqData.amount: an amount as number or decimal string'],
    ['[500]', 'reqData.amount: an amount as number or decimal string'],
    ['{}', 'reqData.amount: an amount as number or decimal string'],
    ['null', 'reqData.amount: required'],
    ['1000000000', 'reqData.amount: at most 999999999.99'],
  ])('%s is refused: %s', (written, reason) => {
    const parsed = message('USER_AUTO_PRE_TRANSACTION', auto, (text) => text.replace('"500.00"', written));
    expect(parsed).toMatchObject({ rejected: true, errorCode: '100002' });
    expect((parsed as { errorMessage: string }).errorMessage).toContain(reason);
  });
});

describe('fields', () => {
  test('an empty string and null in an optional field mean absent', () => {
    const parsed = message('USER_AUTO_PRE_TRANSACTION', { ...auto, remark: '', share: null, creditsaleRequestNo: '' });
    expect(parsed).toMatchObject({ remark: undefined, share: undefined, creditsaleRequestNo: undefined });
  });
  test.each([0, '0', '0.00', '', null])('a share of %j is none', (share) => {
    expect(message('USER_AUTO_PRE_TRANSACTION', { ...auto, share })).toMatchObject({ share: undefined });
    const details = [{ ...trade.details[0], share }];
    expect(message('SYNC_TRANSACTION', { ...trade, details })).toMatchObject({ details: [{ share: undefined }] });
  });
  test('an unknown field is ignored', () => {
    expect(isRejection(message('USER_AUTO_PRE_TRANSACTION', { ...auto, somethingNew: { a: [1] } }))).toBe(false);
  });
  test('a field that is not known in a money detail is refused, with its path', () => {
    const details = [{ ...trade.details[0], ammount: 5 }];
    expect(message('SYNC_TRANSACTION', { ...trade, details })).toMatchObject({
      errorCode: '100002',
      errorMessage: '参数格式错误: reqData.details[0]: no field ammount in a money detail',
    });
  });
  test('a wrong amount in a detail is named by its path', () => {
    const details = [trade.details[0], { ...trade.details[0], amount: '1.001' }];
    expect(message('SYNC_TRANSACTION', { ...trade, details })).toMatchObject({
      errorMessage: '参数格式错误: reqData.details[1].amount: at most 2 decimals',
    });
  });
  test.each([
    [{ requestNo: 'x'.repeat(51) }, 'reqData.requestNo: at most 50 characters'],
    [{ requestNo: undefined }, 'reqData.requestNo: required'],
    [{ requestNo: '' }, 'reqData.requestNo: not empty'],
    [{ requestNo: 5 }, 'reqData.requestNo: a string'],
    [{ requestNo: 'a b' }, 'reqData.requestNo: no white space'],
    [{ requestNo: 'a\u0000b' }, 'reqData.requestNo: no control characters'],
    [{ requestNo: 'a\ud800' }, 'reqData.requestNo: no control characters'],
    [{ bizType: 'LOTTERY' }, 'reqData.bizType: one of TENDER, REPAYMENT'],
  ])('%j is refused: %s', (change, reason) => {
    const parsed = message('USER_AUTO_PRE_TRANSACTION', { ...auto, ...change });
    expect(parsed).toMatchObject({ rejected: true, errorCode: '100002' });
    expect((parsed as { errorMessage: string }).errorMessage).toContain(reason);
  });
  test('requestNo of 50 characters is taken, counted as characters and not as UTF-16 units', () => {
    expect(isRejection(message('USER_AUTO_PRE_TRANSACTION', { ...auto, requestNo: '𠮷'.repeat(50) }))).toBe(false);
  });

  const register = {
    requestNo: 'R1',
    platformUserNo: 'u1',
    realName: '张三',
    idCardNo: '11010119900307001x',
    idCardType: 'PRC_ID',
    bankcardNo: '6222020200000001234',
    mobile: '13800138000',
    userRole: 'INVESTOR',
    checkType: 'LIMIT',
    redirectUrl: 'https://platform.example/back',
  };
  test.each(['', null, undefined])(
    'the way back %j is none, and the kind of check may go without saying',
    (redirectUrl) => {
      const parsed = message('PERSONAL_REGISTER_EXPAND', {
        ...register,
        redirectUrl,
        checkType: '',
        authList: 'TENDER,',
      });
      expect(parsed).toMatchObject({ platformUserNo: 'u1', checkType: undefined, authList: ['TENDER'] });
      expect((parsed as { redirectUrl?: unknown }).redirectUrl).toBeUndefined();
    },
  );
  test('a bank that nobody knows is for the books to refuse', () => {
    expect(message('PERSONAL_REGISTER_EXPAND', { ...register, bankcode: 'XXXX' })).toMatchObject({ bankcode: 'XXXX' });
  });
  test('a list of commas is no list', () => {
    expect(message('PERSONAL_REGISTER_EXPAND', { ...register, authList: ' ,' })).toMatchObject({
      errorMessage: expect.stringContaining('reqData.authList: at least one of TENDER'),
    });
  });
  test('a registration is read, and its ID number written in capitals', () => {
    expect(
      message('PERSONAL_REGISTER_EXPAND', { ...register, authList: 'TENDER, REPAYMENT', failTime: '20291231' }),
    ).toMatchObject({
      idCardNo: '11010119900307001X',
      authList: ['TENDER', 'REPAYMENT'],
      failTime: '20291231',
    });
  });
  test.each([
    [{ realName: '张\u0000三' }, 'reqData.realName: no control characters'],
    [{ realName: '张三😀' }, 'reqData.realName: a name without emoji'],
    [{ mobile: '138001380001' }, 'reqData.mobile: 11 digits'],
    [{ redirectUrl: 'javascript:alert(1)' }, 'reqData.redirectUrl: an http or https URL'],
    [{ failTime: '20260231' }, 'reqData.failTime: a day'],
    [{ authList: 'TENDER,STEAL' }, 'reqData.authList: a comma separated list of'],
    [{ expired: '20261124' }, 'reqData.expired: a moment'],
  ])('%j is refused: %s', (change, reason) => {
    const parsed = message('PERSONAL_REGISTER_EXPAND', { ...register, ...change });
    expect(parsed).toMatchObject({ rejected: true, errorCode: '100002' });
    expect((parsed as { errorMessage: string }).errorMessage).toContain(reason);
  });

  test('both spellings of the interest rate are read', () => {
    const project = {
      requestNo: 'R1',
      platformUserNo: 'b1',
      projectNo: 'P1',
      projectAmount: 10_000,
      projectName: '装修贷',
      projectType: 'STANDARDPOWDER',
      projectPeriod: '30',
      repaymentWay: 'ONE_TIME_SERVICING',
    };
    expect(message('ESTABLISH_PROJECT', { ...project, annnualInterestRate: '0.12' })).toMatchObject({
      annualInterestRate: '0.12',
    });
    expect(message('ESTABLISH_PROJECT', { ...project, annualInterestRate: 0.12 })).toMatchObject({
      annualInterestRate: 0.12,
    });
    expect(message('ESTABLISH_PROJECT', project)).toMatchObject({
      errorMessage: '参数格式错误: reqData.annnualInterestRate: required',
    });
  });
});
