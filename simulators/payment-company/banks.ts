/**
 * What the company knows of cards and people. The bank follows from a card's first digits; whether the four elements belong together is
 * decided by documented endings, so that a test can have a mismatch: a card ending in 99999, an ID number ending in 99999 (or 9999X), a
 * mobile ending in 99999, or a name that begins with 不符. A pay-out to a card ending in 88888 is refused by the card's bank.
 */

/** First digits (the longest that fits wins) and the code of the bank that issues them. */
const issuers: readonly (readonly [prefix: string, bank: string])[] = [
  ['622202', 'ICBC'],
  ['6222', 'ICBC'],
  ['6212', 'ICBC'],
  ['955880', 'ICBC'],
  ['6228', 'ABOC'],
  ['6230', 'ABOC'],
  ['6217', 'PCBC'],
  ['6227', 'PCBC'],
  ['6216', 'BKCH'],
  ['6013', 'BKCH'],
  ['621626', 'SZDB'],
  ['622155', 'SZDB'],
  ['622260', 'COMM'],
  ['622262', 'COMM'],
  ['6214', 'CMBC'],
  ['622609', 'CMBC'],
  ['622588', 'CMBC'],
  ['622622', 'MSBC'],
  ['622617', 'MSBC'],
  ['622521', 'SPDB'],
  ['621792', 'SPDB'],
  ['622909', 'CIBK'],
  ['622908', 'CIBK'],
  ['622660', 'EVER'],
  ['622663', 'EVER'],
  ['622638', 'HXBK'],
  ['622630', 'HXBK'],
  ['622568', 'GDBK'],
  ['622188', 'PSBC'],
  ['621098', 'PSBC'],
  ['622851', 'BJCN'],
  ['621030', 'BJCN'],
  ['621022', 'HKBC'],
];

/** The issuing bank's code, or undefined for a card of no bank that the company serves. */
export function bankOf(bankcardNo: string): string | undefined {
  let best: readonly [string, string] | undefined;
  for (const issuer of issuers) {
    if (bankcardNo.startsWith(issuer[0]) && issuer[0].length > (best?.[0].length ?? 0)) best = issuer;
  }
  return best?.[1];
}

export interface Elements {
  readonly name: string;
  readonly idCardNo: string;
  readonly bankcardNo: string;
  readonly mobile: string;
}

export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Whether the four elements belong together: the bank's code when they do. */
export function identify(elements: Elements): { readonly bankCode: string } | Refusal {
  const bankCode = bankOf(elements.bankcardNo);
  if (bankCode === undefined) return { code: 'CARD_NOT_SUPPORTED', message: '不支持此银行卡' };
  if (elements.name.startsWith('不符')) return { code: 'NAME_MISMATCH', message: '姓名与银行卡不符' };
  if (/9999[9X]$/.test(elements.idCardNo)) return { code: 'ID_MISMATCH', message: '证件号与银行卡不符' };
  if (elements.bankcardNo.endsWith('99999')) return { code: 'CARD_INVALID', message: '银行卡状态异常' };
  if (elements.mobile.endsWith('99999')) return { code: 'MOBILE_MISMATCH', message: '手机号与银行预留不符' };
  return { bankCode };
}

/** Why a card's bank refuses a pay-out, or undefined when it takes it. */
export function payoutRefusal(bankcardNo: string): Refusal | undefined {
  if (bankOf(bankcardNo) === undefined) return { code: 'CARD_NOT_SUPPORTED', message: '不支持此银行卡' };
  if (bankcardNo.endsWith('88888')) return { code: 'ACCOUNT_ABNORMAL', message: '收款账户状态异常' };
  return undefined;
}
