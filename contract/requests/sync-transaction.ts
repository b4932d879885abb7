/** SYNC_TRANSACTION 单笔交易: one confirmed trade. Its details are money, so a field that is not known there is refused. */
import { z } from 'zod';
import { detailBizTypes, tradeTypes } from '../enumerations.ts';
import * as field from '../fields.ts';

/** The most details one trade may have. */
const MOST_DETAILS = 1000;

const tradeDetail = z.strictObject(
  {
    bizType: field.oneOf(detailBizTypes),
    freezeRequestNo: field.optional(field.requestNo),
    sourcePlatformUserNo: field.optional(field.platformUserNo),
    targetPlatformUserNo: field.optional(field.platformUserNo),
    amount: field.amount,
    income: field.optional(field.amountOrZero),
    share: field.amountOrNone,
    customDefine: field.optional(field.text(200)),
    remark: field.optional(field.text(200)),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `no field ${issue.keys.join(', ')} in a money detail` : 'an object',
  },
);
export type TradeDetail = z.output<typeof tradeDetail>;

export const syncTransaction = z.object({
  requestNo: field.requestNo,
  tradeType: field.oneOf(tradeTypes),
  projectNo: field.optional(field.projectNo),
  saleRequestNo: field.optional(field.requestNo),
  details: z
    .array(tradeDetail, { error: 'a list of details' })
    .min(1, { error: 'at least 1 detail' })
    .max(MOST_DETAILS, { error: `at most ${MOST_DETAILS} details` }),
});
export type SyncTransaction = z.output<typeof syncTransaction>;
