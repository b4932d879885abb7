/**
 * Where personal data is sealed and opened: a request's clear fields are sealed before anything else sees them, and sealed fields of an
 * answer are opened when it is printed for its platform. Nothing else in the gateway opens one, but for a page that compares.
 */
import type { Sealer } from '../certs/seal.ts';
import type { PlatformAct } from '../contract/internal/instruction.ts';
import type { FieldValue } from '../contract/internal/reply.ts';
import { type Clear, isSealed, type PersonalKind } from '../contract/sealed.ts';
import type { DirectService, PageService, RequestOf } from '../contract/services.ts';
import { Defect } from '../runtime/failure.ts';

type ClearKeys<T> = { [K in keyof T]-?: NonNullable<T[K]> extends Clear ? K : never }[keyof T];

/** The clear fields of every request; a new one does not compile until it is named here. */
const clearFields: {
  readonly [S in DirectService | PageService]: { readonly [K in ClearKeys<RequestOf<S>>]: PersonalKind };
} = {
  PERSONAL_REGISTER_EXPAND: { realName: 'NAME', idCardNo: 'ID_CARD', bankcardNo: 'BANK_CARD', mobile: 'MOBILE' },
  RESET_PASSWORD: {},
  CHECK_PASSWORD: {},
  USER_AUTHORIZATION: {},
  RECHARGE: {},
  WITHDRAW: {},
  CONFIRM_WITHDRAW: {},
  CANCEL_WITHDRAW: {},
  INTERCEPT_WITHDRAW: {},
  ADJUST_URGENT_BALANCE: {},
  VERIFY_DEDUCT: {},
  FREEZE: {},
  UNFREEZE: {},
  ESTABLISH_PROJECT: {},
  MODIFY_PROJECT: {},
  USER_PRE_TRANSACTION: {},
  USER_AUTO_PRE_TRANSACTION: {},
  FREEZE_PRE_TRANSACTION: {},
  CANCEL_PRE_TRANSACTION: {},
  SYNC_TRANSACTION: {},
  ASYNC_TRANSACTION: {},
  DEBENTURE_SALE: {},
  CANCEL_DEBENTURE_SALE: {},
  AUTHORIZATION_ENTRUST_PAY: {},
};

/** What the sealed fields of answers hold, by their name in the protocol. */
const answerFields: Readonly<Record<string, PersonalKind>> = {
  name: 'NAME',
  realName: 'NAME',
  legal: 'NAME',
  contact: 'NAME',
  idCardNo: 'ID_CARD',
  legalIdCardNo: 'ID_CARD',
  bankcardNo: 'BANK_CARD',
  mobile: 'MOBILE',
  payMobile: 'MOBILE',
  contactPhone: 'MOBILE',
};

/** The request as the bus and the books may see it. */
export function sealAct<S extends DirectService | PageService>(
  service: S,
  request: RequestOf<S>,
  sealer: Sealer,
): PlatformAct & { readonly service: S } {
  const sealed: Record<string, unknown> = { ...request };
  for (const [field, kind] of Object.entries<PersonalKind>(clearFields[service])) {
    const value = sealed[field];
    if (value !== undefined) sealed[field] = sealer.seal(kind, value as Clear);
  }
  // The table above holds every clear field of every request, so what is left has the sealed type.
  return { service, request: sealed } as unknown as PlatformAct & { readonly service: S };
}

/** Opens every sealed field of an answer's value. Throws `SealBroken`, or `Defect` for a sealed field whose kind nobody named. */
export function openFields(value: FieldValue, sealer: Sealer, name = ''): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (isSealed(value)) {
    const kind = answerFields[name];
    if (kind === undefined) throw new Defect(`an answer's field ${name} is sealed, and nobody says what it holds`);
    return sealer.open(kind, value);
  }
  if (Array.isArray(value)) return value.map((inner: FieldValue) => openFields(inner, sealer, name));
  return Object.fromEntries(
    Object.entries(value as { readonly [name: string]: FieldValue }).map(([key, inner]) => [
      key,
      openFields(inner, sealer, key),
    ]),
  );
}
