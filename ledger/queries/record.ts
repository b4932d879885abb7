/** What all records of QUERY_TRANSACTION have in common. */
import type { Fields } from '../../contract/internal/reply.ts';
import { formatTimestamp } from '../../contract/time.ts';
import { fieldsOf } from '../operations/answers.ts';
import type { InstructionRow } from '../rows.ts';

export const time = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : formatTimestamp(ms);

/** The error that a refused or failed number answered with. */
export const errorOf = ({ answer }: InstructionRow): Fields =>
  fieldsOf({ errorCode: answer.errorCode, errorMessage: answer.errorMessage });

/** What a number is whose own row does not say more: SUCCESS, FAIL, or INIT while its page waits. */
export const statusOf = ({ state }: InstructionRow): string =>
  state === 'DONE' ? 'SUCCESS' : state === 'REFUSED' ? 'FAIL' : 'INIT';
