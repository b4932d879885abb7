/** USER_AUTO_PRE_TRANSACTION 授权预处理: a pre-transaction without a page, on a valid authorisation or an approved recharge. */
import { z } from 'zod';
import * as field from '../fields.ts';
import { preTransactionFields } from './user-pre-transaction.ts';

export const userAutoPreTransaction = z.object({
  ...preTransactionFields,
  originalRechargeNo: field.optional(field.requestNo),
});
export type UserAutoPreTransaction = z.output<typeof userAutoPreTransaction>;
