/**
 * A bank for the tests of its pages: the real pages on a real database behind real HTTP, with the counter and the books played here.
 * The books claim each number once by its digest and remember what they were asked; a test says how an approval ends.
 */
import { randomBytes } from 'node:crypto';
import formbody from '@fastify/formbody';
import Fastify, { type FastifyInstance } from 'fastify';
import { newKeyPair } from '../../../certs/key-pair.ts';
import { type Sealer, sealerOf } from '../../../certs/seal.ts';
import { type KeySigner, signerFromPem } from '../../../certs/signer.ts';
import type { Envelope } from '../../../contract/envelope.ts';
import type { PageApproved, PageExpired, PlatformAct } from '../../../contract/internal/instruction.ts';
import type { Answer, PageFacts, ResultMessage } from '../../../contract/internal/reply.ts';
import type { PageService } from '../../../contract/services.ts';
import type { Pages } from '../../../gateway/page-port.ts';
import { openPages } from '../../../gateway/pages/open-pages.ts';
import type { Submission, Submit, Submitted } from '../../../gateway/submit.ts';
import { openLog } from '../../../runtime/log.ts';
import { openMetrics } from '../../../runtime/metrics.ts';
import { type Database, openDatabase } from '../../../runtime/postgres/database.ts';
import { migrate } from '../../../runtime/postgres/migrate.ts';
import { type FreshDatabase, freePort, freshDatabase, type TestServer } from '../../servers.ts';

export const PLATFORM = 'P2P-9';
/** A cheap scrypt, so that a test waits for what it tests. */
const CHEAP = { cost: 1024 };

export const success: Answer = { status: 'SUCCESS', final: true, fields: {} };
export const processing: Answer = { status: 'PROCESSING', final: false, fields: {} };
export const refusal: Answer = {
  status: 'INIT',
  final: true,
  errorCode: '100014',
  errorMessage: '余额不足',
  fields: {},
};

/** What a test's platform sends to be opened. */
export interface Asked {
  readonly service: PageService;
  readonly requestNo: string;
  readonly userNo?: string;
  readonly needs?: PageFacts['needs'];
  readonly lines?: PageFacts['lines'];
  readonly elements?: PageFacts['elements'];
  readonly isSkip?: 'Remember' | 'Forget';
  /** Milliseconds until the page expires; default 30 minutes. */
  readonly lastsMs?: number;
  /** null: the platform names no way back. */
  readonly redirectUrl?: string | null;
}

export interface Books {
  /** Every submission in order. */
  readonly submissions: Submission[];
  /** Acts of a number that were taken: each once. */
  taken(requestNo: string): readonly (PageApproved | PageExpired)[];
  /** What the next approvals are answered; default SUCCESS. */
  approvals: Answer;
  /** What becomes of submissions before the books see them; default nothing. */
  weather: 'fair' | 'unknown' | 'full' | 'timeout';
  /** Whether openings get no answer in time. */
  silent: boolean;
  /** The last word on a number. */
  answerOf(requestNo: string): Answer | undefined;
}

export interface Bank {
  readonly url: string;
  readonly pages: Pages;
  readonly books: Books;
  readonly database: Database;
  readonly sealer: Sealer;
  readonly signer: KeySigner;
  readonly clock: { now(): number; ahead: number };
  readonly log: string[];
  /** The form that the platform gives its user's browser. */
  form(asked: Asked): Record<string, string>;
  /** Tells a durable result, as the consumer of results does. */
  result(asked: Asked, answer: Answer): Promise<void>;
  /** Tells the pages what a channel wants shown. */
  present(requestNo: string, url: string, kind?: 'redirect' | 'qr'): Promise<void>;
  /** Pages as another instance of the gateway has them, on the same database. */
  another(submit?: Submit): Promise<Pages>;
  close(): Promise<void>;
}

function bookkeeping(): { books: Books; submit: Submit } {
  const claims = new Map<string, { digest: string; answer: Answer }>();
  const acts = new Map<string, (PageApproved | PageExpired)[]>();
  const finals = new Map<string, Answer>();
  const books: Books = {
    submissions: [],
    taken: (requestNo) => acts.get(requestNo) ?? [],
    approvals: success,
    weather: 'fair',
    silent: false,
    answerOf: (requestNo) => finals.get(requestNo),
  };
  const decide = (act: PageApproved | PageExpired): Answer => {
    // An end after an approval comes too late: SUCCESS, and nothing happens.
    if (act.service === 'PAGE_EXPIRED' && books.taken(act.requestNo).length > 0) return success;
    acts.set(act.requestNo, [...books.taken(act.requestNo), act]);
    const answer: Answer =
      act.service === 'PAGE_APPROVED'
        ? books.approvals
        : { status: 'INIT', final: true, errorCode: '100008', errorMessage: '页面已过期', fields: {} };
    if (answer.final) finals.set(act.requestNo, answer);
    return answer;
  };
  const submit: Submit = async (submission): Promise<Submitted> => {
    books.submissions.push(submission);
    if (books.weather === 'unknown' || books.weather === 'full') return books.weather;
    const key = `${submission.platformNo} ${submission.origin} ${submission.number}`;
    const act = submission.act as PageApproved | PageExpired;
    let claim = claims.get(key);
    if (claim === undefined) {
      claim = { digest: submission.digest, answer: decide(act) };
      claims.set(key, claim);
    }
    if (claim.digest !== submission.digest)
      return { status: 'INIT', final: true, errorCode: '100013', errorMessage: '请求流水号重复', fields: {} };
    return books.weather === 'timeout' ? 'timeout' : (finals.get(act.requestNo) ?? claim.answer);
  };
  return { books, submit };
}

