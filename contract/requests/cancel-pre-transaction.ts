/**
 * CANCEL_PRE_TRANSACTION 预处理取消: gives back the whole or a part of what a pre-transaction reserves. Of what is given back the platform may
 * take a commission, and share that with partners 分润.
 */
import { z } from 'zod';
import * as field from '../fields.ts';

/** The most partners one commission is shared with. */
const MOST_PROFITS = 100;

/** Money, so a field that is not known here is refused. Who gets it is named as in a trade's details, or in one word. */
const profitDetail = z
  .strictObject(
    {
      targetPlatformUserNo: field.optional(field.platformUserNo),
      platformUserNo: field.optional(field.platformUserNo),
      amount: field.amount,
      customDefine: field.optional(field.text(200)),
      remark: field.optional(field.text(200)),
    },
    {
      error: (issue) =>
        issue.code === 'unrecognized_keys' ? `no field ${issue.keys.join(', ')} in a money detail` : 'an object',
    },
  )
  .transform(({ targetPlatformUserNo, platformUserNo, ...detail }, context) => {
    const target = targetPlatformUserNo ?? platformUserNo;
    if (target === undefined) {
      context.addIssue({ code: 'custom', message: 'required', path: ['targetPlatformUserNo'] });
      return z.NEVER;
    }
    return { ...detail, targetPlatformUserNo: target };
  });

export const cancelPreTransaction = z.object({
  requestNo: field.requestNo,
  preTransactionNo: field.requestNo,
  amount: field.amount,
  commission: field.optional(field.amountOrZero),
  profitDetails: field.optional(
    z
      .array(profitDetail, { error: 'a list of details' })
      .max(MOST_PROFITS, { error: `at most ${MOST_PROFITS} details` }),
  ),
});
export type CancelPreTransaction = z.output<typeof cancelPreTransaction>;
