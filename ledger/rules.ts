/** The business, as the shell sees it: the closed tables of operations and of queries. */
import type { Queries } from './ask.ts';
import {
  decide,
  followOf,
  keptOf,
  operations,
  readsOf,
  refusalAnswer,
  refusalResults,
  wasAccepted,
} from './operations/table.ts';
import { answerQuery, queryFollow, queryReads } from './queries/table.ts';
import type { Rules } from './turn.ts';

export const rules: Rules = {
  known: (service) => Object.hasOwn(operations, service),
  reads: readsOf,
  follow: followOf,
  kept: keptOf,
  accepted: wasAccepted,
  decide,
  refusalAnswer,
  refusalResults,
};

export const queries: Queries = { reads: queryReads, follow: queryFollow, answer: answerQuery };
