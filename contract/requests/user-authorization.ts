/** USER_AUTHORIZATION 用户授权: the user lets the platform act on his behalf up to a cap and until a day. */
import { z } from 'zod';
import { authorisations } from '../enumerations.ts';
import * as field from '../fields.ts';

export const userAuthorization = z.object({
  requestNo: field.requestNo,
  platformUserNo: field.platformUserNo,
  authList: field.listOf(authorisations),
  amount: field.optional(field.amount),
  failTime: field.optional(field.day),
  expired: field.optional(field.moment),
  redirectUrl: field.optional(field.url),
});
export type UserAuthorization = z.output<typeof userAuthorization>;
