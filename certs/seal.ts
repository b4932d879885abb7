/**
 * Seals personal data and evidence: AES-256-GCM under a key of its own for every value, so that no number of values ever exhausts a
 * master key's nonces. A sealed value carries a keyed hash, by which equal values are told without opening, and a masked form to
 * show. Kind and key version are authenticated: a sealed name does not open as a card number.
 *
 * Layout of a box: salt (16 bytes) ‖ nonce (12) ‖ ciphertext ‖ tag (16). The value's key is HMAC-SHA-256(sealing key, salt); the sealing
 * key is HKDF-SHA-256 (RFC 5869) of the master key, for data and for evidence apart.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Clear, PersonalKind, Sealed } from '../contract/sealed.ts';
import { fromBase64 } from './base64.ts';
import { masked } from './mask.ts';
import { type MasterKeys, readMasterKeys } from './master-key.ts';

/** A sealed value that does not open: altered, of another kind, or under a key this process does not have. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

export interface Sealer {
  /** Seals a value with the newest key. Throws RangeError for one longer than 4 KiB. */
  seal(kind: PersonalKind, clear: Clear): Sealed;
  /** The value that was sealed as this kind. Throws SealBroken. */
  open(kind: PersonalKind, sealed: Sealed): Clear;
  /** The keyed hash that `seal` gives a value, for looking one up without sealing it. */
  keyedHash(kind: PersonalKind, clear: Clear): string;
  /** Seals bytes (evidence) with the newest key, bound to a label, such as platform and request number, that must be given again. */
  sealBytes(label: string, bytes: Uint8Array): Buffer;
  /** The bytes that were sealed under this label. Throws SealBroken. */
  openBytes(label: string, box: Uint8Array): Buffer;
}

const MAX_VALUE_BYTES = 4096;
const MAX_BOX_BYTES = 8192;
const SALT = 16;
const NONCE = 12;
const TAG = 16;
const OVERHEAD = SALT + NONCE + TAG;

/** Opens a file of master keys as a sealer. Throws KeyProblem (see master-key.ts). */
export const openSealer = async (path: string): Promise<Sealer> => sealerOf(await readMasterKeys(path));

export const sealerOf = (keys: MasterKeys): Sealer => {
  const dataKeys = derivedKeys(keys, 'qianzhi personal data 1');
  const evidenceKeys = derivedKeys(keys, 'qianzhi evidence 1');
  const hashKey = derived(keys.hashKey, 'qianzhi keyed hash 1');

  const keyedHash = (kind: PersonalKind, clear: Clear): string =>
    createHmac('sha256', hashKey)
      .update(`${kind}\0${normalised(kind, clear)}`)
      .digest('hex');

  return {
    keyedHash,
    seal: (kind, clear) => {
      const bytes = Buffer.from(clear, 'utf8');
      if (bytes.length > MAX_VALUE_BYTES) throw new RangeError(`a value of ${bytes.length} bytes is too long to seal`);
      return {
        keyVersion: keys.newest,
        ciphertext: enclose(keyOf(dataKeys, keys.newest), context(kind, keys.newest), bytes).toString('base64'),
        keyedHash: keyedHash(kind, clear),
        masked: masked(kind, normalised(kind, clear)),
      };
    },
    open: (kind, sealed) => {
      const box = fromBase64(sealed.ciphertext, MAX_BOX_BYTES);
      if (box === undefined) throw new SealBroken(`a sealed ${kind} is not base64`);
      const key = keyOf(dataKeys, sealed.keyVersion);
      const clear = disclose(key, context(kind, sealed.keyVersion), box, kind).toString('utf8') as Clear;
      // The hash travels beside the box: whoever exchanged it could make one person pass for another.
      if (keyedHash(kind, clear) !== sealed.keyedHash)
        throw new SealBroken(`a sealed ${kind} carries the hash of another value`);
      return clear;
    },
    sealBytes: (label, bytes) => {
      const version = Buffer.alloc(4);
      version.writeUInt32BE(keys.newest);
      return Buffer.concat([version, enclose(keyOf(evidenceKeys, keys.newest), context(label, keys.newest), bytes)]);
    },
    openBytes: (label, box) => {
      const bytes = Buffer.from(box.buffer, box.byteOffset, box.byteLength);
      if (bytes.length < 4 + OVERHEAD) throw new SealBroken('sealed bytes are too short');
      const version = bytes.readUInt32BE();
      return disclose(keyOf(evidenceKeys, version), context(label, version), bytes.subarray(4), 'evidence');
    },
  };
};

/** One value has one form, so that equal values have equal hashes: ID letters upper case, numbers without blanks, dashes, +86. */
export const normalised = (kind: PersonalKind, clear: Clear): string => {
  const text = clear.normalize('NFKC').trim();
  switch (kind) {
    case 'NAME':
      return text.replace(/\s+/gu, ' ');
    case 'ID_CARD':
      return text.replace(/\s+/gu, '').toUpperCase();
    case 'BANK_CARD':
      return text.replace(/[\s-]+/gu, '');
    case 'MOBILE':
      return text.replace(/[\s-]+/gu, '').replace(/^(?:\+86|0086|86(?=1\d{10}$))/, '');
  }
};

type Keys = ReadonlyMap<number, Buffer>;

const derived = (master: Buffer, info: string): Buffer => Buffer.from(hkdfSync('sha256', master, '', info, 32));

const derivedKeys = (keys: MasterKeys, info: string): Keys =>
  new Map([...keys.byVersion].map(([version, master]) => [version, derived(master, info)]));

const keyOf = (keys: Keys, version: number): Buffer => {
  const key = keys.get(version);
  if (key === undefined) throw new SealBroken(`there is no master key of version ${version} in the key file`);
  return key;
};

const context = (label: string, version: number): Buffer => Buffer.from(`${version}\0${label}`, 'utf8');

const valueKey = (sealingKey: Buffer, salt: Uint8Array): Buffer =>
  createHmac('sha256', sealingKey).update(salt).digest();

const enclose = (sealingKey: Buffer, aad: Buffer, bytes: Uint8Array): Buffer => {
  const head = randomBytes(SALT + NONCE);
  const cipher = createCipheriv('aes-256-gcm', valueKey(sealingKey, head.subarray(0, SALT)), head.subarray(SALT));
  cipher.setAAD(aad);
  return Buffer.concat([head, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
};

const disclose = (sealingKey: Buffer, aad: Buffer, box: Buffer, what: string): Buffer => {
  if (box.length < OVERHEAD) throw new SealBroken(`a sealed ${what} is too short`);
  const key = valueKey(sealingKey, box.subarray(0, SALT));
  const decipher = createDecipheriv('aes-256-gcm', key, box.subarray(SALT, SALT + NONCE), { authTagLength: TAG });
  decipher.setAAD(aad);
  decipher.setAuthTag(box.subarray(box.length - TAG));
  try {
    return Buffer.concat([decipher.update(box.subarray(SALT + NONCE, box.length - TAG)), decipher.final()]);
  } catch {
    throw new SealBroken(`a sealed ${what} was altered, or sealed as something else`);
  }
};
