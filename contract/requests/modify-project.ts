/** MODIFY_PROJECT 变更标的: moves a project to its next state. */
import { z } from 'zod';
import { projectStatuses } from '../enumerations.ts';
import * as field from '../fields.ts';

export const modifyProject = z.object({
  requestNo: field.requestNo,
  projectNo: field.projectNo,
  status: field.oneOf(projectStatuses),
});
export type ModifyProject = z.output<typeof modifyProject>;
