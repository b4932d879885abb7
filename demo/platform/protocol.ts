/**
 * A platform's client of the custody protocol, as any platform would write it: it signs reqData, posts the envelope, and believes no
 * answer whose signature it has not verified. It knows the protocol, its own key and the bank's certificate, and nothing else.
 */
import { createPrivateKey, createPublicKey, createSign, createVerify, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface PlatformSettings {
  readonly platformNo: string;
  readonly keySerial: string;
  readonly privateKeyFile: string;
  readonly bankKeySerial: string;
  readonly bankPublicKeyFile: string;
  /** Base URL of the bank's gateway. */
  readonly gatewayUrl: string;
}

export interface Answer {
  readonly code: string;
  readonly status: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
  readonly requestNo?: string;
  readonly [field: string]: unknown;
}

/**
 * Reads an answer's JSON. Amounts are numbers with 2 decimals on the wire; here they stay text (`"500.00"`), so that no amount ever becomes a
 * float. A platform in another language would use its decimal type.
 */
export const readAnswer = (json: string): Answer =>
  JSON.parse(
    json.replace(/"(?:[^"\\]|\\.)*"|-?\d+\.\d+/g, (token) => (token.startsWith('"') ? token : `"${token}"`)),
  ) as Answer;

/** yyyyMMddHHmmss in GMT+8. */
export const timestamp = (ms = Date.now()): string =>
  new Date(ms + 8 * 3_600_000).toISOString().slice(0, 19).replace(/[-T:]/g, '');

export class PlatformClient {
  readonly settings: PlatformSettings;
  readonly #privateKey: KeyObject;
  readonly #bankKey: KeyObject;
  /** How many signatures of the bank were verified. */
  verified = 0;

  constructor(settings: PlatformSettings) {
    this.settings = settings;
    this.#privateKey = createPrivateKey(readFileSync(settings.privateKeyFile));
    this.#bankKey = createPublicKey(readFileSync(settings.bankPublicKeyFile));
  }

  /** The envelope's fields of one message, signed over reqData's bytes. */
  envelope(serviceName: string, request: object): Record<string, string> {
    return this.signed(serviceName, JSON.stringify({ ...request, timestamp: timestamp() }));
  }

  signed(serviceName: string, reqData: string): Record<string, string> {
    const sign = createSign('RSA-SHA256').update(reqData, 'utf8').sign(this.#privateKey, 'base64');
    const { platformNo, keySerial } = this.settings;
    return { serviceName, platformNo, reqData, keySerial, sign, userDevice: 'PC' };
  }

  /** Posts a message to /service and gives the verified answer. */
  async call(serviceName: string, request: object): Promise<Answer> {
    return this.post(this.envelope(serviceName, request));
  }

  async post(envelope: Record<string, string>): Promise<Answer> {
    const response = await fetch(`${this.settings.gatewayUrl}/service`, {
      method: 'POST',
      body: new URLSearchParams(envelope),
    });
    const body = await response.text();
    this.verify(body, response.headers.get('sign'), response.headers.get('keySerial'));
    return readAnswer(body);
  }

  /** Throws unless the bank signed this text. */
  verify(text: string, sign: string | null | undefined, keySerial: string | null | undefined): void {
    if (!sign || keySerial !== this.settings.bankKeySerial)
      throw new Error(`not signed by the bank's key: ${text.slice(0, 200)}`);
    if (!createVerify('RSA-SHA256').update(text, 'utf8').verify(this.#bankKey, sign, 'base64')) {
      throw new Error(`wrong signature: ${text.slice(0, 200)}`);
    }
    this.verified += 1;
  }
}
