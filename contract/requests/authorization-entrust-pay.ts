/**
 * AUTHORIZATION_ENTRUST_PAY 委托支付授权: the borrower names whom the loan of an entrusted project is paid. Clients name the borrower
 * borrowPlatformUserNo; platformUserNo, as elsewhere, is taken too.
 */
import { z } from 'zod';
import { entrustedTypes } from '../enumerations.ts';
import * as field from '../fields.ts';

export const authorizationEntrustPay = z
  .object({
    requestNo: field.requestNo,
    borrowPlatformUserNo: field.optional(field.platformUserNo),
    platformUserNo: field.optional(field.platformUserNo),
    projectNo: field.projectNo,
    checkType: field.optional(field.oneOf(['LIMIT'])),
    entrustedType: field.oneOf(entrustedTypes),
    entrustedPlatformUserNo: field.platformUserNo,
  })
  .transform(({ borrowPlatformUserNo, platformUserNo, ...request }, context) => {
    const borrower = borrowPlatformUserNo ?? platformUserNo;
    if (borrower === undefined) {
      context.addIssue({ code: 'custom', message: 'required', path: ['borrowPlatformUserNo'] });
      return z.NEVER;
    }
    return { ...request, platformUserNo: borrower };
  });
export type AuthorizationEntrustPay = z.output<typeof authorizationEntrustPay>;
