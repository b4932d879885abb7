/**
 * The counter: one message of a platform, from its bytes to the answer. `/service` takes direct services and queries; `/gateway` takes page
 * services and hands what was opened over to the pages.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Sealer } from '../../certs/seal.ts';
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { Envelope } from '../../contract/envelope.ts';
import type { PlatformAct } from '../../contract/internal/instruction.ts';
import type { Answer, QueryMessage } from '../../contract/internal/reply.ts';
import { isPage, isQuery, type PageService } from '../../contract/services.ts';
import type { Clock } from '../../runtime/clock.ts';
import { traceparent } from '../../runtime/trace.ts';
import { answerText, processingText, refusalText } from '../answer.ts';
import type { Ask } from '../ask.ts';
import { type Instruction, type InstructParts, instruct } from '../instruct.ts';
import type { PageReply, Pages } from '../page-port.ts';
import type { Registry } from '../registry/registry.ts';
import type { Submitted } from '../submit.ts';
import { type Admitted, admit, type Path } from './admit.ts';
import { type BodyLimits, overloaded } from './body.ts';
import { readEnvelope, userDeviceOf } from './envelope.ts';
import type { Places } from './places.ts';
import type { Rates } from './rates.ts';
import { busy, json, type Outgoing } from './reply.ts';

export interface CounterParts extends InstructParts {
  readonly registry: Registry;
  readonly ask: Ask;
  readonly pages: Pages;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** How long a message waits for the books, milliseconds. */
  readonly waitMs: number;
  readonly clockWindowMs: number;
  readonly limits: BodyLimits;
  readonly places: Places;
  /** What verified messages of each platform may spend. */
  readonly rates: Rates;
  /** What messages that nobody vouches for may spend, by the address they come from. */
  readonly strangers: Rates;
  /** Refusals per second that are signed one by one for each address; the rest get what was signed before. */
  readonly strangersPerSecond: number;
  /** Messages per second of a platform that has no number of its own. */
  readonly platformPerSecond: number;
}

/** What a message is answered, and under which name it is counted. */
export interface Served {
  readonly outgoing: Outgoing;
  readonly counted: string;
  /** The same for everybody who makes this mistake, so that one signature serves all. */
  readonly common?: boolean;
  /** The books gave no word on it. */
  readonly silent?: boolean;
}

/** Refusals of messages that nobody vouches for: each costs us a signature. */
const unvouched: ReadonlySet<string> = new Set(['100003', '100004', '100005']);

/** The answer may still be on its way to the books, or lost: only the very same message may be sent again. */
const unknown: Rejection = reject('100001', 'retry with the same number and the same content');
const noAnswer: Rejection = reject('100001', 'no answer in time, ask again');

/** How a message came. */
interface Arrived {
  readonly envelope: Envelope;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: number;
}

/**
 * Serves one message. Throws only what is a defect. A message that has no place or no token is refused before its signature is looked at,
 * but it spends nothing until it is verified: a forger uses up nobody's. @param from the sender's address.
 */
export async function serve(
  path: Path,
  headers: IncomingHttpHeaders,
  body: Buffer,
  from: string,
  parts: CounterParts,
): Promise<Served> {
  const receivedAt = parts.clock.now();
  const envelope = readEnvelope(headers, body, parts.limits);
  if (isRejection(envelope)) return refused(path, headers, envelope, undefined, parts.pages);
  const { platformNo } = envelope;
  const perSecond = parts.registry.platform(platformNo)?.perSecond ?? parts.platformPerSecond;
  const tooMuch = (): Served => refused(path, headers, overloaded, undefined, parts.pages);
  if (parts.places.full(platformNo) || !parts.rates.has(platformNo, perSecond)) return tooMuch();
  const { admitted, ...no } = admit(envelope, path, parts.registry, receivedAt, parts.clockWindowMs);
  if (admitted === undefined) {
    const { rejection, requestNo } = no as { rejection: Rejection; requestNo: string | undefined };
    if (unvouched.has(rejection.errorCode) && !parts.strangers.take(from, parts.strangersPerSecond)) return tooMuch();
    return refused(path, headers, rejection, requestNo, parts.pages);
  }
  const leave = parts.rates.take(platformNo, perSecond) ? parts.places.enter(platformNo) : undefined;
  if (leave === undefined) return tooMuch();
  let served: Served | undefined;
  try {
    served = await worked(admitted, { envelope, headers, receivedAt }, parts);
    return served;
  } finally {
    leave(served !== undefined && served.silent !== true);
  }
}

