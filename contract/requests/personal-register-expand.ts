/** PERSONAL_REGISTER_EXPAND 个人绑卡注册: a person opens a sub-account on the bank's page. */
import { z } from 'zod';
import { authorisations, idCardTypes, userRoles } from '../enumerations.ts';
import * as field from '../fields.ts';

export const personalRegisterExpand = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  realName: field.realName,
  idCardNo: field.idCardNo,
  idCardType: field.oneOf(idCardTypes),
  bankcardNo: field.bankcardNo,
  bankcode: field.optional(field.bankcode),
  mobile: field.mobile,
  userRole: field.oneOf(userRoles),
  checkType: field.optional(field.oneOf(['LIMIT'])),
  userLimitType: field.optional(field.oneOf(['ID_CARD_NO_UNIQUE'])),
  authList: field.optional(field.listOf(authorisations)),
  amount: field.optional(field.amount),
  failTime: field.optional(field.day),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type PersonalRegisterExpand = z.output<typeof personalRegisterExpand>;
