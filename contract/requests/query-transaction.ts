/** QUERY_TRANSACTION 单笔业务查询: what became of one requestNo. */
import { z } from 'zod';
import { transactionTypes } from '../enumerations.ts';
import * as field from '../fields.ts';

export const queryTransaction = z.object({
  requestNo: field.requestNo,
  transactionType: field.oneOf(transactionTypes),
});
export type QueryTransaction = z.output<typeof queryTransaction>;
