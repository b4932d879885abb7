/**
 * Passwords as scrypt hashes (RFC 7914, node:crypto on the thread pool). Salt and cost are kept with each hash, so that the cost can be
 * raised later. Only a few are computed at once: each takes 32 MiB and a thread that signatures need too.
 */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { Unavailable } from '../../runtime/failure.ts';

export interface PasswordSettings {
  /** scrypt's N, a power of 2; default 32,768. */
  readonly cost?: number;
  /** Computed at once; default 2. */
  readonly atOnce?: number;
  /** Waiting at most; default 200. More are refused as `Unavailable`. */
  readonly waiting?: number;
}

/** A hash with what it was made with. */
export interface PasswordHash {
  readonly hash: Buffer;
  readonly salt: Buffer;
  readonly cost: number;
  readonly blockSize: number;
  readonly parallel: number;
}

export interface Hasher {
  /** Hashes a password with a fresh salt. Throws Unavailable when too many wait. */
  hash(password: string): Promise<PasswordHash>;
  /** Whether this is the password, compared in constant time. Throws Unavailable when too many wait. */
  matches(password: string, stored: PasswordHash): Promise<boolean>;
}

const COST = 32_768;
const BLOCK_SIZE = 8;
const PARALLEL = 1;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** One password has one form, whatever keyboard it was typed on. */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFKC'), 'utf8');

function derive(
  password: string,
  salt: Buffer,
  cost: number,
  blockSize: number,
  parallel: number,
  length: number,
): Promise<Buffer> {
  const options: ScryptOptions = { N: cost, r: blockSize, p: parallel, maxmem: 256 * cost * blockSize };
  return new Promise((resolve, reject) => {
    scrypt(bytesOf(password), salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

/** Makes a hasher with a limit on what runs at once. */
export function hasherOf(settings: PasswordSettings = {}): Hasher {
  const { cost = COST, atOnce = 2, waiting: most = 200 } = settings;
  const waiting: (() => void)[] = [];
  let running = 0;
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= atOnce) {
      if (waiting.length >= most) throw new Unavailable('too many passwords are being checked');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // The place is handed over, so that nobody slips in between.
      if (next === undefined) running -= 1;
      else next();
    }
  };

  return {
    hash: (password) =>
      limited(async () => {
        const salt = randomBytes(SALT_BYTES);
        const hash = await derive(password, salt, cost, BLOCK_SIZE, PARALLEL, HASH_BYTES);
        return { hash, salt, cost, blockSize: BLOCK_SIZE, parallel: PARALLEL };
      }),
    matches: (password, stored) =>
      limited(async () => {
        const { salt, cost: n, blockSize, parallel, hash } = stored;
        return timingSafeEqual(await derive(password, salt, n, blockSize, parallel, hash.length), hash);
      }),
  };
}
