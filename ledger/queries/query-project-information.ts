/** QUERY_PROJECT_INFORMATION 标的信息查询: what was filed, the state, and the sums of a project. */
import { reject } from '../../contract/codes.ts';
import { fieldsOf, success } from '../operations/answers.ts';
import type { Query } from './query.ts';

export const queryProjectInformation: Query<'QUERY_PROJECT_INFORMATION'> = {
  reads: ({ projectNo }) => ({ projects: [projectNo] }),

  answer({ projectNo }, book) {
    const project = book.projects.get(projectNo);
    if (project === undefined) return reject('100007');
    const { filed } = project;
    return success(
      fieldsOf({
        platformUserNo: project.platformUserNo,
        projectNo,
        projectAmount: project.amount,
        projectName: filed['projectName'],
        projectDescription: filed['projectDescription'],
        projectType: filed['projectType'],
        projectPeriod: filed['projectPeriod'],
        annnualInterestRate: filed['annnualInterestRate'],
        repaymentWay: filed['repaymentWay'],
        productType: filed['productType'],
        extend: filed['extend'],
        projectProperties: project.properties,
        projectStatus: project.status,
        tenderAmount: project.tenderAmount,
        loanAmount: project.loanAmount,
        repaymentAmount: project.repaymentAmount,
        income: project.income,
      }),
    );
  },
};
