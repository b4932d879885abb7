/** What a page's form must prove before it is approved, by what the page asks; and the sentence that says why it did not. */
import type { Sealer } from '../../certs/seal.ts';
import { type Clear, isSealed, type PersonalKind } from '../../contract/sealed.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { PasswordHash } from '../identity/hash.ts';
import { newPasswordProblem, type Words } from '../identity/rules.ts';
import type { Proof, TradePasswords } from '../identity/trade-password.ts';
import type { PageRow } from './rows.ts';

/** Proved, with the hash of a new password if the page sets one; or the problem. */
export type Proved = { readonly hash: PasswordHash | undefined } | { readonly problem: Words };

/** Throws Unavailable. */
export type Proving = (page: PageRow, form: URLSearchParams) => Promise<Proved>;

const HOUR_MS = 3_600_000;

function problemOf(proof: Exclude<Proof, { proof: 'RIGHT' }>, wrong: Words, now: number): Words {
  switch (proof.proof) {
    case 'ABSENT':
      return { zh: '尚未设置交易密码', en: 'No trade password has been set' };
    case 'WRONG':
      return {
        zh: `${wrong.zh}，还可尝试 ${proof.left} 次`,
        en: `${wrong.en}. ${proof.left} more ${proof.left === 1 ? 'try' : 'tries'}`,
      };
    case 'LOCKED': {
      const hours = Math.max(1, Math.ceil((proof.until.getTime() - now) / HOUR_MS));
      return {
        zh: `交易密码因多次错误已被锁定，约 ${hours} 小时后自动解锁`,
        en: `The trade password is locked after too many wrong tries; it unlocks in about ${hours} h`,
      };
    }
  }
}

const wrongPassword: Words = { zh: '交易密码错误', en: 'The trade password is wrong' };
const wrongElements: Words = { zh: '身份信息不符', en: 'These are not the data you registered with' };

const elementKinds: readonly (readonly [element: 'name' | 'idCardNo' | 'bankcardNo' | 'mobile', kind: PersonalKind])[] =
  [
    ['name', 'NAME'],
    ['idCardNo', 'ID_CARD'],
    ['bankcardNo', 'BANK_CARD'],
    ['mobile', 'MOBILE'],
  ];

export function provingOf(
  passwords: TradePasswords,
  sealer: Pick<Sealer, 'keyedHash'>,
  now: () => number,
  metrics: Metrics,
): Proving {
  const tries = metrics.counter('gateway_password_tries_total', 'Tries of trade passwords, by what came of them', [
    'proof',
  ]);
  const given = (form: URLSearchParams, name: string): string => form.get(name) ?? '';

  /** Whether all four elements are the registered ones; compared by keyed hash, so that nothing is opened. */
  const sameElements = (page: PageRow, form: URLSearchParams): boolean =>
    elementKinds.every(([element, kind]) => {
      const registered = page.facts.elements?.[element];
      if (!isSealed(registered)) return false;
      return sealer.keyedHash(kind, given(form, element).slice(0, 100) as Clear) === registered.keyedHash;
    });

  const byPassword = async (page: PageRow, password: string): Promise<Words | undefined> => {
    // Nothing typed is no try.
    if (password === '') return { zh: '请输入交易密码', en: 'Please type your trade password' };
    const proof = await passwords.prove(page, password);
    tries.inc({ proof: proof.proof });
    return proof.proof === 'RIGHT' ? undefined : problemOf(proof, wrongPassword, now());
  };

  const byElements = async (page: PageRow, form: URLSearchParams): Promise<Words | undefined> => {
    const proof = await passwords.proveOtherwise(page, sameElements(page, form));
    tries.inc({ proof: proof.proof });
    return proof.proof === 'RIGHT' ? undefined : problemOf(proof, wrongElements, now());
  };

  /** The new password, once it is acceptable and what stands before it is proved. */
  const fresh = async (
    form: URLSearchParams,
    before: () => Promise<Words | undefined> = async () => undefined,
  ): Promise<Proved> => {
    const problem = newPasswordProblem(given(form, 'password'), given(form, 'passwordAgain')) ?? (await before());
    return problem === undefined ? { hash: await passwords.hash(given(form, 'password')) } : { problem };
  };

  return async (page, form) => {
    switch (page.asks) {
      case 'CONFIRMATION':
        return { hash: undefined };
      case 'PASSWORD': {
        const problem = await byPassword(page, given(form, 'password'));
        return problem === undefined ? { hash: undefined } : { problem };
      }
      case 'NEW_PASSWORD':
        return fresh(form);
      case 'OLD_AND_NEW':
        return fresh(form, () => byPassword(page, given(form, 'oldPassword')));
      case 'ELEMENTS_AND_NEW':
        return fresh(form, () => byElements(page, form));
    }
  };
}
