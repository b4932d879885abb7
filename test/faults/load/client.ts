/**
 * A platform's good client in bad times: whatever happens to a message, it sends the same number and content again, at longer gaps, until
 * the bank gives a certain answer, whose signature it has verified. Every byte goes into the history.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, PlatformClient, readAnswer, timestamp } from '../../../demo/platform/protocol.ts';
import type { NewKey, PlatformCredentials } from '../interface.ts';
import type { Chance } from './chance.ts';
import { digestOf } from './content.ts';
import type { Expected, History } from './history.ts';

export type Content = Readonly<Record<string, unknown>> & { readonly requestNo: string };

/** What one attempt came to. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: Answer; readonly text: string }
  | { readonly kind: 'page'; readonly response: Response; readonly html: string }
  | { readonly kind: 'nothing'; readonly why: string };

/** The gateway waits 10 s for the books; a client waits a little longer. */
const PATIENCE_MS = 15_000;
const FIRST_GAP_MS = 200;
const LONGEST_GAP_MS = 3_000;
/** A timestamp is good for 10 minutes of the bank's clock: the same bytes are not sent again after this. */
const SAME_BYTES_MS = 5 * 60_000;

/** Whether an answer is the bank's last word on this content: done, or refused by the books. */
export const isFinal = (answer: Answer): boolean =>
  answer.code === '0' && (answer.status === 'SUCCESS' || (answer.status === 'INIT' && answer.errorCode !== undefined));

/** Refused at the counter for good: neither overload, nor a clock that differs, nor a key that was just exchanged. */
const isRefused = (answer: Answer, keyIsNew: boolean): boolean =>
  answer.code === '1' &&
  answer.errorCode !== '100001' &&
  !(answer.errorCode === '100002' && String(answer.errorMessage).includes('timestamp')) &&
  !(answer.errorCode === '100003' && keyIsNew);

/** A page waits for its user. */
const opened: Answer = { code: '0', status: 'PROCESSING' };

/** How long after a change of keys a refused signature may be the old key's. */
const KEY_IS_NEW_MS = 60_000;

export interface ClientOptions {
  readonly credentials: PlatformCredentials;
  readonly gatewayUrls: readonly string[];
  readonly history: History;
}

export class LoadClient {
  readonly credentials: PlatformCredentials;
  readonly history: History;
  readonly #gatewayUrls: readonly string[];
  #speaker: PlatformClient;
  #keySince = Number.NEGATIVE_INFINITY;

  constructor({ credentials, gatewayUrls, history }: ClientOptions) {
    this.credentials = credentials;
    this.history = history;
    this.#gatewayUrls = gatewayUrls;
    this.#speaker = new PlatformClient({ ...credentials, gatewayUrl: gatewayUrls[0] ?? '' });
  }

  rotate(key: NewKey): void {
    this.#speaker = new PlatformClient({ ...this.#speaker.settings, ...key });
    this.#keySince = Date.now();
  }

  /** Whether the bank signed this text. */
  verified(text: string, sign: string | null | undefined, keySerial: string | null | undefined): boolean {
    try {
      this.#speaker.verify(text, sign, keySerial);
      return true;
    } catch {
      return false;
    }
  }

  /** A signed form. @param stamp of the message; now when it is left out. */
  sign(service: string, content: Readonly<Record<string, unknown>>, stamp = timestamp()): string {
    const fields = this.#speaker.signed(service, JSON.stringify({ ...content, timestamp: stamp }));
    return new URLSearchParams(fields).toString();
  }

  /** Says in the history what a content must come to; the judge holds it against what became of it. */
  mean(service: string, content: Content, expected: Expected): void {
    this.history.add({ t: 'meant', no: content.requestNo, digest: digestOf(service, content), expected });
  }

  /** Posts a form once. Never throws. */
  async once(
    { service, no, path }: { readonly service: string; readonly no: string; readonly path: string },
    body: string,
    chance: Chance,
    accept?: string,
    patienceMs = PATIENCE_MS,
  ): Promise<Reply> {
    const { history } = this;
    const id = history.nextId();
    history.add({
      t: 'sent',
      id,
      at: Date.now(),
      no,
      service,
      path,
      body,
      ...(accept === undefined ? {} : { accept }),
    });
    try {
      const response = await fetch(`${chance.pick(this.#gatewayUrls)}${path}`, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(patienceMs),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          ...(accept === undefined ? {} : { accept }),
        },
      });
      const text = await response.text();
      const at = Date.now();
      if (!(response.headers.get('content-type') ?? '').includes('json')) {
        history.add({ t: 'shown', id, at, http: response.status, opened: text.includes('/page/') });
        return { kind: 'page', response, html: text };
      }
      const verified = this.verified(text, response.headers.get('sign'), response.headers.get('keySerial'));
      history.add({ t: 'answered', id, at, http: response.status, text, verified });
      if (!verified) return { kind: 'nothing', why: `HTTP ${response.status}, not signed by the bank` };
      return { kind: 'answer', answer: readAnswer(text), text };
    } catch (error) {
      const why = reasonOf(error);
      history.add({ t: 'nothing', id, at: Date.now(), why });
      return { kind: 'nothing', why };
    }
  }

  /**
   * Sends until the answer is certain. The number and the content stay; the bytes too, mostly, while they are fresh.
   * @param giveUp when it is aborted the number stays unknown, and undefined is answered.
   * @param first bytes that are signed already. @param path a page service's answer is a page while its user is awaited: that is certain too.
   */
  async settle(
    service: string,
    content: Content,
    chance: Chance,
    giveUp: AbortSignal,
    first?: { readonly body: string; readonly at: number },
    path: '/service' | '/gateway' = '/service',
  ): Promise<Answer | undefined> {
    const about = { service, no: content.requestNo, path };
    let { body, at: signedAt } = first ?? { body: this.sign(service, content), at: Date.now() };
    for (let gapMs = FIRST_GAP_MS; ; gapMs = Math.min(gapMs * 2, LONGEST_GAP_MS)) {
      const reply = await this.once(about, body, chance);
      if (reply.kind === 'answer') {
        if (isFinal(reply.answer) || isRefused(reply.answer, Date.now() - this.#keySince < KEY_IS_NEW_MS))
          return reply.answer;
        // An approved page waits for its channel, whose word comes as a notification.
        if (path === '/gateway' && reply.answer.code === '0') return reply.answer;
      }
      if (path === '/gateway' && reply.kind === 'page' && reply.response.status === 200) return opened;
      await sleep(gapMs / 2 + chance.below(gapMs), undefined, { signal: giveUp }).catch(() => undefined);
      if (giveUp.aborted) return undefined;
      const again = reply.kind !== 'answer' || reply.answer.code === '0';
      if (!again || Date.now() - signedAt > SAME_BYTES_MS || chance.percent(30)) {
        body = this.sign(service, content);
        signedAt = Date.now();
      }
    }
  }

  /** Asks something; undefined when there was no certain answer. Nothing depends on it, so it is asked once. */
  async ask(service: string, request: Readonly<Record<string, unknown>>, chance: Chance): Promise<Answer | undefined> {
    const no = String(request['requestNo'] ?? '');
    const reply = await this.once({ service, no, path: '/service' }, this.sign(service, request), chance);
    return reply.kind === 'answer' && reply.answer.code === '0' ? reply.answer : undefined;
  }
}

function reasonOf(error: unknown): string {
  const { name, message, cause } = error as { name?: string; message?: string; cause?: { code?: string } };
  return [name, cause?.code ?? message].filter((part) => part !== undefined).join(' ');
}
