/** INTERCEPT_WITHDRAW 提现拦截: a withdrawal that was accepted and not sent yet comes back. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const interceptWithdraw = z.object({ requestNo: field.requestNo, withdrawRequestNo: field.requestNo });
export type InterceptWithdraw = z.output<typeof interceptWithdraw>;
