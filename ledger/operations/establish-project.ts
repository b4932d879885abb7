/**
 * ESTABLISH_PROJECT 创建标的: files a borrower's project, which is then open for bids. Rate, period and way are recorded, not computed. What one
 * borrower may owe is limited 标的限额监控 (protocol 10) where the platform was opened with limits: its profile's, or its own.
 */
import { isRejection, reject } from '../../contract/codes.ts';
import type { BorrowerLimits } from '../../contract/enumerations.ts';
import { type Fen, fen, plus, ZERO } from '../../contract/money.ts';
import type { RequestOf } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { Operation } from '../operation.ts';
import type { ProjectRow, UserRow } from '../rows.ts';
import { decided, success } from './answers.ts';
import { because, usableUser } from './checks.ts';

export const establishProject: Operation<'ESTABLISH_PROJECT'> = {
  reads: ({ act }) => ({ users: [act.request.platformUserNo], projects: [act.request.projectNo] }),

  follow({ act: { request } }, book) {
    const borrower = book.users.get(request.platformUserNo);
    const limited = borrower !== undefined && limitOf(book, borrower) !== undefined;
    return limited ? { borrowings: [request.platformUserNo] } : {};
  },

  decide({ act: { request }, receivedAt }, book) {
    const borrower = usableUser(book, request.platformUserNo);
    if (isRejection(borrower)) return borrower;
    if (borrower.userRole !== 'BORROWERS') return reject('100011');
    if (book.projects.get(request.projectNo) !== undefined) return reject('100008', because.projectTaken);
    const limit = limitOf(book, borrower);
    if (limit !== undefined && plus(owedBy(borrower, book), request.projectAmount) > limit)
      return reject('100008', because.limitExceeded);
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

/** What a borrower may owe, in fen; undefined for no limit. */
function limitOf({ platform }: Book, borrower: UserRow): Fen | undefined {
  const kind: keyof BorrowerLimits = borrower.userType === 'PERSONAL' ? 'personal' : 'organization';
  return platform?.limits?.[kind];
}

const owedBy = ({ platformUserNo }: UserRow, book: Book): Fen => {
  let total = ZERO;
  for (const projectNo of book.borrowings.get(platformUserNo) ?? []) {
    const project = book.projects.get(projectNo);
    if (project !== undefined) total = plus(total, owed(project));
  }
  return total;
};

/** What is or may still be lent of a project, less the principal that was repaid. */
function owed({ status, amount, tenderAmount, repaymentAmount, income }: ProjectRow): Fen {
  if (status === 'COLLECTING') return amount;
  return status === 'REPAYING' ? fen(tenderAmount - (repaymentAmount - income)) : ZERO;
}

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
