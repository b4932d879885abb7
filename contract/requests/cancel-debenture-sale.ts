/** CANCEL_DEBENTURE_SALE 取消债权出让: what was not sold is on sale no longer. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const cancelDebentureSale = z.object({
  requestNo: field.requestNo,
  creditsaleRequestNo: field.requestNo,
});
export type CancelDebentureSale = z.output<typeof cancelDebentureSale>;
