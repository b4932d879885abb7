/**
 * The text of answers and of what platforms are told (protocol section 2): code, status, errorCode, errorMessage, requestNo, then the
 * business fields. The same text is signed and sent, so it is printed once.
 */
import type { Sealer } from '../certs/seal.ts';
import { type Signer, signBase64 } from '../certs/signer.ts';
import { errorTexts, type Rejection } from '../contract/codes.ts';
import type { Answer } from '../contract/internal/reply.ts';
import { printAnswer } from '../contract/lossless.ts';
import { openFields } from './personal.ts';

/** A text with the signature over its UTF-8 bytes. */
export interface SignedText {
  readonly text: string;
  readonly sign: string;
  readonly keySerial: string;
}

/** Signs a text as it will be sent. */
export async function signText(text: string, signer: Signer): Promise<SignedText> {
  return { text, sign: await signBase64(signer, Buffer.from(text, 'utf8')), keySerial: signer.keySerial };
}

/** What the books answered: the call was understood (code 0), whether they did it or refused it. Opens sealed fields. */
export function answerText(requestNo: string | undefined, answer: Answer, sealer: Sealer): string {
  const { status, errorCode, errorMessage, fields } = answer;
  return printAnswer({
    code: '0',
    status,
    errorCode,
    errorMessage: errorMessage ?? (errorCode === undefined ? undefined : errorTexts[errorCode]),
    requestNo,
    // A field of the same name (a notification's own status) says more than the envelope's.
    ...(openFields(fields, sealer) as object),
  });
}

/** Accepted, and not finished within the time of waiting. */
export const processingText = (requestNo: string): string =>
  printAnswer({ code: '0', status: 'PROCESSING', requestNo });

/**
 * What the gateway refuses (code 1), or could not get an answer to. It claims nothing; where it may have claimed the number all the same,
 * the status is PROCESSING, so that nobody takes it for a no.
 */
export function refusalText(rejection: Rejection, requestNo?: string, maybeClaimed = false): string {
  const { errorCode, errorMessage } = rejection;
  return printAnswer({ code: '1', status: maybeClaimed ? 'PROCESSING' : 'INIT', errorCode, errorMessage, requestNo });
}