/** Works an admitted message off. */
async function worked(
  admitted: Admitted,
  { envelope, headers, receivedAt }: Arrived,
  parts: CounterParts,
): Promise<Served> {
  if (isQuery(admitted.service))
    return answered(await asked(admitted, parts), admitted.requestNo, parts.sealer, noAnswer);
  const userDevice = userDeviceOf(envelope, headers);
  const trace = traceparent(header(headers, 'traceparent'));
  const circumstances = { envelope, userDevice, receivedAt, waitMs: parts.waitMs, trace };
  const { submitted, requestNo, messageId, act } = await instruct(admitted as Instruction, circumstances, parts);
  if (!isPage(admitted.service)) return answered(submitted, requestNo, parts.sealer, unknown);

  const answer = pageAnswer(submitted, headers);
  if (answer === undefined) return answered(submitted, requestNo, parts.sealer, unknown);
  const { redirectUrl } = act.request as { readonly redirectUrl?: string };
  const reply = await parts.pages.open({
    platformNo: admitted.platform.platformNo,
    serviceName: admitted.service,
    requestNo,
    messageId,
    userDevice,
    redirectUrl,
    act: act as PlatformAct & { readonly service: PageService },
    envelope,
    answer,
  });
  return { outgoing: pageOf(reply), counted: countedOf(answer), silent: typeof submitted !== 'object' };
}

/**
 * What a page is to show. Undefined where the answer is for a program: a browser is shown every answer of the books, and one that is not there
 * yet as "in progress", with its message to send again; a program only what there is to approve.
 */
function pageAnswer(submitted: Submitted, headers: IncomingHttpHeaders): Answer | undefined {
  if (submitted === 'full') return undefined;
  const answer: Answer = typeof submitted === 'object' ? submitted : { status: 'PROCESSING', final: false, fields: {} };
  return answer.page !== undefined || wantsHtml(headers) ? answer : undefined;
}

function asked({ service, request, platform }: Admitted, parts: CounterParts): Promise<Answer | 'timeout' | 'full'> {
  const query = { service, request } as QueryMessage['query'];
  return parts.ask(platform.platformNo, query, { waitMs: parts.waitMs });
}

/** The answer as JSON. @param silence what no answer means: for an instruction it goes on, for a query nothing was said. */
function answered(submitted: Submitted, requestNo: string | undefined, sealer: Sealer, silence: Rejection): Served {
  switch (submitted) {
    case 'full':
      return { outgoing: busy(overloaded, requestNo), counted: 'full', silent: true };
    case 'unknown':
      return { outgoing: json(refusalText(unknown, requestNo, true)), counted: 'unknown', silent: true };
    case 'timeout':
      return silence === noAnswer || requestNo === undefined
        ? { outgoing: json(refusalText(noAnswer, requestNo)), counted: 'unanswered', silent: true }
        : { outgoing: json(processingText(requestNo)), counted: 'PROCESSING', silent: true };
    default:
      return { outgoing: json(answerText(requestNo, submitted, sealer)), counted: countedOf(submitted) };
  }
}

/** What the gateway refuses: signed JSON, or a plain page where a browser asks for one. */
export function refused(
  path: Path,
  headers: IncomingHttpHeaders,
  rejection: Rejection,
  requestNo: string | undefined,
  pages: Pages,
): Served {
  const { errorCode, errorMessage } = rejection;
  const common = requestNo === undefined;
  const full = rejection === overloaded;
  if (path === '/gateway' && wantsHtml(headers)) {
    const refusal = { errorCode, errorMessage, ...(requestNo === undefined ? {} : { requestNo }) };
    return { outgoing: pageOf(pages.refuse(refusal)), counted: full ? 'full' : errorCode, common };
  }
  if (full) return { outgoing: busy(rejection, requestNo), counted: 'full', common };
  return { outgoing: json(refusalText(rejection, requestNo)), counted: errorCode, common };
}

const pageOf = ({ status, headers, body }: PageReply): Outgoing => ({ text: body, status, headers });
const countedOf = ({ status, errorCode }: Answer): string => errorCode ?? status;
const wantsHtml = (headers: IncomingHttpHeaders): boolean => (headers.accept ?? '').includes('text/html');

function header(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
