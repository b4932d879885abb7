/** DEBENTURE_SALE 单笔债权出让: a creditor puts a part of his share on sale, in yuan of principal. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const debentureSale = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  projectNo: field.projectNo,
  saleShare: field.amount,
});
export type DebentureSale = z.output<typeof debentureSale>;
