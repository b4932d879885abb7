/** The rows of pages and their sessions, and the statements on them, one function each. A state moves by one statement, so it moves once. */
import { encode, revive } from '../../contract/internal/codec.ts';
import type { PresentedMessage } from '../../contract/internal/order.ts';
import type { Answer, PageFacts } from '../../contract/internal/reply.ts';
import type { PageService } from '../../contract/services.ts';
import { type Statement, sql } from '../../runtime/postgres/sql.ts';
import type { Ending } from './words.ts';

export type Asks = 'PASSWORD' | 'NEW_PASSWORD' | 'OLD_AND_NEW' | 'ELEMENTS_AND_NEW' | 'CONFIRMATION';

export interface PageRow {
  readonly pageId: string;
  readonly platformNo: string;
  readonly requestNo: string;
  readonly serviceName: PageService;
  readonly platformUserNo: string;
  readonly asks: Asks;
  readonly facts: PageFacts;
  readonly userDevice: 'PC' | 'MOBILE';
  readonly state: 'OPEN' | 'APPROVED' | 'ENDING' | 'ENDED';
  readonly ending: Ending | null;
  readonly act: string | null;
  readonly actedAt: Date | null;
  readonly presentation: PresentedMessage['presentation'] | null;
  readonly answer: Answer | null;
  readonly expiresAt: Date;
}

/** A page as one session sees it. */
export interface SeenPage extends PageRow {
  readonly sentOnward: boolean;
}

export type NewPage = Pick<
  PageRow,
  | 'pageId'
  | 'platformNo'
  | 'requestNo'
  | 'serviceName'
  | 'platformUserNo'
  | 'asks'
  | 'facts'
  | 'userDevice'
  | 'expiresAt'
>;

/** What the driver gives has its amounts still written. */
export function readPage<R extends PageRow>(row: R): R {
  return { ...row, facts: revive(row.facts), answer: row.answer === null ? null : revive(row.answer) };
}

/** Keeps a new page; an existing one of the same number stays as it is. */
export const insertPage = (page: NewPage, now: Date): Statement => sql`
  insert into gateway.page
    (page_id, platform_no, request_no, service_name, platform_user_no, asks, facts, user_device, opened_at, expires_at, due_at)
  values (${page.pageId}, ${page.platformNo}, ${page.requestNo}, ${page.serviceName}, ${page.platformUserNo}, ${page.asks},
    ${encode(page.facts)}, ${page.userDevice}, ${now}, ${page.expiresAt}, ${page.expiresAt})
  on conflict do nothing`;

export const pageOfNumber = (platformNo: string, requestNo: string): Statement => sql`
  select page_id as "pageId", platform_no as "platformNo", request_no as "requestNo", service_name as "serviceName",
    platform_user_no as "platformUserNo", asks, facts, user_device as "userDevice", state, ending, act, acted_at as "actedAt", presentation, answer,
    expires_at as "expiresAt"
  from gateway.page where platform_no = ${platformNo} and request_no = ${requestNo}`;

/** Locks it, so that its session is not exchanged while it is being approved. */
export const lockPage = (pageId: string): Statement => sql`
  select state from gateway.page where page_id = ${pageId} for update`;

export const seenPage = (pageId: string, session: Buffer): Statement => sql`
  select p.page_id as "pageId", platform_no as "platformNo", request_no as "requestNo", service_name as "serviceName",
    platform_user_no as "platformUserNo", asks, facts, user_device as "userDevice", state, ending, act, acted_at as "actedAt", presentation, answer,
    expires_at as "expiresAt", s.sent_onward as "sentOnward"
  from gateway.page p join gateway.page_session s on s.page_id = p.page_id
  where p.page_id = ${pageId} and s.session_hash = ${session}`;

export const forgetSessions = (pageId: string): Statement => sql`
  delete from gateway.page_session where page_id = ${pageId}`;

