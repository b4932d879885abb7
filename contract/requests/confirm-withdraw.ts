/** CONFIRM_WITHDRAW 提现确认: a withdrawal of form CONFIRMED goes out. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const confirmWithdraw = z.object({ requestNo: field.requestNo, preTransactionNo: field.requestNo });
export type ConfirmWithdraw = z.output<typeof confirmWithdraw>;
