/**
 * FREEZE_PRE_TRANSACTION 冻结预处理: turns a general freeze, or a part of it, into a pre-transaction. The freeze is named by
 * originalFreezeRequestNo, or by the field names of FREEZE's history; its owner need not be repeated.
 */
import { z } from 'zod';
import * as field from '../fields.ts';
import { preTransactionFields } from './user-pre-transaction.ts';

export const freezePreTransaction = z
  .object({
    ...preTransactionFields,
    platformUserNo: field.optional(field.platformUserNo),
    originalFreezeRequestNo: field.optional(field.requestNo),
    generalFreezeRequestNo: field.optional(field.requestNo),
    generaFreezeRequest: field.optional(field.requestNo),
  })
  .transform(({ originalFreezeRequestNo, generalFreezeRequestNo, generaFreezeRequest, ...request }, context) => {
    const freezeNo = originalFreezeRequestNo ?? generalFreezeRequestNo ?? generaFreezeRequest;
    if (freezeNo === undefined) {
      context.addIssue({ code: 'custom', message: 'required', path: ['originalFreezeRequestNo'] });
      return z.NEVER;
    }
    return { ...request, originalFreezeRequestNo: freezeNo };
  });
export type FreezePreTransaction = z.output<typeof freezePreTransaction>;
