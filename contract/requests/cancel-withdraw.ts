/** CANCEL_WITHDRAW 提现取消: a withdrawal of form CONFIRMED is given up, and its hold released. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const cancelWithdraw = z.object({ requestNo: field.requestNo, preTransactionNo: field.requestNo });
export type CancelWithdraw = z.output<typeof cancelWithdraw>;
