/** The closed table of queries, and the functions by which the shell uses it. */
import { isRejection, reject } from '../../contract/codes.ts';
import type { Answer, QueryMessage } from '../../contract/internal/reply.ts';
import type { QueryService } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';
import { failure } from '../operations/answers.ts';
import type { Query } from './query.ts';
import { queryAuthorizationEntrustPay } from './query-authorization-entrust-pay.ts';
import { queryProjectInformation } from './query-project-information.ts';
import { queryTransaction } from './query-transaction.ts';
import { queryUserInformation } from './query-user-information.ts';

export const queryTable: { readonly [S in QueryService]: Query<S> } = {
  QUERY_USER_INFORMATION: queryUserInformation,
  QUERY_PROJECT_INFORMATION: queryProjectInformation,
  QUERY_TRANSACTION: queryTransaction,
  QUERY_AUTHORIZATION_ENTRUST_PAY: queryAuthorizationEntrustPay,
};

/** The query of a message: its own service chooses it, which the compiler cannot follow through a table. */
const queryOf = ({ query }: Pick<QueryMessage, 'query'>): Query<QueryService> =>
  queryTable[query.service] as unknown as Query<QueryService>;

/** Rows that the query names itself. */
export const queryReads = (message: Pick<QueryMessage, 'query'>): Reads =>
  queryOf(message).reads(message.query.request);

/** Rows found through those; called once they are in the book. */
export const queryFollow = (message: Pick<QueryMessage, 'query'>, book: Book): Reads =>
  queryOf(message).follow?.(message.query.request, book) ?? {};

/** The answer, refusals too. */
export function answerQuery(message: Pick<QueryMessage, 'query'>, book: Book): Answer {
  if (book.platform === undefined) return failure(reject('100004'));
  const answer = queryOf(message).answer(message.query.request, book);
  return isRejection(answer) ? failure(answer) : answer;
}