const factsOf = (asked: Asked, now: number): PageFacts => ({
  service: asked.service,
  platformUserNo: asked.userNo ?? 'U1',
  needs: asked.needs ?? 'PASSWORD',
  expiresAt: now + (asked.lastsMs ?? 1_800_000),
  ...(asked.redirectUrl === null ? {} : { redirectUrl: asked.redirectUrl ?? 'https://platform.example/back' }),
  lines: asked.lines ?? {},
  ...(asked.elements === undefined ? {} : { elements: asked.elements }),
});

/** The counter: takes the form at /gateway, asks the books what the number is, and lets the pages answer. */
function counter(app: FastifyInstance, pages: Pages, books: Books, known: Map<string, Asked & { facts: PageFacts }>) {
  app.register(formbody);
  app.post('/gateway', async (request, reply) => {
    const envelope = request.body as Envelope;
    const { requestNo } = JSON.parse(envelope.reqData) as { requestNo: string };
    const asked = known.get(requestNo);
    if (asked === undefined) return reply.code(400).send();
    const { facts, service, isSkip } = asked;
    const { redirectUrl } = facts;
    const open = books.taken(requestNo).length === 0 && !books.silent;
    const answer = books.answerOf(requestNo) ?? (open ? { ...processing, page: facts } : processing);
    const { status, headers, body } = await pages.open({
      platformNo: PLATFORM,
      serviceName: service,
      requestNo,
      messageId: '0190d1c2-0000-7000-8000-000000000000',
      userDevice: 'PC',
      redirectUrl,
      act: { service, request: { requestNo, redirectUrl, isSkip } } as unknown as PlatformAct & {
        service: PageService;
      },
      answer,
      envelope,
    });
    return reply.code(status).headers(headers).send(body);
  });
}

/** Opens a bank on a fresh database of the server. */
export async function openBank(server: TestServer, options: { sweepEveryMs?: number } = {}): Promise<Bank> {
  const fresh: FreshDatabase = await freshDatabase(server.url);
  await migrate({ url: fresh.url, room: 'gateway' });
  const database = openDatabase({ url: fresh.url, role: 'qianzhi_gateway', max: 6 });
  const clock = {
    ahead: 0,
    now(): number {
      return Date.now() + this.ahead;
    },
  };
  const sealer = sealerOf({ byVersion: new Map([[1, randomBytes(32)]]), newest: 1, hashKey: randomBytes(32) });
  const pair = await newKeyPair({ algorithm: 'RSA2' });
  const signer = await signerFromPem(pair.privateKeyPem, 'BANK1', 'RSA2');
  const log: string[] = [];
  const context = {
    database,
    signer,
    sealer,
    clock,
    log: openLog({
      name: 'pages',
      level: 'debug',
      destination: {
        write: (line: string) => {
          log.push(line);
        },
      },
    }),
    metrics: openMetrics({ ofProcess: false }),
    waitMs: 1_000,
  };
  const { books, submit } = bookkeeping();
  const known = new Map<string, Asked & { facts: PageFacts }>();
  // The port is known before the pages are opened: their public URL names it.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const app = Fastify();
  const pages = await openPages(
    { ...context, submit, publicUrl: url },
    { password: CHEAP, sweepEveryMs: options.sweepEveryMs ?? 3_600_000 },
  );
  pages.routes(app);
  counter(app, pages, books, known);
  await app.listen({ port, host: '127.0.0.1' });

  const opened: Pages[] = [pages];
  return {
    url,
    pages,
    books,
    database,
    sealer,
    signer,
    clock,
    log,
    form: (asked) => {
      known.set(asked.requestNo, { ...asked, facts: known.get(asked.requestNo)?.facts ?? factsOf(asked, clock.now()) });
      return {
        serviceName: asked.service,
        platformNo: PLATFORM,
        reqData: JSON.stringify({ requestNo: asked.requestNo }),
        keySerial: 'K1',
        sign: 'c2lnbg==',
      };
    },
    result: async ({ service, requestNo }, answer) => {
      const message: ResultMessage = {
        version: 1,
        event: `${requestNo}:${answer.status}`,
        platformNo: PLATFORM,
        requestNo,
        serviceName: service,
        occurredAt: clock.now(),
        ended: answer.final,
        notify: true,
        answer,
      };
      await database.transaction((transaction) => pages.ended([message], transaction));
    },
    present: (requestNo, presentedUrl, kind = 'redirect') =>
      database.transaction((transaction) =>
        pages.presented(
          [
            {
              version: 1,
              orderId: '0'.repeat(24),
              platformNo: PLATFORM,
              requestNo,
              presentation: { kind, url: presentedUrl, expiresAt: clock.now() + 600_000 },
            },
          ],
          transaction,
        ),
      ),
    another: async (other = submit) => {
      const more = await openPages(
        { ...context, submit: other, publicUrl: url },
        { password: CHEAP, sweepEveryMs: 20 },
      );
      opened.push(more);
      return more;
    },
    close: async () => {
      await app.close();
      await Promise.all(opened.map(({ stop }) => stop()));
      await database.close();
      await fresh.drop();
    },
  };
}

/** Registers a user with a password, through the page as users do. */
export const register = (userNo: string, requestNo = `REG-${userNo}`): Asked => ({
  service: 'PERSONAL_REGISTER_EXPAND',
  requestNo,
  userNo,
  needs: 'NEW_PASSWORD',
});
