/** ESTABLISH_PROJECT 创建标的: files a borrower's project, which is then open for bids. Rate, period and way are recorded, not computed. */
import { isRejection, reject } from '../../contract/codes.ts';
import { ZERO } from '../../contract/money.ts';
import type { RequestOf } from '../../contract/services.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because, usableUser } from './checks.ts';

export const establishProject: Operation<'ESTABLISH_PROJECT'> = {
  reads: ({ act }) => ({ users: [act.request.platformUserNo], projects: [act.request.projectNo] }),

  decide({ act: { request }, receivedAt }, book) {
    const borrower = usableUser(book, request.platformUserNo);
    if (isRejection(borrower)) return borrower;
    if (borrower.userRole !== 'BORROWERS') return reject('100011');
    if (book.projects.get(request.projectNo) !== undefined) return reject('100008', because.projectTaken);
    return decided({
      answer: success(),
      changes: {
        projects: [
          {
            projectNo: request.projectNo,
            platformUserNo: request.platformUserNo,
            status: 'COLLECTING',
            amount: request.projectAmount,
            filed: filed(request),
            properties: 'NEW',
            tenderAmount: ZERO,
            loanAmount: ZERO,
            repaymentAmount: ZERO,
            income: ZERO,
            createdAt: receivedAt,
          },
        ],
      },
    });
  },
};

/** What was filed, by the names and in the order in which a query answers it. */
function filed(request: RequestOf<'ESTABLISH_PROJECT'>): Readonly<Record<string, string | number>> {
  const { projectDescription, productType, extend } = request;
  return {
    projectName: request.projectName,
    ...(projectDescription === undefined ? {} : { projectDescription }),
    projectType: request.projectType,
    projectPeriod: request.projectPeriod,
    annnualInterestRate: request.annualInterestRate,
    repaymentWay: request.repaymentWay,
    ...(productType === undefined ? {} : { productType }),
    ...(extend === undefined ? {} : { extend }),
  };
}
