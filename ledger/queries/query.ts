/** What a query is: it claims no number, changes nothing, and answers from rows that it names. */
import type { Rejection } from '../../contract/codes.ts';
import type { Answer } from '../../contract/internal/reply.ts';
import type { QueryService, RequestOf } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { Reads } from '../decision.ts';

export interface Query<S extends QueryService> {
  reads(request: RequestOf<S>): Reads;
  follow?(request: RequestOf<S>, book: Book): Reads;
  answer(request: RequestOf<S>, book: Book): Answer | Rejection;
}
