/**
 * ADJUST_URGENT_BALANCE 调整平台垫资额度: money between the platform's funds account and its advance line. Clients name the fields as the request
 * or as the record does; both names are taken.
 */
import { z } from 'zod';
import * as field from '../fields.ts';

const adjustTypes = ['INCREASE', 'REDUCE'] as const;

export const adjustUrgentBalance = z
  .object({
    requestNo: field.requestNo,
    adjustType: field.optional(field.oneOf(adjustTypes)),
    accountAdjustType: field.optional(field.oneOf(adjustTypes)),
    amount: field.optional(field.amount),
    adjustAmount: field.optional(field.amount),
  })
  .transform(({ requestNo, adjustType, accountAdjustType, amount, adjustAmount }, context) => {
    const required = (name: string): never => {
      context.addIssue({ code: 'custom', message: 'required', path: [name] });
      return z.NEVER;
    };
    const type = adjustType ?? accountAdjustType;
    const sum = amount ?? adjustAmount;
    if (type === undefined) return required('adjustType');
    if (sum === undefined) return required('amount');
    return { requestNo, adjustType: type, amount: sum };
  });
export type AdjustUrgentBalance = z.output<typeof adjustUrgentBalance>;
