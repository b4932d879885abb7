/**
 * ORDER_OUTCOME: what a channel said of an order. It goes to the operation whose order it is; then a lot that it completed settles, what the
 * platform owes is repaid, and the page's number that waited for it moves on.
 */
import { isRejection, type Rejection } from '../../contract/codes.ts';
import { Defect } from '../../runtime/failure.ts';
import { type Book, instructionKey } from '../book.ts';
import type { Reads } from '../decision.ts';
import type { InstructionOf, Operation } from '../operation.ts';
import type { InstructionRow, LotRow } from '../rows.ts';
import { decided, movedOn, type Step, success, together, told } from './answers.ts';
import { clearingDayReads, settling } from './lot-books.ts';
import { clearingDayOf, paidOut, paidOutReads } from './pay-out.ts';
import { verified, verifiedReads } from './personal-register-expand.ts';
import { repayingReceivable } from './receivable.ts';
import { collected, collectedReads } from './recharge.ts';
import { refundFollow, refundOutcome } from './refunds.ts';

type Instruction = InstructionOf<'ORDER_OUTCOME'>;

export const orderOutcome: Operation<'ORDER_OUTCOME'> = {
  reads({ act: { kind, requestNo, channel, outcome } }): Reads {
    const day = clearingDayOf(outcome);
    return {
      ...(day === undefined || kind === 'verify' ? {} : clearingDayReads(channel, day)),
      instructions: [requestNo],
      ...(kind === 'collect' ? { recharges: [requestNo] } : {}),
      ...(kind === 'refund' ? { refunds: [requestNo] } : {}),
      ...(kind === 'payout' ? { withdrawals: [requestNo] } : {}),
    };
  },

  follow({ act: { requestNo, kind } }, book): Reads {
    if (kind === 'refund') return refundFollow(requestNo, book);
    const act = book.instructions.get(instructionKey('PLATFORM', requestNo))?.act;
    switch (act?.service) {
      case 'RECHARGE':
        return collectedReads(act.request);
      case 'WITHDRAW':
        return paidOutReads(act.request, book);
      case 'PERSONAL_REGISTER_EXPAND':
        return verifiedReads(act.request);
      default:
        return {};
    }
  },

  decide(instruction, book) {
    const { requestNo, kind } = instruction.act;
    if (kind === 'refund') return refundOutcome(instruction, book);
    const opening = book.instructions.get(instructionKey('PLATFORM', requestNo));
    if (opening === undefined) throw new Defect(`an outcome for ${requestNo}, which ${book.platformNo} never asked`);
    const outcome = outcomeOf(opening, instruction, book);
    if (isRejection(outcome)) return outcome;
    const { step, lot } = outcome;
    const postings = repayingReceivable(book, instruction, step.changes ?? {}, step.postings ?? []);
    if (isRejection(postings)) throw new Defect(`outcome of ${instruction.act.orderId}: ${postings.errorMessage}`);
    const posted = { ...step, postings };
    const whole = lot === undefined ? posted : settling(book, instruction, posted, lot);
    return decided({ ...concluded(opening, instruction, whole), answer: success() });
  },
};

/** Gives the outcome to the operation that ordered it. */
function outcomeOf(
  opening: InstructionRow,
  instruction: Instruction,
  book: Book,
): { step: Step; lot?: LotRow } | Rejection {
  const { act } = opening;
  const { kind, orderId, channel, outcome } = instruction.act;
  if (kind === 'payout' && act?.service === 'WITHDRAW') return paidOut(act.request, instruction, book);
  if (outcome.state !== 'returned') {
    if (kind === 'collect' && act?.service === 'RECHARGE')
      return collected(act.request, { orderId, channel }, outcome, instruction.receivedAt, book);
    if (kind === 'verify' && act?.service === 'PERSONAL_REGISTER_EXPAND') {
      const step = verified({ row: opening, request: act.request }, outcome, book);
      return isRejection(step) ? step : { step };
    }
  }
  throw new Defect(`order ${orderId}: ${kind} ${outcome.state} does not fit ${opening.service} ${opening.number}`);
}

/**
 * Tells the state that was reached, and ends the number that waited for it. One that had its last word keeps it: what came later is told
 * and shown by queries.
 */
function concluded(opening: InstructionRow, instruction: Instruction, step: Step): Step {
  const { platformNo, receivedAt } = instruction;
  const { answer } = step;
  const serviceName = opening.act?.service;
  if (serviceName === undefined) throw new Defect(`${opening.number} of ${platformNo} kept no act`);
  const about = { platformNo, requestNo: opening.number, serviceName };
  const event = told(about, answer.status === 'SUCCESS' ? 'SUCCESS' : 'FAIL', receivedAt, answer);
  const moved = opening.state === 'OPEN' ? { instructions: [movedOn(opening, receivedAt, answer)] } : {};
  return {
    ...step,
    changes: together(step.changes ?? {}, moved),
    results: [event, ...(step.results ?? [])],
  };
}
