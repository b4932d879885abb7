/** Opens the bank's pages: ties their walk, their routes and their sweeper to the gateway they are part of. */
import { setTimeout as sleep } from 'node:timers/promises';
import { answerText } from '../answer.ts';
import type { PasswordSettings } from '../identity/hash.ts';
import { tradePasswordsOf } from '../identity/trade-password.ts';
import { notificationForm } from '../notifications/form.ts';
import type { PageContext, PageOpening, PageReply, Pages } from '../page-port.ts';
import { provingOf } from './proving.ts';
import { pageRoutes } from './routes.ts';
import type { PageRow } from './rows.ts';
import { addressOf, formToken, sessionCookie } from './session.ts';
import { againPage, approvalPage, endPage, refusalPage, waitingPage } from './views.ts';
import { type Bound, isLastWord, walkOf } from './walk.ts';

export interface PageOptions {
  readonly password?: PasswordSettings;
  /** Between two looks for pages that are due; default 1,000 ms. */
  readonly sweepEveryMs?: number;
}

/** A session outlives its page by this, so that its user can read how it ended. */
const AFTERWARDS_MS = 2 * 3_600_000;

/** Opens the pages, on a database that is migrated. */
export async function openPages(context: PageContext, options: PageOptions = {}): Promise<Pages> {
  const { database, clock, log, sealer, signer, publicUrl } = context;
  const passwords = tradePasswordsOf(database, clock, options.password);
  const walk = walkOf(context, passwords);
  const gatewayPath = `${new URL(publicUrl).pathname.replace(/\/$/, '')}/gateway`;

  const ending = async (about: Parameters<typeof endPage>[0] & Pick<PageRow, 'platformNo' | 'userDevice'>) => {
    const { platformNo, serviceName, requestNo, userDevice, answer } = about;
    const respData = answerText(requestNo, answer, sealer);
    const told = { platformNo, serviceName, responseType: 'CALLBACK' as const, respData, userDevice };
    return endPage(about, await notificationForm(told, signer));
  };
  const endingOf = (page: PageRow, fallback: PageOpening['answer']): Promise<PageReply> =>
    ending({ ...page, answer: page.answer ?? fallback, redirectUrl: page.facts.redirectUrl });

  /** What a browser sees that brought the platform's signed message; it gets a session of its own. */
  const shown = async ({ page, session }: Bound): Promise<PageReply | undefined> => {
    if (session === undefined) return undefined;
    const address = addressOf(publicUrl, page.pageId);
    const reply =
      page.state === 'OPEN'
        ? approvalPage(page, address, formToken(session, page.pageId))
        : waitingPage(page, { seconds: 1, url: address.path });
    const lastsMs = Math.max(page.expiresAt.getTime() - clock.now(), 0) + AFTERWARDS_MS;
    return {
      ...reply,
      headers: { ...reply.headers, 'set-cookie': sessionCookie(session, page.pageId, address, lastsMs) },
    };
  };

  const open = async (opening: PageOpening): Promise<PageReply> => {
    const { serviceName, answer, envelope } = opening;
    let page = await walk.find(opening);
    if (page?.state === 'OPEN' && page.expiresAt.getTime() <= clock.now()) {
      await walk.giveUp(page, 'EXPIRED');
      page = await walk.find(opening);
    }
    if (isLastWord(answer)) {
      if (page !== undefined && page.state !== 'ENDED') await walk.end(page, answer);
      return ending({ ...opening, ending: page?.ending ?? null });
    }
    if (page === undefined) return againPage(serviceName, gatewayPath, envelope);
    if (page.state === 'ENDED') return endingOf(page, answer);
    return (await shown(await walk.bind(page))) ?? againPage(serviceName, gatewayPath, envelope);
  };

  const stopping = new AbortController();
  const sweeping = (async () => {
    while (!stopping.signal.aborted) {
      const moved = await walk.sweep().catch((error: unknown) => {
        log.warn({ err: error }, 'pages that are due could not be looked for');
        return 0;
      });
      // Some were due: there may be more.
      if (moved === 0)
        await sleep(options.sweepEveryMs ?? 1_000, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();

  return {
    routes: (server) =>
      pageRoutes(server, {
        walk,
        prove: provingOf(passwords, sealer, () => clock.now(), context.metrics),
        now: () => clock.now(),
        log,
        publicUrl,
        ending: (page) => endingOf(page, { status: 'PROCESSING', final: false, fields: {} }),
      }),
    open,
    refuse: refusalPage,
    ended: walk.ended,
    presented: walk.presented,
    stop: async () => {
      stopping.abort();
      await sweeping;
    },
  };
}
