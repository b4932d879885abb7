/**
 * How operations answer: the few shapes an answer has, the event that tells it, and the decision made of them. One place, so that siblings
 * look alike and the shell, the pages and the queries meet the same states everywhere.
 */
import type { Rejection } from '../../contract/codes.ts';
import type { OrderMessage } from '../../contract/internal/order.ts';
import type { Answer, Fields, FieldValue, NotifyOnly, ResultMessage } from '../../contract/internal/reply.ts';
import type { ServiceName } from '../../contract/services.ts';
import type { Changes, Decision, Due, Posting, Work } from '../decision.ts';
import type { InstructionRow } from '../rows.ts';

/** What one act does; what is left out is nothing. */
export interface Step {
  readonly answer: Answer;
  readonly postings?: readonly Posting[];
  readonly changes?: Changes;
  readonly orders?: readonly OrderMessage[];
  readonly due?: readonly Due[];
  readonly results?: readonly ResultMessage[];
  readonly work?: readonly Work[];
}

/** Makes a step whole. It leaves its number OPEN until its answer is the last word. */
export const decided = ({ answer, postings, changes, orders, due, results, work }: Step): Decision => ({
  answer,
  state: answer.final ? 'DONE' : 'OPEN',
  postings: postings ?? [],
  changes: changes ?? {},
  orders: orders ?? [],
  ...(due === undefined || due.length === 0 ? {} : { due }),
  results: results ?? [],
  work: work ?? [],
});

/** Business fields in the order given; what is undefined is left out. */
export function fieldsOf(fields: { readonly [name: string]: FieldValue | undefined }): Fields {
  const given: Record<string, FieldValue> = {};
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) given[name] = value;
  return given;
}

export const success = (fields: Fields = {}): Answer => ({ status: 'SUCCESS', final: true, fields });

export const inProgress = (fields: Fields = {}): Answer => ({ status: 'PROCESSING', final: false, fields });

/** A refusal or a failure: INIT with its code. */
export const failure = ({ errorCode, errorMessage }: Rejection, fields: Fields = {}): Answer => ({
  status: 'INIT',
  errorCode,
  errorMessage,
  final: true,
  fields,
});

/** The event that tells a state of a number. `event` is unique: one per number and state. */
export function told(
  about: { readonly platformNo: string; readonly requestNo: string; readonly serviceName: ServiceName | NotifyOnly },
  state: string,
  occurredAt: number,
  answer: Answer,
): ResultMessage {
  return {
    version: 1,
    event: `${about.requestNo}:${state}`,
    platformNo: about.platformNo,
    requestNo: about.requestNo,
    serviceName: about.serviceName,
    occurredAt,
    ended: answer.final,
    notify: true,
    answer,
  };
}

/** A page's opening after a later act: its new answer and, once that is the last word, its end. */
export const movedOn = (opening: InstructionRow, at: number, answer: Answer): InstructionRow => ({
  ...opening,
  answer,
  ...(answer.final ? { state: answer.status === 'INIT' ? ('REFUSED' as const) : ('DONE' as const), endedAt: at } : {}),
});

/** Two sets of row changes as one; where both have a row of one key, the later one stands. */
export function together(first: Changes, second: Changes): Changes {
  const merged: Record<string, unknown> = { ...first };
  for (const [kind, rows] of Object.entries(second)) {
    const before = merged[kind];
    merged[kind] = Array.isArray(before) && Array.isArray(rows) ? [...before, ...rows] : rows;
  }
  return merged;
}
