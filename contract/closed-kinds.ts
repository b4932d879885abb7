/**
 * Kinds inside of open services that are not open yet: values that the protocol names and a request may carry, and that nobody can carry out.
 * They are refused at the counter, before a number is claimed, so that the same number can be used once they are open.
 */
import { type Rejection, reject } from './codes.ts';
import type { OpenService, RequestOf } from './services.ts';

/** By service and field, the values that are closed. */
const closedKinds: {
  readonly [S in OpenService]?: { readonly [F in keyof RequestOf<S>]?: readonly RequestOf<S>[F][] };
} = {
  // Transfers from a bank account 银行转账 come with the bank core; what comes back from a withdrawal is never asked for.
  RECHARGE: { rechargeWay: ['BANK', 'BACKROLL'] },
};

/** 100006 when the request is of a kind that is not open, else undefined. Says which field. */
export function closedKind<S extends OpenService>(serviceName: S, request: RequestOf<S>): Rejection | undefined {
  for (const [field, values] of Object.entries(closedKinds[serviceName] ?? {})) {
    const value: unknown = (request as Readonly<Record<string, unknown>>)[field];
    if ((values as readonly unknown[]).includes(value))
      return reject('100006', `${serviceName} with ${field} ${String(value)} is not yet opened`);
  }
  return undefined;
}
