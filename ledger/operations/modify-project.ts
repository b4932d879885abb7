/**
 * MODIFY_PROJECT 变更标的: COLLECTING → REPAYING → FINISH, or COLLECTING → MISCARRY 流标. A miscarriage closes the project at once; the bids that
 * still stand are released right after it, piece by piece (project-miscarried.ts).
 */
import { reasons, reject } from '../../contract/codes.ts';
import type { ProjectStatus } from '../../contract/enumerations.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';
import { miscarriage } from './project-miscarried.ts';

const moves: { readonly [from in ProjectStatus]: readonly ProjectStatus[] } = {
  COLLECTING: ['REPAYING', 'MISCARRY'],
  REPAYING: ['FINISH'],
  FINISH: [],
  MISCARRY: [],
};

export const modifyProject: Operation<'MODIFY_PROJECT'> = {
  reads: ({ act }) => ({ projects: [act.request.projectNo] }),

  decide({ act: { request } }, book) {
    const { requestNo, projectNo, status } = request;
    const project = book.projects.get(projectNo);
    if (project === undefined) return reject('100008', because.projectUnknown);
    // A loan that was released cannot be called off.
    const calledOffTooLate = status === 'MISCARRY' && project.loanAmount > 0n;
    if (!moves[project.status].includes(status) || calledOffTooLate)
      return reject('100008', reasons.projectCannotBecome(status));
    return decided({
      answer: success(),
      changes: { projects: [{ ...project, status }] },
      work: status === 'MISCARRY' && project.tenderAmount > 0n ? [miscarriage(requestNo, projectNo, 1)] : [],
    });
  },
};
