/** UNFREEZE 资金解冻: a part of a general freeze, or all of it, becomes available again. `generaFreezeRequest` is its historic name. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const unfreeze = z
  .object({
    requestNo: field.requestNo,
    originalFreezeRequestNo: field.optional(field.requestNo),
    generaFreezeRequest: field.optional(field.requestNo),
    platformUserNo: field.optional(field.platformUserNo),
    amount: field.amount,
  })
  .transform(({ originalFreezeRequestNo, generaFreezeRequest, ...request }, context) => {
    const freezeNo = originalFreezeRequestNo ?? generaFreezeRequest;
    if (freezeNo === undefined) {
      context.addIssue({ code: 'custom', message: 'required', path: ['originalFreezeRequestNo'] });
      return z.NEVER;
    }
    return { ...request, originalFreezeRequestNo: freezeNo };
  });
export type Unfreeze = z.output<typeof unfreeze>;
