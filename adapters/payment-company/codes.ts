/** The company's codes and statuses, and what each is to us. What is not in these tables is unknown: it is asked about again, never guessed. */
import { bankCodes } from '../../contract/enumerations.ts';

/** What a call's code says. `understood`: the order's status counts. `absent`: there is no such order. `refused`: nothing was done, for good. */
export type CallMeaning = 'understood' | 'absent' | 'refused';

export const callCodes: ReadonlyMap<string, CallMeaning> = new Map([
  ['0000', 'understood'],
  ['4004', 'absent'],
  // A refund of what had not been paid, or of more than that.
  ['4011', 'refused'],
  ['4012', 'refused'],
]);

export type StatusMeaning = 'waiting' | 'pending' | 'settled' | 'declined' | 'returned';

export const orderStatuses: ReadonlyMap<string, StatusMeaning> = new Map([
  ['WAITING', 'waiting'],
  ['PROCESSING', 'pending'],
  ['SUCCESS', 'settled'],
  ['FAILED', 'declined'],
  ['CLOSED', 'declined'],
  ['RETURNED', 'returned'],
]);

/** A settlement query's code: the day is still open, or nothing moved in it. */
export const settlementCodes: ReadonlyMap<string, 'understood' | 'open' | 'none'> = new Map([
  ['0000', 'understood'],
  ['4010', 'open'],
  ['4004', 'none'],
]);

/** The company's codes of banks that are not the protocol's own. */
const otherBankCodes: ReadonlyMap<string, string> = new Map([['ICBC', 'ICBK']]);

/** The protocol's code of a bank, or undefined when it has none. */
export const bankCodeOf = (code: string): string | undefined => {
  const translated = otherBankCodes.get(code) ?? code;
  return bankCodes.find((known) => known === translated);
};
