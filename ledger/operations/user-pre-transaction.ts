/** USER_PRE_TRANSACTION 用户预处理: the user reserves money for a trade by his password, on the bank's page. */
import { isRejection } from '../../contract/codes.ts';
import { decided, fieldsOf, success } from './answers.ts';
import { openPage, type PageOperation } from './pages.ts';
import { checkPreTransaction, placeHold, preTransactionReads } from './pre-transaction.ts';

export const userPreTransaction: PageOperation<'USER_PRE_TRANSACTION'> = {
  kept: (act) => act,
  reads: ({ act }) => preTransactionReads(act.request),

  decide(instruction, book) {
    const { request } = instruction.act;
    const checked = checkPreTransaction(request, book);
    if (isRejection(checked)) return checked;
    const lines = fieldsOf({
      bizType: request.bizType,
      projectNo: request.projectNo,
      projectName: checked.project.filed['projectName'],
      amount: request.amount,
      preMarketingAmount: request.preMarketingAmount,
      share: checked.sale === undefined ? undefined : request.share,
    });
    const answer = openPage('USER_PRE_TRANSACTION', instruction, request, 'PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: preTransactionReads,

  approve({ request }, instruction, book) {
    const checked = checkPreTransaction(request, book);
    if (isRejection(checked)) return checked;
    return { answer: success(), changes: placeHold(request, checked, instruction.receivedAt) };
  },
};
