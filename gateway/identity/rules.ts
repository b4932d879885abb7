/** What a trade password 交易密码 may be. Six digits are enough, because six tries are all there are; what everybody tries first is not. */

/** A sentence in the two languages of the pages. */
export interface Words {
  readonly zh: string;
  readonly en: string;
}

export const SHORTEST = 6;
export const LONGEST = 20;

/** Letters, digits, punctuation and symbols of any script; no white space, no control characters. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]+$/u;

/** All characters alike, or each one more (or less) than the one before: 111111, 123456, fedcba. */
function isRun(characters: readonly string[]): boolean {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const step = (codes[1] ?? 0) - (codes[0] ?? 0);
  return Math.abs(step) <= 1 && codes.every((code, index) => index === 0 || code - (codes[index - 1] ?? 0) === step);
}

/** Why a new password cannot be taken, or undefined. */
export function newPasswordProblem(password: string, again: string): Words | undefined {
  const characters = [...password.normalize('NFKC')];
  if (characters.length < SHORTEST || characters.length > LONGEST || !PRINTABLE.test(password))
    return {
      zh: `交易密码须为 ${SHORTEST} 至 ${LONGEST} 位字母、数字或符号，不含空格`,
      en: `A trade password has ${SHORTEST} to ${LONGEST} letters, digits or symbols, and no spaces`,
    };
  if (isRun(characters))
    return {
      zh: '交易密码不能为相同或连续的字符',
      en: 'A trade password is not one character repeated, nor a plain run such as 123456',
    };
  if (password.normalize('NFKC') !== again.normalize('NFKC'))
    return { zh: '两次输入的新密码不一致', en: 'The two new passwords are not the same' };
  return undefined;
}
