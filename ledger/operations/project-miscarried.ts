/**
 * PROJECT_MISCARRIED: what a project that was called off 流标 still reserves is released, so many holds at a time; while there may be more, the
 * books give themselves the next such piece of work in the same commit.
 */
import { plus } from '../../contract/money.ts';
import { MOST_STANDING } from '../decision.ts';
import type { Operation } from '../operation.ts';
import { type HoldRow, remainder } from '../rows.ts';
import { decided, success } from './answers.ts';
import { moved } from './bids.ts';

export const projectMiscarried: Operation<'PROJECT_MISCARRIED'> = {
  reads: ({ act }) => ({ projects: [act.projectNo], standing: [act.projectNo] }),

  follow({ act }, book) {
    const standing = book.standing.get(act.projectNo) ?? [];
    return { accounts: standing.flatMap((number) => book.holds.get(number)?.account ?? []) };
  },

  decide({ act, receivedAt }, book) {
    const standing = book.standing.get(act.projectNo) ?? [];
    const holds: HoldRow[] = [];
    let project = book.projects.get(act.projectNo);
    for (const number of standing) {
      const hold = book.holds.get(number);
      if (hold === undefined || remainder(hold) === 0n) continue;
      book.account(hold.account);
      const after: HoldRow = { ...hold, released: plus(hold.released, remainder(hold)), updatedAt: receivedAt };
      holds.push(after);
      if (project !== undefined && hold.bizType === 'TENDER') project = moved(project, hold, after);
    }
    const { requestNo, projectNo, piece } = act;
    return decided({
      answer: success(),
      changes: { holds, projects: project === undefined ? [] : [project] },
      work: standing.length < MOST_STANDING ? [] : [miscarriage(requestNo, projectNo, piece + 1)],
    });
  },
};

/** A piece of the work that a miscarriage leaves. @param requestNo of the MODIFY_PROJECT that called the project off. */
export const miscarriage = (requestNo: string, projectNo: string, piece: number) =>
  ({
    origin: 'WORK',
    number: `${requestNo}:${piece}`,
    act: { service: 'PROJECT_MISCARRIED', requestNo, projectNo, piece },
  }) as const;
