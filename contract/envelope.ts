/** The envelope's fields as they came, in a form or in a JSON object, and its limits (protocol section 1). */
import { type Rejection, reject } from './codes.ts';

export interface Envelope {
  readonly serviceName: string;
  readonly platformNo: string;
  /** JSON text, exactly as received: the signature is over its bytes. */
  readonly reqData: string;
  readonly keySerial: string;
  /** Base64. */
  readonly sign: string;
  readonly userDevice?: 'PC' | 'MOBILE';
}

/** The longest a short envelope field may be, in characters: 4,096-bit RSA signatures are 684. */
const LONGEST: { readonly [F in Exclude<keyof Envelope, 'reqData' | 'userDevice'>]: number } = {
  serviceName: 64,
  platformNo: 50,
  keySerial: 64,
  sign: 2048,
};

/** Reads the envelope. Refuses with 100002 and the field that is missing, repeated or too long. */
export function parseEnvelope(body: unknown): Envelope | Rejection {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    return reject('100002', 'body: form fields or a JSON object');
  const fields = body as Record<string, unknown>;
  const taken: Record<string, string> = {};
  for (const name of ['serviceName', 'platformNo', 'reqData', 'keySerial', 'sign'] as const) {
    const value = fields[name];
    if (typeof value !== 'string' || value === '') {
      const problem = Array.isArray(value)
        ? 'given once'
        : value === undefined || value === ''
          ? 'required'
          : 'a string';
      return reject('100002', `${name}: ${problem}`);
    }
    if (name !== 'reqData' && value.length > LONGEST[name])
      return reject('100002', `${name}: at most ${LONGEST[name]} characters`);
    taken[name] = value;
  }
  const { serviceName = '', platformNo = '', reqData = '', keySerial = '', sign = '' } = taken;
  const userDevice = fields['userDevice'];
  return {
    serviceName,
    platformNo,
    reqData,
    keySerial,
    sign,
    ...(userDevice === 'PC' || userDevice === 'MOBILE' ? { userDevice } : {}),
  };
}
