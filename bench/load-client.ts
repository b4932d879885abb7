/**
 * A platform's side of the protocol for the load generator: signs on the thread pool (verifying costs less than handing it over), sends over keep-alive connections that all share, and
 * believes no answer before its signature is verified. Written against the protocol alone.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Pool } from 'undici';
import type { LoadPlatform } from './load-plan.ts';

const signOnPool = promisify<string, Buffer, KeyObject, Buffer>(signBytes);

/** yyyyMMddHHmmss in GMT+8. */
export const timestamp = (): string =>
  new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace(/[-T:]/g, '');

/** The bank is busy and says so: coded, and with the time to come back after. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** A verified answer. */
export interface Said {
  readonly text: string;
  readonly cookie: string | undefined;
}

export class Client {
  readonly platform: LoadPlatform;
  readonly pool: Pool;
  readonly #privateKey: KeyObject;
  readonly #bankKey: KeyObject;

  constructor(platform: LoadPlatform, pool: Pool) {
    this.platform = platform;
    this.pool = pool;
    this.#privateKey = createPrivateKey(readFileSync(platform.privateKeyFile));
    this.#bankKey = createPublicKey(readFileSync(platform.bankPublicKeyFile));
  }

  /** Sends a signed message. Throws `Refused` for a coded overload, and for everything else that is not an answer of the bank. */
  async send(path: '/service' | '/gateway', serviceName: string, request: object): Promise<Said> {
    const reqData = JSON.stringify({ ...request, timestamp: timestamp() });
    const sign = (await signOnPool('sha256', Buffer.from(reqData), this.#privateKey)).toString('base64');
    const { platformNo, keySerial } = this.platform;
    const { statusCode, headers, body } = await this.pool.request({
      path,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ serviceName, platformNo, reqData, keySerial, sign, userDevice: 'PC' }).toString(),
    });
    const text = await body.text();
    this.verify(text, headers['sign'], headers['keyserial']);
    if (statusCode === 503 && text.includes('"100001"') && Number(headers['retry-after']) > 0)
      throw new Refused('busy');
    if (statusCode !== 200) throw new Error(`${serviceName}: HTTP ${statusCode} ${text.slice(0, 300)}`);
    const [cookie] = [headers['set-cookie']].flat();
    return { text, cookie: cookie?.split(';', 1)[0] };
  }

  /** A direct service that must succeed. */
  async succeed(serviceName: string, request: object): Promise<void> {
    const { text } = await this.send('/service', serviceName, request);
    const answer = JSON.parse(text) as { readonly code: string; readonly status: string };
    if (answer.code !== '0' || answer.status !== 'SUCCESS') throw new Error(`${serviceName}: ${text.slice(0, 300)}`);
  }

  /** Throws unless the bank signed this text. */
  verify(text: string, sign: unknown, keySerial: unknown): void {
    const right =
      keySerial === this.platform.bankKeySerial &&
      verifyBytes('sha256', Buffer.from(text), this.#bankKey, Buffer.from(String(sign), 'base64'));
    if (!right) throw new Error(`not signed by the bank: ${text.slice(0, 200)}`);
  }
}
