/** ESTABLISH_PROJECT 创建标的: files a borrower's project. Rate, period and way are recorded, not computed. */
import { z } from 'zod';
import { productTypes, projectTypes, repaymentWays } from '../enumerations.ts';
import * as field from '../fields.ts';

export const establishProject = z
  .object({
    requestNo: field.requestNo,
    platformUserNo: field.platformUserNo,
    projectNo: field.projectNo,
    projectAmount: field.amount,
    projectName: field.name(100),
    projectDescription: field.optional(field.longText(2000)),
    projectType: field.oneOf(projectTypes),
    projectPeriod: field.integer(1, 36_500),
    annnualInterestRate: field.optional(field.decimal),
    annualInterestRate: field.optional(field.decimal),
    repaymentWay: field.oneOf(repaymentWays),
    productType: field.optional(field.oneOf(productTypes)),
    extend: field.optional(field.longText(2000)),
  })
  .transform(({ annnualInterestRate, annualInterestRate, ...project }, context) => {
    const rate = annnualInterestRate ?? annualInterestRate;
    if (rate === undefined) {
      context.addIssue({ code: 'custom', message: 'required', path: ['annnualInterestRate'] });
      return z.NEVER;
    }
    return { ...project, annualInterestRate: rate };
  });
export type EstablishProject = z.output<typeof establishProject>;
