/** WITHDRAW 提现: money from a sub-account to the user's bound card. `amount` includes the commission. */
import { z } from 'zod';
import { withdrawForms, withdrawTypes } from '../enumerations.ts';
import * as field from '../fields.ts';

export const withdraw = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  amount: field.amount,
  commission: field.optional(field.amountOrZero),
  withdrawType: field.optional(field.oneOf(withdrawTypes)),
  withdrawForm: field.optional(field.oneOf(withdrawForms)),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type Withdraw = z.output<typeof withdraw>;
