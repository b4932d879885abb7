/** USER_PRE_TRANSACTION 用户预处理: the user reserves money for a bid or another trade, approved by his password on the bank's page. */
import { z } from 'zod';
import { preTransactionBizTypes } from '../enumerations.ts';
import * as field from '../fields.ts';

/** What both pre-transactions, with and without a page, say. */
export const preTransactionFields = {
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  bizType: field.oneOf(preTransactionBizTypes),
  amount: field.amount,
  preMarketingAmount: field.optional(field.amountOrZero),
  projectNo: field.projectNo,
  remark: field.optional(field.text(200)),
  share: field.amountOrNone,
  creditsaleRequestNo: field.optional(field.requestNo),
};

export const userPreTransaction = z.object({
  ...preTransactionFields,
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type UserPreTransaction = z.output<typeof userPreTransaction>;
