/** QUERY_AUTHORIZATION_ENTRUST_PAY 委托支付授权查询: what became of one authorisation, by its requestNo. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const queryAuthorizationEntrustPay = z.object({ requestNo: field.requestNo });
export type QueryAuthorizationEntrustPay = z.output<typeof queryAuthorizationEntrustPay>;
