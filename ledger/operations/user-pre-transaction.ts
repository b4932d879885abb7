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
    const project = checkPreTransaction(request, book);
    if (isRejection(project)) return project;
    const lines = fieldsOf({
      bizType: request.bizType,
      projectNo: request.projectNo,
      projectName: project.filed['projectName'],
      amount: request.amount,
      preMarketingAmount: request.preMarketingAmount,
    });
    const answer = openPage('USER_PRE_TRANSACTION', instruction, request, 'PASSWORD', lines);
    return isRejection(answer) ? answer : decided({ answer });
  },

  approvalReads: preTransactionReads,

  approve({ request }, instruction, book) {
    const project = checkPreTransaction(request, book);
    if (isRejection(project)) return project;
    return { answer: success(), changes: placeHold(request, project, instruction.receivedAt) };
  },
};
