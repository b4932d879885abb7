/**
 * The form in which a platform is told something (protocol section 3): by us as NOTIFY, or through the user's browser as CALLBACK.
 * It is signed when it is made, with the key the bank has then; the text of respData is what was stored.
 */
import { type Signer, signBase64 } from '../../certs/signer.ts';

export interface Told {
  readonly serviceName: string;
  readonly platformNo: string;
  readonly responseType: 'NOTIFY' | 'CALLBACK';
  /** JSON text, as `answerText` prints it. */
  readonly respData: string;
  readonly userDevice?: string;
}

/** The form's fields, in the order of the protocol. */
export type ToldForm = Readonly<
  Record<'serviceName' | 'platformNo' | 'responseType' | 'keySerial' | 'respData' | 'sign' | 'userDevice', string>
>;

/** Signs respData and makes the form's fields. Rejects only when the key store fails. */
export async function notificationForm(told: Told, signer: Signer): Promise<ToldForm> {
  const { serviceName, platformNo, responseType, respData, userDevice } = told;
  const sign = await signBase64(signer, Buffer.from(respData, 'utf8'));
  return {
    serviceName,
    platformNo,
    responseType,
    keySerial: signer.keySerial,
    respData,
    sign,
    userDevice: userDevice ?? 'PC',
  };
}
