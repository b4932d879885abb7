/**
 * A page 页面 from its opening to its end. Opening it claims the number and checks all that can be checked; the user's approval is an
 * internal act on the same number that checks again, since the books have moved meanwhile; an expired page changes nothing.
 */
import { type Rejection, reject } from '../../contract/codes.ts';
import type { ActOf, PageApproved } from '../../contract/internal/instruction.ts';
import type { Answer, Fields, PageFacts } from '../../contract/internal/reply.ts';
import type { PageService } from '../../contract/services.ts';
import type { Book } from '../book.ts';
import type { Changes, Reads } from '../decision.ts';
import type { Facts, InstructionOf, Operation } from '../operation.ts';
import type { InstructionRow } from '../rows.ts';
import type { Step } from './answers.ts';
import { because } from './checks.ts';

/** How long a page waits when the platform does not say. */
const DEFAULT_PAGE_MS = 30 * 60_000;
/** The longest it may ask for: a page that waits holds evidence and a session. */
const LONGEST_PAGE_MS = 24 * 3_600_000;

/** The instruction that opened a page, with what was asked. */
export interface Opening<S extends PageService> {
  readonly row: InstructionRow;
  readonly request: ActOf<S>['request'];
}

/** A page service: besides its opening, what its approval and its end do. */
export interface PageOperation<S extends PageService> extends Operation<S> {
  /** Rows that the approval needs; rows keyed by the requestNo itself are there already. */
  approvalReads(request: ActOf<S>['request']): Reads;
  /** A rejection ends the page's instruction as refused. */
  approve(opening: Opening<S>, instruction: InstructionOf<'PAGE_APPROVED'>, book: Book, facts: Facts): Step | Rejection;
  /** What its own rows become, and what fields its answer has, when it ends without success. */
  end?(opening: Opening<S>, at: number, refusal: Rejection, book: Book): { changes: Changes; fields: Fields };
}

/** The answer that opens a page; 100008 when its time is over before it begins. */
export function openPage(
  service: PageService,
  instruction: { readonly receivedAt: number },
  request: {
    readonly platformUserNo: string;
    readonly expired?: number | undefined;
    readonly redirectUrl?: string | undefined;
  },
  needs: PageFacts['needs'],
  lines: Fields,
): Answer | Rejection {
  const { receivedAt } = instruction;
  const wished = request.expired ?? receivedAt + DEFAULT_PAGE_MS;
  if (wished <= receivedAt) return reject('100008', because.pageExpired);
  const expiresAt = Math.min(wished, receivedAt + LONGEST_PAGE_MS);
  const { platformUserNo, redirectUrl } = request;
  const page: PageFacts = {
    service,
    platformUserNo,
    needs,
    expiresAt,
    ...(redirectUrl === undefined ? {} : { redirectUrl }),
    lines,
  };
  return { status: 'PROCESSING', final: false, fields: {}, page };
}

/** What the page must have proved, by what it needs. */
export const proofs: { readonly [N in PageFacts['needs']]: PageApproved['approvedBy'] } = {
  PASSWORD: 'PASSWORD',
  NEW_PASSWORD: 'NEW_PASSWORD',
  CONFIRMATION: 'PLATFORM',
};
