/**
 * The closed set of error codes with their texts, and the value a refusal by rule is (`Rejection`).
 * Codes 100001 to 100006 are the gateway's, the others the ledger's, except where the protocol says otherwise.
 */
export const errorTexts = {
  '100001': '系统错误',
  '100002': '参数格式错误',
  '100003': '签名验证失败',
  '100004': '平台编号不存在',
  '100005': '平台状态异常',
  '100006': '业务未开通',
  '100007': '查询对象不存在',
  '100008': '业务受理失败',
  '100009': '用户不存在',
  '100010': '用户账户不可用',
  '100011': '无此操作权限',
  '100012': '不支持此银行',
  '100013': '请求流水号重复',
  '100014': '余额不足',
  '100015': '标的状态与业务不匹配',
  '100016': '垫资账户余额不足',
  '100017': '未启用垫资账户',
  '100018': '提现不在受理时间',
  '100019': '标的类型与业务不匹配',
  '100020': '交易处理中请勿重试',
  '100021': '节假日单笔提现超限',
  '100022': 'D0不支持拦截',
} as const;

export type ErrorCode = keyof typeof errorTexts;

/** A refusal by rule: a value, not a throw. `message` is what the platform reads. */
export interface Rejection {
  readonly rejected: true;
  readonly errorCode: ErrorCode;
  readonly errorMessage: string;
}

/**
 * Refuses with a code. Under 100008 and 100002 the reason is the text (platforms look for some of them word for word);
 * elsewhere the code's own text is, followed by the detail where one helps.
 */
export function reject(errorCode: ErrorCode, detail?: string): Rejection {
  const text = errorTexts[errorCode];
  const errorMessage = detail === undefined ? text : errorCode === '100008' ? detail : `${text}: ${detail}`;
  return { rejected: true, errorCode, errorMessage };
}

export const isRejection = (value: unknown): value is Rejection =>
  typeof value === 'object' && value !== null && (value as { rejected?: unknown }).rejected === true;

/** Reasons under 100008 that existing platforms look for, word for word. */
export const reasons = {
  frozenAmountShort: '冻结金额不足',
  freezeRemainderShort: '冻结订单可用金额不足',
  withdrawNotAccepted: '提现订单状态不为ACCEPT',
  withdrawNotConfirming: '提现订单状态不为CONFIRMING',
  saleEnded: '债权出让订单已结束',
  checkFileConfirmed: '对账文件已确认，请勿重复确认',
  projectCannotBecome: (status: string) => `标的当前不能变更为:${status}`,
  passwordNotLocked: '该用户密码未被冻结',
  alreadyAudited: '已经审核',
} as const;

/** Ends a closed switch: a value that reaches it does not compile. */
export function exhausted(value: never): never {
  throw new Error(`not handled: ${String(value)}`);
}
