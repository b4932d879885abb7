/**
 * A page's walk from its opening to its end. What its user decided is committed with the act that tells it, before the act is submitted; so
 * whoever dies in between, the sweeper finds the row due and submits the same text again. The last word comes from the books, as the answer
 * to the act or as a durable result, whichever is first.
 */
import { createHash } from 'node:crypto';
import { encode } from '../../contract/internal/codec.ts';
import type { PageApproved, PageExpired } from '../../contract/internal/instruction.ts';
import type { PresentedMessage } from '../../contract/internal/order.ts';
import type { Answer, ResultMessage } from '../../contract/internal/reply.ts';
import { isPage, isServiceName } from '../../contract/services.ts';
import { fault } from '../../runtime/fault.ts';
import type { Transaction } from '../../runtime/postgres/database.ts';
import type { PasswordHash } from '../identity/hash.ts';
import type { TradePasswords } from '../identity/trade-password.ts';
import type { PageContext, PageOpening } from '../page-port.ts';
import * as rows from './rows.ts';
import { addressOf, newPageId, newSession, sessionHash } from './session.ts';
import type { Ending } from './words.ts';

/** Sessions that may watch one page; a platform that posts the same message for ever is shown no more than this many at once. */
const MOST_SESSIONS = 10;
/** Before an act that was not surely accepted is submitted again. */
const AGAIN_MS = 5_000;
/** Before an accepted act without a last word is submitted again: the books answer it by its claim. */
const REMIND_MS = 60_000;

/** A page and the session it was just given, if any was. */
export interface Bound {
  readonly page: rows.PageRow;
  readonly session: string | undefined;
}

export interface Walk {
  /** The page of an opening, made when the books gave its facts; undefined when there is none. */
  find(opening: PageOpening): Promise<rows.PageRow | undefined>;
  /** Gives the page a new session. While it is open, those before lose it. */
  bind(page: rows.PageRow): Promise<Bound>;
  seen(pageId: string, session: string): Promise<rows.SeenPage | undefined>;
  markSentOnward(pageId: string, session: string): Promise<void>;
  /** Approves once, keeps the new password if there is one, and tells the books. Nothing happens when the page is no longer open. */
  approve(page: rows.PageRow, session: string, hash: PasswordHash | undefined): Promise<void>;
  /** Ends an open page without approval, and tells the books. */
  giveUp(page: rows.PageRow, ending: Ending): Promise<void>;
  /** Submits the act of a page that moved, and takes the answer. */
  tell(page: rows.PageRow): Promise<void>;
  /** Ends the page by an answer of the books that is the last word. */
  end(page: rows.PageRow, answer: Answer): Promise<void>;
  /** Ends pages by results, and decides on their pending passwords. */
  ended(results: readonly ResultMessage[], transaction: Transaction): Promise<void>;
  presented(messages: readonly PresentedMessage[], transaction: Transaction): Promise<void>;
  /** Moves on what is due; answers how many pages there were. */
  sweep(): Promise<number>;
}

/** States of a withdrawal in which its user has nothing to wait for: the bank pays out later. */
const withdrawn = new Set(['CONFIRMING', 'ACCEPT', 'REMITING', 'SUCCESS', 'FAIL', 'ACCEPT_FAIL']);

/** Whether the user's page has nothing more to wait for. */
export function isLastWord(answer: Answer): boolean {
  if (answer.page !== undefined) return false;
  if (answer.final || answer.status === 'SUCCESS' || answer.errorCode !== undefined) return true;
  const state = answer.fields['withdrawStatus'];
  return typeof state === 'string' && withdrawn.has(state);
}

/** An end that comes too late is answered SUCCESS, which says nothing of what was asked: its own last word comes as a result. */
const isAbout = ({ service }: PageApproved | PageExpired, { status }: Answer): boolean =>
  service === 'PAGE_APPROVED' || status !== 'SUCCESS';

/** What the page of an opening asks its user for. A new password instead of a forgotten one needs another proof of who he is. */
function asked(opening: PageOpening, needs: 'PASSWORD' | 'NEW_PASSWORD' | 'CONFIRMATION'): rows.Asks {
  if (needs !== 'NEW_PASSWORD' || opening.act.service !== 'RESET_PASSWORD') return needs;
  return opening.act.request.isSkip === 'Forget' ? 'ELEMENTS_AND_NEW' : 'OLD_AND_NEW';
}

const approvedBy: { readonly [A in rows.Asks]: PageApproved['approvedBy'] } = {
  PASSWORD: 'PASSWORD',
  NEW_PASSWORD: 'NEW_PASSWORD',
  OLD_AND_NEW: 'NEW_PASSWORD',
  ELEMENTS_AND_NEW: 'NEW_PASSWORD',
  CONFIRMATION: 'PLATFORM',
};

