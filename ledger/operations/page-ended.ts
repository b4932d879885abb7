/** A page's end without success: refused when it was approved, expired, or given up. Its number is refused for ever, and that is told. */
import type { Rejection } from '../../contract/codes.ts';
import type { PageService } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { InstructionRow } from '../rows.ts';
import { failure, movedOn, type Step, together, told } from './answers.ts';
import { pageTable } from './page-table.ts';
import type { Opening, PageOperation } from './pages.ts';

export interface Page {
  readonly service: PageService;
  readonly operation: PageOperation<PageService>;
  readonly opening: Opening<PageService>;
}

/** The page that an instruction opened, with its service's operation; undefined when it opened none. */
export function pageOf(row: InstructionRow): Page | undefined {
  const { act } = row;
  if (act === undefined || !Object.hasOwn(pageTable, act.service)) return undefined;
  const service = act.service as PageService;
  // The row's own service chose the operation, so the request is of its kind; the compiler cannot follow that through the table.
  const operation = pageTable[service] as unknown as PageOperation<PageService>;
  return { service, operation, opening: { row, request: act.request as Opening<PageService>['request'] } };
}

export function ended(page: Page, platformNo: string, at: number, refusal: Rejection, book: Book): Step {
  const { operation, opening, service } = page;
  const own = operation.end?.(opening, at, refusal, book);
  const answer = failure(refusal, own?.fields);
  const about = { platformNo, requestNo: opening.row.number, serviceName: service };
  return {
    answer,
    changes: together(own?.changes ?? {}, { instructions: [movedOn(opening.row, at, answer)] }),
    results: [told(about, 'FAIL', at, answer)],
  };
}
