/** VERIFY_DEDUCT 验密扣费: the user pays a platform account, by his password on the bank's page. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const verifyDeduct = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  amount: field.amount,
  targetPlatformUserNo: field.platformUserNo,
  customDefine: field.optional(field.text(200)),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type VerifyDeduct = z.output<typeof verifyDeduct>;