export function walkOf(context: PageContext, passwords: TradePasswords): Walk {
  const { database, clock, log, submit, waitMs, publicUrl, metrics } = context;
  const moves = metrics.counter('gateway_page_moves_total', 'Pages opened, and what their users did', ['move']);
  const now = (): Date => new Date(clock.now());
  const later = (ms: number): Date => new Date(clock.now() + ms);
  /** When an act that was just committed is looked at, should we die before its submission is over. */
  const firstDue = (): Date => later(waitMs + AGAIN_MS);

  const find = async (platformNo: string, requestNo: string): Promise<rows.PageRow | undefined> => {
    const row = await database.row<rows.PageRow>(rows.pageOfNumber(platformNo, requestNo));
    return row && rows.readPage(row);
  };

  const end = async (page: rows.PageRow, answer: Answer): Promise<void> => {
    const { platformNo, requestNo } = page;
    await database.transaction(async (transaction) => {
      await transaction.execute(rows.endPages([{ platformNo, requestNo, answer }]));
      // A refusal is not believed here: the result, which always follows, drops the pending password.
      if (answer.status === 'SUCCESS')
        await passwords.settle(transaction, [{ platformNo, requestNo, succeeded: true }]);
    });
  };

  const tell = async (page: rows.PageRow): Promise<void> => {
    const { platformNo, requestNo, serviceName, pageId, userDevice, act: text, actedAt } = page;
    if (text === null || actedAt === null) return;
    const act = JSON.parse(text) as PageApproved | PageExpired;
    const submitted = await submit(
      {
        platformNo,
        origin: 'PAGE',
        number: `${requestNo}:${act.service === 'PAGE_APPROVED' ? 'approved' : 'ended'}`,
        digest: createHash('sha256').update(text).digest('hex'),
        act,
        receivedAt: actedAt.getTime(),
      },
      { kind: 'PAGE', serviceName, requestNo, raw: Buffer.from(JSON.stringify({ pageId, actedAt, act })), userDevice },
      { waitMs },
    );
    if (submitted === 'unknown' || submitted === 'full') {
      log.warn({ platformNo, requestNo, act: act.service, submitted }, 'the act of a page is submitted again later');
      await database.execute(rows.putOff(pageId, later(AGAIN_MS)));
    } else if (submitted !== 'timeout' && isLastWord(submitted) && isAbout(act, submitted)) await end(page, submitted);
    else await database.execute(rows.putOff(pageId, later(REMIND_MS)));
  };

  const giveUp = async (page: rows.PageRow, ending: Ending): Promise<void> => {
    const act = encode({ service: 'PAGE_EXPIRED', requestNo: page.requestNo, reason: ending } satisfies PageExpired);
    const actedAt = now();
    const moved = await database.execute(rows.beginEnd(page.pageId, ending, act, actedAt, firstDue()));
    if (moved !== 1) return;
    moves.inc({ move: ending });
    await tell({ ...page, act, actedAt });
  };

  const step = async (page: rows.PageRow): Promise<void> => {
    try {
      if (page.state === 'OPEN') await giveUp(page, 'EXPIRED');
      else await tell(page);
    } catch (error) {
      const { platformNo, requestNo } = page;
      log.error({ platformNo, requestNo, err: error }, 'a page that is due could not be moved on');
    }
  };

  return {
    find: async (opening) => {
      const { platformNo, requestNo, serviceName, userDevice, answer } = opening;
      if (answer.page !== undefined) {
        const facts = answer.page;
        const page: rows.NewPage = {
          pageId: newPageId(),
          platformNo,
          requestNo,
          serviceName,
          platformUserNo: facts.platformUserNo,
          asks: asked(opening, facts.needs),
          facts,
          userDevice,
          expiresAt: new Date(facts.expiresAt),
        };
        if ((await database.execute(rows.insertPage(page, now()))) === 1) moves.inc({ move: 'OPENED' });
      }
      return find(platformNo, requestNo);
    },

    bind: async (page) => {
      const session = newSession();
      const added = await database.transaction(async (transaction) => {
        const row = await transaction.row<{ state: string }>(rows.lockPage(page.pageId));
        if (row?.state === 'OPEN') await transaction.execute(rows.forgetSessions(page.pageId));
        return transaction.execute(rows.addSession(page.pageId, sessionHash(session), MOST_SESSIONS, now()));
      });
      // It may have moved on before it was locked.
      const bound = await find(page.platformNo, page.requestNo);
      return { page: bound ?? page, session: added === 1 ? session : undefined };
    },

    seen: async (pageId, session) => {
      const row = await database.row<rows.SeenPage>(rows.seenPage(pageId, sessionHash(session)));
      return row && rows.readPage(row);
    },

    markSentOnward: async (pageId, session) => {
      await database.execute(rows.markSentOnward(pageId, sessionHash(session)));
    },

    approve: async (page, session, hash) => {
      const { pageId, platformNo, platformUserNo, requestNo, asks } = page;
      const act = encode({
        service: 'PAGE_APPROVED',
        requestNo,
        approvedBy: approvedBy[asks],
        returnUrl: addressOf(publicUrl, pageId).url,
      } satisfies PageApproved);
      const actedAt = now();
      const approved = await database.transaction(async (transaction) => {
        await transaction.row(rows.lockPage(pageId));
        const moved = await transaction.execute(rows.approve(pageId, sessionHash(session), act, actedAt, firstDue()));
        if (moved === 1 && hash !== undefined)
          await passwords.stage(transaction, { platformNo, platformUserNo }, requestNo, hash);
        return moved === 1;
      });
      if (!approved) return;
      await fault('gateway.page.approved');
      moves.inc({ move: 'APPROVED' });
      await tell({ ...page, act, actedAt });
    },

    giveUp,
    tell,
    end,

    ended: async (results, transaction) => {
      const ours = results.filter(
        ({ serviceName, answer }) => isServiceName(serviceName) && isPage(serviceName) && isLastWord(answer),
      );
      if (ours.length === 0) return;
      await transaction.execute(rows.endPages(ours));
      await passwords.settle(
        transaction,
        ours.map(({ platformNo, requestNo, answer }) => ({
          platformNo,
          requestNo,
          succeeded: answer.status === 'SUCCESS',
        })),
      );
    },

    presented: async (messages, transaction) => {
      if (messages.length > 0) await transaction.execute(rows.present(messages));
    },

    sweep: async () => {
      const due = await database.rows<rows.PageRow>(rows.takeDue(now(), firstDue(), 20));
      await Promise.all(due.map((row) => step(rows.readPage(row))));
      return due.length;
    },
  };
}
