/**
 * Who is let in: from an envelope to a typed request of a known platform, or the first refusal in the order of the protocol. Everything that
 * can be wrong with a key or a signature reads the same and takes as long, so that nobody learns which keys there are.
 */
import { verifyBase64 } from '../../certs/verifier.ts';
import { closedKind } from '../../contract/closed-kinds.ts';
import { isRejection, type Rejection, reject } from '../../contract/codes.ts';
import type { Envelope } from '../../contract/envelope.ts';
import { parseReqData, parseRequest, type ReqData } from '../../contract/parse-request.ts';
import { isOpen, isPage, isServiceName, type OpenService, type RequestOf } from '../../contract/services.ts';
import type { KnownKey, KnownPlatform, Registry } from '../registry/registry.ts';
import { decoy } from './decoy.ts';

/** reqData longer than this is not read for its requestNo when its signature is wrong: strangers pay for little work. */
const LONGEST_UNVERIFIED = 16 * 1024;

export type Path = '/service' | '/gateway';

/** A message that was let in. */
export type Admitted = {
  [S in OpenService]: {
    readonly service: S;
    readonly request: RequestOf<S>;
    readonly platform: KnownPlatform;
    readonly reqData: ReqData;
    /** The bytes that were signed. */
    readonly raw: Buffer;
    /** As it was written; absent in a query that names none. */
    readonly requestNo: string | undefined;
  };
}[OpenService];

export interface Refused {
  readonly rejection: Rejection;
  /** When it could be read. */
  readonly requestNo: string | undefined;
  readonly admitted?: undefined;
}

/**
 * Lets a message in, or refuses it.
 * @param now epoch milliseconds.
 * @param clockWindowMs how far a message's timestamp may be from our clock.
 */
export function admit(
  envelope: Envelope,
  path: Path,
  registry: Registry,
  now: number,
  clockWindowMs: number,
): Refused | { readonly admitted: Admitted } {
  const platform = registry.platform(envelope.platformNo);
  const key = platform?.keys.get(envelope.keySerial);
  const raw = Buffer.from(envelope.reqData, 'utf8');
  if (platform === undefined) return unverified(reject('100004'), envelope);
  if (platform.status !== 'ACTIVE') return unverified(reject('100005'), envelope);
  const signed = verifyBase64(key?.verifier ?? decoy, raw, envelope.sign);
  if (key === undefined || !isValid(key, now) || !signed) return unverified(reject('100003'), envelope);

  const reqData = parseReqData(envelope.reqData);
  if (isRejection(reqData)) return { rejection: reqData, requestNo: undefined };
  const requestNo = requestNoOf(reqData.fields);
  const no = (rejection: Rejection): Refused => ({ rejection, requestNo });
  if (Math.abs(now - reqData.timestamp) > clockWindowMs)
    return no(reject('100002', `reqData.timestamp: within ${clockWindowMs / 60_000} minutes of the bank clock`));
  const { serviceName } = envelope;
  if (!isServiceName(serviceName)) return no(reject('100006', 'no such service'));
  if (!isOpen(serviceName)) return no(reject('100006', `${serviceName} is not yet opened`));
  if (platform.services !== undefined && !platform.services.has(serviceName))
    return no(reject('100006', `${serviceName} is not open for this platform`));
  if (isPage(serviceName) !== (path === '/gateway'))
    return no(reject('100006', `${serviceName} is posted to ${path === '/gateway' ? '/service' : '/gateway'}`));
  const request = parseRequest(serviceName, reqData);
  if (isRejection(request)) return no(request);
  const closed = closedKind(serviceName, request);
  if (closed !== undefined) return no(closed);
  return { admitted: { service: serviceName, request, platform, reqData, raw, requestNo } as Admitted };
}

/** A revoked key is dead whatever the clock of who revoked it said. */
const isValid = (key: KnownKey, now: number): boolean =>
  now >= key.validFrom && now <= key.validTo && key.revokedAt === undefined;

/** A refusal of a message that nobody vouches for; its number is repeated all the same, for its sender to tell answers apart. */
function unverified(rejection: Rejection, envelope: Envelope): Refused {
  if (envelope.reqData.length > LONGEST_UNVERIFIED) return { rejection, requestNo: undefined };
  try {
    const fields: unknown = JSON.parse(envelope.reqData);
    const readable = typeof fields === 'object' && fields !== null;
    return { rejection, requestNo: readable ? requestNoOf(fields as Readonly<Record<string, unknown>>) : undefined };
  } catch {
    return { rejection, requestNo: undefined };
  }
}

/** The number that an answer repeats, when it is one. */
function requestNoOf(fields: Readonly<Record<string, unknown>>): string | undefined {
  const written = fields['requestNo'] ?? fields['batchNo'];
  return typeof written === 'string' && /^[^\s\p{C}]{1,50}$/u.test(written) ? written : undefined;
}
