/** The words of the pages, Chinese with English beside it: titles of services, labels of fields, and how a value is written. */
import { errorTexts } from '../../contract/codes.ts';
import type { Answer, FieldValue } from '../../contract/internal/reply.ts';
import { type Fen, formatYuan } from '../../contract/money.ts';
import { isSealed } from '../../contract/sealed.ts';
import type { PageService } from '../../contract/services.ts';
import type { Words } from '../identity/rules.ts';

/** What the user does on a service's page. */
export const titles: { readonly [S in PageService]: Words } = {
  PERSONAL_REGISTER_EXPAND: { zh: '开立存管账户', en: 'Open a custody account' },
  RESET_PASSWORD: { zh: '修改交易密码', en: 'Change the trade password' },
  CHECK_PASSWORD: { zh: '验证交易密码', en: 'Confirm by trade password' },
  USER_AUTHORIZATION: { zh: '用户授权', en: 'Authorise the platform' },
  RECHARGE: { zh: '充值', en: 'Recharge' },
  WITHDRAW: { zh: '提现', en: 'Withdraw' },
  VERIFY_DEDUCT: { zh: '支付平台费用', en: 'Pay the platform' },
  USER_PRE_TRANSACTION: { zh: '交易确认', en: 'Confirm a transaction' },
};

const labels: Readonly<Record<string, Words>> = {
  platformNo: { zh: '平台编号', en: 'Platform' },
  platformUserNo: { zh: '平台用户编号', en: 'User' },
  requestNo: { zh: '请求流水号', en: 'Request number' },
  amount: { zh: '金额', en: 'Amount' },
  commission: { zh: '手续费', en: 'Commission' },
  targetPlatformUserNo: { zh: '收款方', en: 'Payee' },
  remitType: { zh: '到账方式', en: 'How it is sent' },
  receiveAmount: { zh: '实际到账金额', en: 'You receive' },
  preMarketingAmount: { zh: '平台红包', en: 'Coupon' },
  bizType: { zh: '业务类型', en: 'Kind' },
  bizTypeDescription: { zh: '验证事项', en: 'What for' },
  projectNo: { zh: '标的编号', en: 'Project number' },
  projectName: { zh: '标的名称', en: 'Project' },
  share: { zh: '份额', en: 'Share' },
  creditsaleRequestNo: { zh: '债权出让流水号', en: 'Debenture sale' },
  realName: { zh: '姓名', en: 'Name' },
  name: { zh: '姓名', en: 'Name' },
  idCardType: { zh: '证件类型', en: 'Kind of ID' },
  idCardNo: { zh: '证件号码', en: 'ID number' },
  bankcardNo: { zh: '银行卡号', en: 'Bank card' },
  bankcode: { zh: '银行', en: 'Bank' },
  mobile: { zh: '手机号', en: 'Mobile' },
  userRole: { zh: '用户角色', en: 'Role' },
  authList: { zh: '授权类型', en: 'Authorised for' },
  failTime: { zh: '授权截止日', en: 'Until' },
  rechargeWay: { zh: '充值方式', en: 'Way' },
  payCompany: { zh: '支付公司', en: 'Pay company' },
  expectPayCompany: { zh: '支付公司', en: 'Pay company' },
  payType: { zh: '支付类型', en: 'Kind of payment' },
  withdrawType: { zh: '提现类型', en: 'Kind of withdrawal' },
  withdrawForm: { zh: '提现方式', en: 'Form of withdrawal' },
  isSkip: { zh: '修改方式', en: 'Way' },
};

export const labelOf = (field: string): Words => labels[field] ?? { zh: field, en: '' };

/** A value as the user reads it: money in yuan, personal data masked, lists with commas; what has no text is left out. */
export function valueText(value: FieldValue): string | undefined {
  if (value === null) return undefined;
  if (typeof value === 'bigint') return `${formatYuan(value as Fen)} 元 CNY`;
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '是 yes' : '否 no';
  if (isSealed(value)) return value.masked;
  if (Array.isArray(value))
    return value
      .map((inner: FieldValue) => valueText(inner))
      .filter((text) => text !== undefined)
      .join(', ');
  return undefined;
}

/** How a page ended without its user's approval. */
export type Ending = 'CANCELLED' | 'EXPIRED';

const endings: { readonly [E in Ending]: Words } = {
  CANCELLED: { zh: '您已取消，未作任何变更', en: 'You cancelled. Nothing was changed' },
  EXPIRED: { zh: '页面已过期，未作任何变更', en: 'This page has expired. Nothing was changed' },
};

const FAILED = new Set(['FAIL', 'ERROR', 'ACCEPT_FAIL']);

/** What happened, in words. */
export function outcomeWords(answer: Answer, ending?: Ending): Words {
  if (ending !== undefined) return endings[ending];
  const { errorCode, errorMessage, status, fields } = answer;
  if (errorCode !== undefined)
    return { zh: `未成功：${errorMessage ?? errorTexts[errorCode]}`, en: `Not done. Code ${errorCode}` };
  const state = fields['rechargeStatus'] ?? fields['withdrawStatus'];
  if (typeof state === 'string' && FAILED.has(state)) return { zh: '未成功', en: 'Not done' };
  if (status === 'SUCCESS') return { zh: '成功', en: 'Done' };
  return { zh: '已受理，处理中', en: 'Accepted, and in progress' };
}
