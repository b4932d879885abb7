/** CANCEL_PRE_TRANSACTION 预处理取消: gives back the whole or a part of what a pre-transaction reserves. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const cancelPreTransaction = z.object({
  requestNo: field.requestNo,
  preTransactionNo: field.requestNo,
  amount: field.amount,
  commission: field.optional(field.amountOrZero),
});
export type CancelPreTransaction = z.output<typeof cancelPreTransaction>;
