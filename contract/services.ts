/**
 * The closed table of the protocol's services: how each is called, what its request is, whether it is open.
 *
 * A service named here and not open answers 100006. Opening one means giving it a request; then every room that must handle it stops
 * compiling until it does.
 */
import type { z } from 'zod';
import { adjustUrgentBalance } from './requests/adjust-urgent-balance.ts';
import { asyncTransaction } from './requests/async-transaction.ts';
import { authorizationEntrustPay } from './requests/authorization-entrust-pay.ts';
import { cancelDebentureSale } from './requests/cancel-debenture-sale.ts';
import { cancelPreTransaction } from './requests/cancel-pre-transaction.ts';
import { cancelWithdraw } from './requests/cancel-withdraw.ts';
import { checkPassword } from './requests/check-password.ts';
import { confirmWithdraw } from './requests/confirm-withdraw.ts';
import { debentureSale } from './requests/debenture-sale.ts';
import { establishProject } from './requests/establish-project.ts';
import { freeze } from './requests/freeze.ts';
import { freezePreTransaction } from './requests/freeze-pre-transaction.ts';
import { interceptWithdraw } from './requests/intercept-withdraw.ts';
import { modifyProject } from './requests/modify-project.ts';
import { personalRegisterExpand } from './requests/personal-register-expand.ts';
import { queryAuthorizationEntrustPay } from './requests/query-authorization-entrust-pay.ts';
import { queryProjectInformation } from './requests/query-project-information.ts';
import { queryTransaction } from './requests/query-transaction.ts';
import { queryUserInformation } from './requests/query-user-information.ts';
import { recharge } from './requests/recharge.ts';
import { resetPassword } from './requests/reset-password.ts';
import { syncTransaction } from './requests/sync-transaction.ts';
import { unfreeze } from './requests/unfreeze.ts';
import { userAuthorization } from './requests/user-authorization.ts';
import { userAutoPreTransaction } from './requests/user-auto-pre-transaction.ts';
import { userPreTransaction } from './requests/user-pre-transaction.ts';
import { verifyDeduct } from './requests/verify-deduct.ts';
import { withdraw } from './requests/withdraw.ts';

/**
 * `page` is posted to /gateway by the browser and approved there; `direct` and `query` to /service; `download` and `upload` to their own paths.
 * A query claims no number. `notified`: its result is also told by a notification.
 */
type Shape<M, Q> = { readonly mode: M; readonly request: Q; readonly notified: boolean };
const page = <Q extends z.ZodType>(request: Q): Shape<'page', Q> => ({ mode: 'page', request, notified: true });
const direct = <Q extends z.ZodType>(request: Q): Shape<'direct', Q> => ({ mode: 'direct', request, notified: false });
const notified = <Q extends z.ZodType>(request: Q): Shape<'direct', Q> => ({ mode: 'direct', request, notified: true });
const query = <Q extends z.ZodType>(request: Q): Shape<'query', Q> => ({ mode: 'query', request, notified: false });
const closed = { mode: 'closed' } as const;

export const services = {
  // Account 账户
  PERSONAL_REGISTER_EXPAND: page(personalRegisterExpand),
  ENTERPRISE_REGISTER: closed,
  PERSONAL_BIND_BANKCARD_EXPAND: closed,
  ENTERPRISE_BIND_BANKCARD: closed,
  UNBIND_BANKCARD: closed,
  AUDIT_BIND_CARD: closed,
  CHANGE_USER_BANKCARD: closed,
  RESET_PASSWORD: page(resetPassword),
  CHECK_PASSWORD: page(checkPassword),
  MODIFY_MOBILE_EXPAND: closed,
  ENTERPRISE_INFORMATION_UPDATE: closed,
  ACTIVATE_STOCKED_USER: closed,
  ONLINE_WHITELIST_ADD: closed,
  ONLINE_WHITELIST_DEL: closed,
  UNFREEZE_TRADE_PASSWORD: closed,
  USER_AUTHORIZATION: page(userAuthorization),
  CANCEL_USER_AUTHORIZATION: closed,
  QUERY_USER_INFORMATION: query(queryUserInformation),
  // Money 资金
  RECHARGE: page(recharge),
  WITHDRAW: page(withdraw),
  CONFIRM_WITHDRAW: direct(confirmWithdraw),
  CANCEL_WITHDRAW: direct(cancelWithdraw),
  INTERCEPT_WITHDRAW: direct(interceptWithdraw),
  ADJUST_URGENT_BALANCE: direct(adjustUrgentBalance),
  VERIFY_DEDUCT: page(verifyDeduct),
  FREEZE: direct(freeze),
  UNFREEZE: direct(unfreeze),
  QUERY_TRANSACTION_RECORD: closed,
  REMIT_QUERY_SERVICE: closed,
  // Trade 交易
  ESTABLISH_PROJECT: direct(establishProject),
  MODIFY_PROJECT: direct(modifyProject),
  USER_PRE_TRANSACTION: page(userPreTransaction),
  USER_AUTO_PRE_TRANSACTION: direct(userAutoPreTransaction),
  FREEZE_PRE_TRANSACTION: direct(freezePreTransaction),
  CANCEL_PRE_TRANSACTION: direct(cancelPreTransaction),
  SYNC_TRANSACTION: direct(syncTransaction),
  ASYNC_TRANSACTION: direct(asyncTransaction),
  DEBENTURE_SALE: direct(debentureSale),
  CANCEL_DEBENTURE_SALE: direct(cancelDebentureSale),
  AUTHORIZATION_ENTRUST_PAY: notified(authorizationEntrustPay),
  QUERY_AUTHORIZATION_ENTRUST_PAY: query(queryAuthorizationEntrustPay),
  QUERY_PROJECT_INFORMATION: query(queryProjectInformation),
  QUERY_TRANSACTION: query(queryTransaction),
  // Files and proofs 对账
  DOWNLOAD_CHECKFILE: closed,
  CONFIRM_CHECKFILE: closed,
  UPLOAD_CHECKFILE: closed,
  QUERY_BALANCE_PROOF: closed,
  QUERY_NOTIFICATION: closed,
  RESEND_NOTIFICATION: closed,
} as const;

export type ServiceName = keyof typeof services;
type Mode<M> = { [S in ServiceName]: (typeof services)[S]['mode'] extends M ? S : never }[ServiceName];

export type PageService = Mode<'page'>;
export type DirectService = Mode<'direct'>;
export type QueryService = Mode<'query'>;
/** A service that is open. */
export type OpenService = PageService | DirectService | QueryService;

/** The request of an open service, as parsed, personal data still clear. */
export type RequestOf<S extends OpenService> = z.output<(typeof services)[S]['request']>;

export const isServiceName = (name: string): name is ServiceName => Object.hasOwn(services, name);
export const isOpen = (name: ServiceName): name is OpenService => services[name].mode !== 'closed';
export const isPage = (name: ServiceName): name is PageService => services[name].mode === 'page';
export const isQuery = (name: ServiceName): name is QueryService => services[name].mode === 'query';

/** Whether all its results are told by notifications. */
export function isNotified(name: ServiceName): boolean {
  const service = services[name];
  return service.mode !== 'closed' && service.notified;
}
