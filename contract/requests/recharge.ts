/** RECHARGE 充值: money from a payment channel into a sub-account or a platform account. */
import { z } from 'zod';
import { rechargeWays } from '../enumerations.ts';
import * as field from '../fields.ts';

export const recharge = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  amount: field.amount,
  commission: field.optional(field.amountOrZero),
  expectPayCompany: field.optional(field.identifier(30)),
  rechargeWay: field.oneOf(rechargeWays),
  bankcode: field.optional(field.bankcode),
  payType: field.optional(field.oneOf(['B2C', 'B2B'])),
  authtradeType: field.optional(field.oneOf(['TENDER'])),
  authtenderAmount: field.amountOrNone,
  projectNo: field.optional(field.projectNo),
  swiftRoute: field.optional(field.text(50)),
  callbackMode: field.optional(field.text(50)),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type Recharge = z.output<typeof recharge>;
