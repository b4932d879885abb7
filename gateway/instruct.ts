/**
 * A platform's admitted instruction on its way: personal data sealed, content digested, answered from the finished ones when the very same
 * content is there, else submitted. Evidence is kept either way.
 */
import { sha256Hex } from '../certs/digest.ts';
import type { Sealer } from '../certs/seal.ts';
import type { Envelope } from '../contract/envelope.ts';
import type { PlatformAct } from '../contract/internal/instruction.ts';
import type { Answer } from '../contract/internal/reply.ts';
import { contentToDigest } from '../contract/lossless.ts';
import type { DirectService, PageService, RequestOf } from '../contract/services.ts';
import { Unavailable } from '../runtime/failure.ts';
import { uuidv7 } from '../runtime/identifiers.ts';
import type { Evidence, Keep } from './evidence/keep.ts';
import type { Finished } from './finished.ts';
import type { Admitted } from './http/admit.ts';
import { sealAct } from './personal.ts';
import type { Submit, Submitted } from './submit.ts';

export type Instruction = Extract<Admitted, { readonly service: DirectService | PageService }>;

export interface Instructed {
  readonly messageId: string;
  readonly requestNo: string;
  readonly act: PlatformAct;
  readonly submitted: Submitted;
}

export interface InstructParts {
  readonly submit: Submit;
  readonly keep: Keep;
  readonly finished: Finished;
  readonly sealer: Sealer;
}

export interface Circumstances {
  readonly envelope: Envelope;
  readonly userDevice: 'PC' | 'MOBILE';
  /** Epoch milliseconds. */
  readonly receivedAt: number;
  readonly waitMs: number;
  readonly trace?: string;
}

/** Never throws for what is away: then `submitted` says so. */
export async function instruct(
  instruction: Instruction,
  circumstances: Circumstances,
  parts: InstructParts,
): Promise<Instructed> {
  const { service, platform, reqData, raw } = instruction;
  const { envelope, userDevice, receivedAt, waitMs, trace } = circumstances;
  const { platformNo } = platform;
  const request = instruction.request as RequestOf<DirectService | PageService>;
  const { requestNo } = request;
  const act = sealAct(service, request, parts.sealer);
  const content = { platformNo, requestNo, digest: sha256Hex(contentToDigest(service, reqData.fields)) };
  const messageId = uuidv7();
  const evidence: Evidence = {
    kind: 'PLATFORM',
    serviceName: service,
    requestNo,
    raw,
    keySerial: envelope.keySerial,
    sign: envelope.sign,
    userDevice,
  };

  const known = await parts.finished.find(content);
  const submitted =
    known !== undefined
      ? await kept(known, parts.keep({ ...evidence, ...content, id: messageId, receivedAt }))
      : await parts.submit(
          {
            platformNo,
            origin: 'PLATFORM',
            number: requestNo,
            digest: content.digest,
            act,
            receivedAt,
            messageId,
            ...(trace === undefined ? {} : { trace }),
          },
          evidence,
          { waitMs },
        );
  if (known === undefined && typeof submitted === 'object') parts.finished.remember(content, submitted);
  return { messageId, requestNo, act, submitted };
}

/** The answer, once its evidence is kept. */
async function kept(answer: Answer, keeping: Promise<void>): Promise<Submitted> {
  try {
    await keeping;
    return answer;
  } catch (error) {
    if (error instanceof Unavailable) return 'unknown';
    throw error;
  }
}
