/**
 * ASYNC_TRANSACTION 批量交易: many confirmed trades in one message, each with a number of its own. The limits are ours (protocol section 4);
 * one malformed item makes the whole message malformed, and claims nothing.
 */
import { z } from 'zod';
import * as field from '../fields.ts';
import { syncTransaction } from './sync-transaction.ts';

export const MOST_ITEMS = 3_000;
/** Over all items of a batch. */
export const MOST_BATCH_DETAILS = 10_000;

export const asyncTransaction = z
  .object({
    batchNo: field.requestNo,
    bizDetails: z
      .array(syncTransaction, { error: 'a list of trades' })
      .min(1, { error: 'at least 1 trade' })
      .max(MOST_ITEMS, { error: `at most ${MOST_ITEMS} trades` })
      .refine((items) => items.reduce((total, { details }) => total + details.length, 0) <= MOST_BATCH_DETAILS, {
        error: `at most ${MOST_BATCH_DETAILS} details in all`,
      }),
  })
  // A batch's number is claimed as every other is.
  .transform(({ batchNo, bizDetails }) => ({ requestNo: batchNo, bizDetails }));
export type AsyncTransaction = z.output<typeof asyncTransaction>;
