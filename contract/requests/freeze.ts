/** FREEZE 资金冻结: a general freeze of part of an account, for no trade in particular. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const freeze = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  amount: field.amount,
});
export type Freeze = z.output<typeof freeze>;
