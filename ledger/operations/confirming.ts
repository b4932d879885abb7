/** A withdrawal of form CONFIRMED that waits for the platform's word: what its confirmation and its cancelling both look at. */
import { type Rejection, reasons, reject } from '../../contract/codes.ts';
import { Defect } from '../../runtime/failure.ts';
import { accountOf, REMIT } from '../accounts.ts';
import { type Book, instructionKey } from '../book.ts';
import type { Reads } from '../decision.ts';
import type { HoldRow, InstructionRow, WithdrawalRow } from '../rows.ts';
import { because } from './checks.ts';

export const confirmingReads = (requestNo: string): Reads => ({
  withdrawals: [requestNo],
  holds: [requestNo],
  instructions: [requestNo],
});

export function confirmingFollow(requestNo: string, book: Book): Reads {
  const row = book.withdrawals.get(requestNo);
  if (row === undefined) return {};
  return { users: [row.platformUserNo], accounts: [accountOf(row.platformUserNo), REMIT] };
}

/** 100020 once it is on its way; 100008 when there is none, or it waits for nobody's word. */
export function theConfirming(
  requestNo: string,
  book: Book,
): { readonly row: WithdrawalRow; readonly hold: HoldRow; readonly opening: InstructionRow } | Rejection {
  const row = book.withdrawals.get(requestNo);
  if (row === undefined) return reject('100008', because.withdrawUnknown);
  if (row.status === 'ACCEPT' || row.status === 'REMITING') return reject('100020');
  if (row.status !== 'CONFIRMING') return reject('100008', reasons.withdrawNotConfirming);
  const hold = book.holds.get(requestNo);
  const opening = book.instructions.get(instructionKey('PLATFORM', requestNo));
  if (hold === undefined || opening === undefined) throw new Defect(`withdrawal ${requestNo} has no hold`);
  return { row, hold, opening };
}