/** Adds a session unless there are `most` already; tells by the row count. */
export const addSession = (pageId: string, session: Buffer, most: number, now: Date): Statement => sql`
  insert into gateway.page_session (page_id, session_hash, opened_at)
  select ${pageId}, ${session}, ${now}
  where (select count(*) from gateway.page_session where page_id = ${pageId}) < ${most}`;

export const markSentOnward = (pageId: string, session: Buffer): Statement => sql`
  update gateway.page_session set sent_onward = true where page_id = ${pageId} and session_hash = ${session}`;

/** Approves an open page whose time is not over, for a session that still holds it. One row, or it was not to be. */
export const approve = (pageId: string, session: Buffer, act: string, now: Date, dueAt: Date): Statement => sql`
  update gateway.page set state = 'APPROVED', act = ${act}, acted_at = ${now}, due_at = ${dueAt}
  where page_id = ${pageId} and state = 'OPEN' and expires_at > ${now}
    and exists (select 1 from gateway.page_session where page_id = ${pageId} and session_hash = ${session})`;

/** Begins the end of an open page; EXPIRED only when its time is over. */
export const beginEnd = (pageId: string, ending: Ending, act: string, now: Date, dueAt: Date): Statement => sql`
  update gateway.page set state = 'ENDING', ending = ${ending}, act = ${act}, acted_at = ${now}, due_at = ${dueAt}
  where page_id = ${pageId} and state = 'OPEN' and (${ending} = 'CANCELLED' or expires_at <= ${now})`;

/** Puts off the next look at a page that waits for the books. */
export const putOff = (pageId: string, dueAt: Date): Statement => sql`
  update gateway.page set due_at = ${dueAt} where page_id = ${pageId} and state in ('APPROVED', 'ENDING')`;

export interface LastWord {
  readonly platformNo: string;
  readonly requestNo: string;
  readonly answer: Answer;
}

/** Ends pages. One that has ended keeps its first last word. */
export const endPages = (ended: readonly LastWord[]): Statement => sql`
  update gateway.page p set state = 'ENDED', answer = told.answer, due_at = null
  from (
    select distinct on (platform_no, request_no) platform_no, request_no, answer
    from unnest(
      ${ended.map(({ platformNo }) => platformNo)}::text[],
      ${ended.map(({ requestNo }) => requestNo)}::text[],
      ${ended.map(({ answer }) => encode(answer))}::json[]
    ) with ordinality as t (platform_no, request_no, answer, place)
    order by platform_no, request_no, place
  ) told
  where p.platform_no = told.platform_no and p.request_no = told.request_no and p.state <> 'ENDED'`;

/** Keeps what the user must be shown to pay; the latest stands. */
export const present = (messages: readonly PresentedMessage[]): Statement => sql`
  update gateway.page p set presentation = shown.presentation
  from (
    select distinct on (platform_no, request_no) platform_no, request_no, presentation
    from unnest(
      ${messages.map(({ platformNo }) => platformNo)}::text[],
      ${messages.map(({ requestNo }) => requestNo)}::text[],
      ${messages.map(({ presentation }) => JSON.stringify(presentation))}::json[]
    ) with ordinality as t (platform_no, request_no, presentation, place)
    order by platform_no, request_no, place desc
  ) shown
  where p.platform_no = shown.platform_no and p.request_no = shown.request_no and p.state <> 'ENDED'`;

/** Takes pages that are due, for `until`: other instances leave them alone that long. */
export const takeDue = (now: Date, until: Date, most: number): Statement => sql`
  update gateway.page set due_at = ${until}
  where page_id in (
    select page_id from gateway.page where due_at <= ${now} order by due_at limit ${most} for update skip locked
  )
  returning page_id as "pageId", platform_no as "platformNo", request_no as "requestNo", service_name as "serviceName",
    platform_user_no as "platformUserNo", asks, facts, user_device as "userDevice", state, ending, act, acted_at as "actedAt", presentation, answer,
    expires_at as "expiresAt"`;
