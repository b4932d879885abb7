/** The users of a platform, made up: names, cards, ID numbers and mobiles that nobody has, each different, so that one in a log is found. */

import type { Person } from '../../../demo/platform/messages.ts';
import type { Customer } from '../../../demo/platform/teller.ts';
import type { Chance } from './chance.ts';

export interface User extends Customer, Person {
  readonly role: 'INVESTOR' | 'BORROWERS';
}

const digits = (chance: Chance, count: number): string =>
  Array.from({ length: count }, () => String(chance.below(10))).join('');

/** @param unlike elements that the payment company finds not to belong together. */
export function newUser(chance: Chance, userNo: string, role: User['role'], unlike = false): User {
  const family = chance.pick(['赵', '钱', '孙', '李', '周', '吴', '郑', '王']);
  return {
    userNo,
    role,
    password: `Pw-${digits(chance, 9)}x`,
    realName: `${unlike ? '不符' : family}${chance.pick(['安', '平', '和', '顺', '达', '康'])}`,
    // Endings of 9s and 8s mean something to the payment company.
    idCardNo: `110101${chance.between(1960, 1999)}0${chance.between(1, 9)}1${chance.below(10)}${digits(chance, 3)}1`,
    bankcardNo: `622202${digits(chance, 12)}7`,
    mobile: `139${digits(chance, 7)}1`,
  };
}

/** What must be in no log. */
export const personalDataOf = ({ idCardNo, bankcardNo, mobile, password }: User): readonly string[] => [
  idCardNo,
  bankcardNo,
  mobile,
  password,
];
