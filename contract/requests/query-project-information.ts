/** QUERY_PROJECT_INFORMATION 标的信息查询: what was filed, the state, and the sums of a project. */
import { z } from 'zod';
import * as field from '../fields.ts';

export const queryProjectInformation = z.object({ projectNo: field.projectNo });
export type QueryProjectInformation = z.output<typeof queryProjectInformation>;
