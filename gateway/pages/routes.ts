/**
 * `GET` and `POST /page/:id`. Nothing is shown or done without the page's session; nothing is done without the form's token as well. A post
 * is always answered by a redirect to the page, or by the page with what was wrong, so that reloading never approves again.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Unavailable } from '../../runtime/failure.ts';
import type { Log } from '../../runtime/log.ts';
import type { Words } from '../identity/rules.ts';
import type { PageReply } from '../page-port.ts';
import { redirect } from './html.ts';
import type { Proving } from './proving.ts';
import type { SeenPage } from './rows.ts';
import { addressOf, formToken, isFormToken, isPageId, type PageAddress, sessionOf } from './session.ts';
import { approvalPage, problemPage, waitingPage, webUrl } from './views.ts';
import type { Walk } from './walk.ts';

export interface RouteParts {
  readonly walk: Walk;
  readonly prove: Proving;
  readonly now: () => number;
  readonly log: Pick<Log, 'warn' | 'error'>;
  readonly publicUrl: string;
  /** The end page of a page that has ended. */
  readonly ending: (page: SeenPage) => Promise<PageReply>;
}

/** A page's form is short: its longest fields are a token and three passwords. */
const LONGEST_FORM = 8_192;

const WAIT_S = 1;

const noSession = (): PageReply =>
  problemPage(
    403,
    { zh: '页面不可用', en: 'This page is not available' },
    {
      zh: '页面不存在、已在别处打开，或不属于此浏览器。请从平台重新进入',
      en: 'There is no such page, it was opened again elsewhere, or it belongs to another browser. Please come from the platform again',
    },
  );

const busy = (): PageReply =>
  problemPage(
    503,
    { zh: '系统繁忙', en: 'The bank is busy' },
    {
      zh: '请刷新页面再试；已确认的操作不会重复执行',
      en: 'Please reload and try again; what was confirmed is never done twice',
    },
  );

const reopened: Words = {
  zh: '此页面已重新打开，请核对后再次确认',
  en: 'This page was opened anew. Please check it and confirm again',
};

export function pageRoutes(server: FastifyInstance, parts: RouteParts): void {
  const { walk, prove, now, publicUrl, log } = parts;

  /** The page as it is now; what has expired by now is ended first. */
  const look = async (pageId: string, session: string): Promise<SeenPage | undefined> => {
    const page = await walk.seen(pageId, session);
    if (page?.state !== 'OPEN' || page.expiresAt.getTime() > now()) return page;
    await walk.giveUp(page, 'EXPIRED');
    return walk.seen(pageId, session);
  };

  const waiting = async (
    page: SeenPage,
    address: PageAddress,
    session: string,
    onward: boolean,
  ): Promise<PageReply> => {
    const pay = page.presentation;
    const target = pay && pay.expiresAt > now() ? webUrl(pay.url) : undefined;
    const again = { seconds: WAIT_S, url: address.path };
    if (page.state !== 'APPROVED' || target === undefined) return waitingPage(page, again);
    if (pay?.kind === 'qr') return waitingPage(page, again, target.href);
    if (onward) {
      await walk.markSentOnward(page.pageId, session);
      return redirect(target.href);
    }
    // By a refresh and not by a redirect: browsers hold the page's form-action against every redirect that follows its form.
    const onwardPath = `${address.path}?onward=1`;
    return waitingPage(page, page.sentOnward ? again : { seconds: 0, url: onwardPath }, onwardPath);
  };

  const show = async (page: SeenPage, session: string, onward: boolean): Promise<PageReply> => {
    const address = addressOf(publicUrl, page.pageId);
    if (page.state === 'OPEN') return approvalPage(page, address, formToken(session, page.pageId));
    if (page.state === 'ENDED') return parts.ending(page);
    return waiting(page, address, session, onward);
  };

  const act = async (pageId: string, session: string, form: URLSearchParams): Promise<PageReply> => {
    const page = await look(pageId, session);
    if (page === undefined) return noSession();
    const address = addressOf(publicUrl, pageId);
    if (page.state !== 'OPEN') return redirect(address.path);
    const token = formToken(session, pageId);
    if (!isFormToken(form.get('token') ?? '', session, pageId))
      return approvalPage(page, address, token, reopened, 403);
    if (form.get('action') === 'cancel') await walk.giveUp(page, 'CANCELLED');
    else if (form.get('action') === 'approve') {
      const proved = await prove(page, form);
      if ('problem' in proved) return approvalPage(page, address, token, proved.problem, 422);
      await walk.approve(page, session, proved.hash);
    }
    return redirect(address.path);
  };

  const guarded = async (reply: FastifyReply, work: () => Promise<PageReply>) => {
    let answer: PageReply;
    try {
      answer = await work();
    } catch (error) {
      if (error instanceof Unavailable) log.warn({ err: error }, 'a page could not be served for now');
      else log.error({ err: error }, 'a page could not be served');
      answer = busy();
    }
    return reply.code(answer.status).headers(answer.headers).send(answer.body);
  };

  const idOf = (request: FastifyRequest): string => {
    const { id } = request.params as { id: string };
    return isPageId(id) ? id : '';
  };

  // In a scope of its own, whose parser takes nothing but a short form.
  server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: LONGEST_FORM },
      (_, body, done) => done(null, new URLSearchParams(String(body))),
    );

    scope.get('/page/:id', (request, reply) =>
      guarded(reply, async () => {
        const pageId = idOf(request);
        const session = sessionOf(request.headers.cookie, pageId);
        const page = session === undefined ? undefined : await look(pageId, session);
        if (page === undefined || session === undefined) return noSession();
        return show(page, session, 'onward' in (request.query as object));
      }),
    );

    scope.post('/page/:id', (request, reply) =>
      guarded(reply, async () => {
        const pageId = idOf(request);
        const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
        // Not our form: a pay company that sends the browser back by POST, to which the cookie does not come along. Look instead.
        if (pageId !== '' && !form.has('action')) return redirect(addressOf(publicUrl, pageId).path);
        const session = sessionOf(request.headers.cookie, pageId);
        return session === undefined ? noSession() : act(pageId, session, form);
      }),
    );
  });
}
