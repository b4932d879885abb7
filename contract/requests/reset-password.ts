/** RESET_PASSWORD 修改密码: the user sets a new trade password, by the old one (Remember) or by his four elements (Forget). */
import { z } from 'zod';
import * as field from '../fields.ts';

export const resetPassword = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  isSkip: field.optional(field.oneOf(['Remember', 'Forget'])),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type ResetPassword = z.output<typeof resetPassword>;
