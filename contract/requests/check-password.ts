/** CHECK_PASSWORD 验证密码: the user proves his trade password on the bank's page, for an act named by the platform. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const checkPassword = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  bizTypeDescription: field.text(100),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type CheckPassword = z.output<typeof checkPassword>;
