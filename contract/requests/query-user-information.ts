/** QUERY_USER_INFORMATION 用户信息查询: a user's or a platform account's facts and balances. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const queryUserInformation = z.object({ platformUserNo: field.platformUserNo });
export type QueryUserInformation = z.output<typeof queryUserInformation>;
