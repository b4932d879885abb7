/**
 * PAGE_APPROVED: the user approved a page. What he approved is checked again and done by the page's own operation; a refusal now ends the
 * page's number as refused, and is told.
 */
import { isRejection, reject } from '../../contract/codes.ts';
import { Defect } from '../../runtime/failure.ts';
import { type Book, instructionKey } from '../book.ts';
import type { Operation } from '../operation.ts';
import type { InstructionRow } from '../rows.ts';
import { decided, movedOn, together, told } from './answers.ts';
import { because } from './checks.ts';
import { ended, pageOf } from './page-ended.ts';
import { proofs } from './pages.ts';

export const pageApproved: Operation<'PAGE_APPROVED'> = {
  reads: ({ act: { requestNo } }) => ({
    instructions: [requestNo],
    recharges: [requestNo],
    withdrawals: [requestNo],
  }),

  follow({ act: { requestNo } }, book) {
    const opening = book.instructions.get(instructionKey('PLATFORM', requestNo));
    const page = opening === undefined ? undefined : pageOf(opening);
    return page === undefined ? {} : page.operation.approvalReads(page.opening.request);
  },

  decide(instruction, book, facts) {
    const { act, receivedAt, platformNo } = instruction;
    const row = waiting(book, act.requestNo);
    const page = row === undefined ? undefined : pageOf(row);
    if (row?.answer.page === undefined || page === undefined) return reject('100008', because.pageOver);
    if (proofs[row.answer.page.needs] !== act.approvedBy)
      throw new Defect(`page of ${row.number} needs ${row.answer.page.needs} and was approved by ${act.approvedBy}`);
    if (receivedAt > row.answer.page.expiresAt)
      return decided(ended(page, platformNo, receivedAt, reject('100008', because.pageExpired), book));
    const step = page.operation.approve(page.opening, instruction, book, facts);
    if (isRejection(step)) return decided(ended(page, platformNo, receivedAt, step, book));
    const about = { platformNo, requestNo: row.number, serviceName: page.service };
    const { answer } = step;
    return decided({
      ...step,
      changes: together(step.changes ?? {}, { instructions: [movedOn(row, receivedAt, answer)] }),
      results: [
        ...(step.results ?? []),
        ...(answer.final ? [told(about, answer.status === 'SUCCESS' ? 'SUCCESS' : 'FAIL', receivedAt, answer)] : []),
      ],
    });
  },
};

/** The instruction whose page still waits for its user. */
export function waiting(book: Book, requestNo: string): InstructionRow | undefined {
  const row = book.instructions.get(instructionKey('PLATFORM', requestNo));
  return row?.state === 'OPEN' && row.answer.page !== undefined ? row : undefined;
}
