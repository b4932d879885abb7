/**
 * What goes back over HTTP: every answer is signed over its whole body, in the headers `sign` and `keySerial`, with status 200 whether the
 * call was understood or not; only overload is 503. Answers that are the same for everybody are signed once.
 */
import type { FastifyReply } from 'fastify';
import type { Signer } from '../../certs/signer.ts';
import type { Rejection } from '../../contract/codes.ts';
import { refusalText, type SignedText, signText } from '../answer.ts';

/** A text to be signed and sent. */
export interface Outgoing {
  readonly text: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
/** When to come back after an overload, seconds. */
const RETRY_AFTER_S = '1';
/** Refusals without a number are few texts; this many are kept signed. */
const MOST_KEPT = 200;

export const json = (text: string, status = 200, headers: Readonly<Record<string, string>> = {}): Outgoing => ({
  text,
  status,
  headers: { 'content-type': JSON_TYPE, 'cache-control': 'no-store', ...headers },
});

export const busy = (rejection: Rejection, requestNo?: string): Outgoing =>
  json(refusalText(rejection, requestNo), 503, { 'retry-after': RETRY_AFTER_S });

export type Send = (reply: FastifyReply, outgoing: Outgoing) => Promise<FastifyReply>;

/** @returns how to send: signs, then answers. `sameForAll` texts are signed once. */
export function openSending(signer: Signer): { readonly send: Send; readonly sendKnown: Send } {
  const kept = new Map<string, Promise<SignedText>>();
  const knownText = (text: string): Promise<SignedText> => {
    let signed = kept.get(text);
    if (signed === undefined) {
      signed = signText(text, signer);
      if (kept.size >= MOST_KEPT) kept.clear();
      kept.set(text, signed);
      signed.catch(() => kept.delete(text));
    }
    return signed;
  };
  const answer = (reply: FastifyReply, outgoing: Outgoing, { text, sign, keySerial }: SignedText): FastifyReply =>
    reply
      .code(outgoing.status)
      .headers({ ...outgoing.headers, sign, keySerial })
      .send(text);
  return {
    send: async (reply, outgoing) => answer(reply, outgoing, await signText(outgoing.text, signer)),
    sendKnown: async (reply, outgoing) => answer(reply, outgoing, await knownText(outgoing.text)),
  };
}
