/**
 * Personal data (names, ID numbers, card numbers, mobiles) is `Clear` only inside the gateway and in a channel call; everywhere else,
 * on the bus, in the ledger and in logs, it is `Sealed`, which `certs/` makes and opens.
 */
declare const clearBrand: unique symbol;

/** Personal data in clear text. It must not reach a log, an error, a URL, the bus or the ledger. */
export type Clear = string & { readonly [clearBrand]: 'clear' };

export type PersonalKind = 'NAME' | 'ID_CARD' | 'BANK_CARD' | 'MOBILE';

export interface Sealed {
  readonly keyVersion: number;
  /** Base64 of salt, nonce, AES-256-GCM ciphertext and tag (certs/seal.ts has the layout). */
  readonly ciphertext: string;
  /** Hex HMAC of kind and value: equal values have equal hashes, so equality is told without opening. */
  readonly keyedHash: string;
  /** What a person may be shown, e.g. `6222****1234`. */
  readonly masked: string;
}

/** A request as it travels inside: each `Clear` field is `Sealed`. */
export type SealedFields<T> = {
  readonly [K in keyof T]: NonNullable<T[K]> extends Clear ? Sealed | Exclude<T[K], Clear> : T[K];
};

export const isSealed = (value: unknown): value is Sealed =>
  typeof value === 'object' && value !== null && 'ciphertext' in value && 'keyedHash' in value && 'masked' in value;
