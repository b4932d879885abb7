/**
 * The closed table of operations: what the ledger does for every kind of instruction. The shell knows only the functions below.
 *
 * Two things are the shell's to know. It answers `replyTo` itself, refusals too, except where one of the decision's results carries the
 * `replyTo` on (operators' acts): then the gateway answers once its registry has it. And a refusal is told by what `refusalResults` returns:
 * page services notify their refusals, direct services only answer them.
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import type { InstructionMessage, LedgerService, PlatformAct } from '../../contract/internal/instruction.ts';
import type { Answer, ResultMessage } from '../../contract/internal/reply.ts';
import { isNotified, isServiceName } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { Decision, Reads } from '../decision.ts';
import type { Facts, Operation } from '../operation.ts';
import { adjustUrgentBalance } from './adjust-urgent-balance.ts';
import { failure, told } from './answers.ts';
import { asyncTransaction } from './async-transaction.ts';
import { authorizationEntrustPay } from './authorization-entrust-pay.ts';
import { batchItem, itemRefused } from './batch-item.ts';
import { cancelDebentureSale } from './cancel-debenture-sale.ts';
import { cancelPreTransaction } from './cancel-pre-transaction.ts';
import { cancelWithdraw } from './cancel-withdraw.ts';
import { confirmWithdraw } from './confirm-withdraw.ts';
import { debentureSale } from './debenture-sale.ts';
import { establishProject } from './establish-project.ts';
import { feeCollected } from './fee-collected.ts';
import { feeDebited } from './fee-debited.ts';
import { feeInvoiced } from './fee-invoiced.ts';
import { freeze } from './freeze.ts';
import { freezePreTransaction } from './freeze-pre-transaction.ts';
import { interceptWithdraw } from './intercept-withdraw.ts';
import { lotSettled } from './lot-settled.ts';
import { modifyProject } from './modify-project.ts';
import { orderOutcome } from './order-outcome.ts';
import { pageApproved } from './page-approved.ts';
import { pageExpired } from './page-expired.ts';
import { pageTable } from './page-table.ts';
import { platformAdded } from './platform-added.ts';
import { platformKeyAdded } from './platform-key-added.ts';
import { platformKeyRevoked } from './platform-key-revoked.ts';
import { platformTermsSet } from './platform-terms-set.ts';
import { projectMiscarried } from './project-miscarried.ts';
import { refundDue } from './refund-due.ts';
import { refundOrdered } from './refund-ordered.ts';
import { suspenseClaimed } from './suspense-claimed.ts';
import { suspenseCredited } from './suspense-credited.ts';
import { suspenseReturnEnded } from './suspense-return-ended.ts';
import { suspenseReturned } from './suspense-returned.ts';
import { syncTransaction } from './sync-transaction.ts';
import { unfreeze } from './unfreeze.ts';
import { userAutoPreTransaction } from './user-auto-pre-transaction.ts';
import { withdrawDue } from './withdraw-due.ts';

export const operations: { readonly [S in LedgerService]: Operation<S> } = {
  ...pageTable,
  CONFIRM_WITHDRAW: confirmWithdraw,
  CANCEL_WITHDRAW: cancelWithdraw,
  INTERCEPT_WITHDRAW: interceptWithdraw,
  ADJUST_URGENT_BALANCE: adjustUrgentBalance,
  FREEZE: freeze,
  UNFREEZE: unfreeze,
  ESTABLISH_PROJECT: establishProject,
  MODIFY_PROJECT: modifyProject,
  USER_AUTO_PRE_TRANSACTION: userAutoPreTransaction,
  FREEZE_PRE_TRANSACTION: freezePreTransaction,
  CANCEL_PRE_TRANSACTION: cancelPreTransaction,
  SYNC_TRANSACTION: syncTransaction,
  ASYNC_TRANSACTION: asyncTransaction,
  DEBENTURE_SALE: debentureSale,
  CANCEL_DEBENTURE_SALE: cancelDebentureSale,
  AUTHORIZATION_ENTRUST_PAY: authorizationEntrustPay,
  PROJECT_MISCARRIED: projectMiscarried,
  BATCH_ITEM: batchItem,
  PAGE_APPROVED: pageApproved,
  PAGE_EXPIRED: pageExpired,
  PLATFORM_ADDED: platformAdded,
  PLATFORM_KEY_ADDED: platformKeyAdded,
  PLATFORM_KEY_REVOKED: platformKeyRevoked,
  ORDER_OUTCOME: orderOutcome,
  LOT_SETTLED: lotSettled,
  WITHDRAW_DUE: withdrawDue,
  REFUND_ORDERED: refundOrdered,
  REFUND_DUE: refundDue,
  SUSPENSE_CREDITED: suspenseCredited,
  SUSPENSE_CLAIMED: suspenseClaimed,
  SUSPENSE_RETURNED: suspenseReturned,
  SUSPENSE_RETURN_ENDED: suspenseReturnEnded,
  FEE_INVOICED: feeInvoiced,
  FEE_COLLECTED: feeCollected,
  FEE_DEBITED: feeDebited,
  PLATFORM_TERMS_SET: platformTermsSet,
};

/** The operation of an instruction: the act's own service chooses it, which the compiler cannot follow through a table. */
const operationOf = (instruction: InstructionMessage): Operation<LedgerService> =>
  operations[instruction.act.service] as unknown as Operation<LedgerService>;

/** Rows that the instruction names itself. */
export const readsOf = (instruction: InstructionMessage): Reads => operationOf(instruction).reads(instruction);

/** Rows found through those; called once they are in the book. */
export const followOf = (instruction: InstructionMessage, book: Book): Reads =>
  operationOf(instruction).follow?.(instruction, book) ?? {};

/** What the shell keeps of the act in the claim's row, refused or not. */
export const keptOf = (instruction: InstructionMessage): PlatformAct | undefined =>
  operationOf(instruction).kept?.(instruction.act);

/** Whether its number was claimed by the decision that made it. */
export const wasAccepted = (instruction: InstructionMessage): boolean => operationOf(instruction).accepted === true;

/** Decides on the in-memory book. Throws `NotRead` (the batch is cut before it) and `Defect`; a refusal by rule is a value. */
export function decide(instruction: InstructionMessage, book: Book, facts: Facts): Decision | Rejection {
  const opening = instruction.act.service === 'PLATFORM_ADDED';
  if (book.platform === undefined && !opening) return reject('100004');
  // What channels did is booked whatever became of the platform; only its own wishes are closed with it.
  if (book.platform?.state === 'CLOSED' && instruction.origin === 'PLATFORM') return reject('100005');
  return operationOf(instruction).decide(instruction, book, facts);
}

/** The answer that a refusal is. */
export const refusalAnswer = (rejection: Rejection): Answer => failure(rejection);

/** What a refused instruction tells: the refusals of services whose results are notified, and of a batch's item. */
export function refusalResults(instruction: InstructionMessage, rejection: Rejection): readonly ResultMessage[] {
  const { act, platformNo, number, receivedAt } = instruction;
  if (act.service === 'BATCH_ITEM') return [itemRefused({ ...instruction, act }, rejection)];
  if (!isServiceName(act.service) || !isNotified(act.service)) return [];
  const about = { platformNo, requestNo: number, serviceName: act.service };
  return [told(about, 'FAIL', receivedAt, failure(rejection))];
}
