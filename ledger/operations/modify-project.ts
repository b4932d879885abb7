/**
 * MODIFY_PROJECT 变更标的: COLLECTING → REPAYING → FINISH, or COLLECTING → MISCARRY 流标. A miscarriage releases the bids that still stand;
 * releasing them here is not open yet, so a project with bids is refused (100006) until they are cancelled.
 */
import { reasons, reject } from '../../contract/codes.ts';
import type { ProjectStatus } from '../../contract/enumerations.ts';
import type { Operation } from '../operation.ts';
import { decided, success } from './answers.ts';
import { because } from './checks.ts';

const moves: { readonly [from in ProjectStatus]: readonly ProjectStatus[] } = {
  COLLECTING: ['REPAYING', 'MISCARRY'],
  REPAYING: ['FINISH'],
  FINISH: [],
  MISCARRY: [],
};

export const modifyProject: Operation<'MODIFY_PROJECT'> = {
  reads: ({ act }) => ({ projects: [act.request.projectNo] }),

  decide({ act: { request } }, book) {
    const project = book.projects.get(request.projectNo);
    if (project === undefined) return reject('100008', because.projectUnknown);
    const { status } = request;
    // A loan that was released cannot be called off.
    const calledOffTooLate = status === 'MISCARRY' && project.loanAmount > 0n;
    if (!moves[project.status].includes(status) || calledOffTooLate)
      return reject('100008', reasons.projectCannotBecome(status));
    if (status === 'MISCARRY' && project.tenderAmount > 0n) return reject('100006');
    return decided({ answer: success(), changes: { projects: [{ ...project, status }] } });
  },
};
