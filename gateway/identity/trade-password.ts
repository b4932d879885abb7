/**
 * Trade passwords 交易密码: proving one, and setting one. Each try is counted before it is checked, and the sixth locks as it is counted;
 * a right one clears both. So tries that run side by side, or die in the middle, never give a guesser a seventh (protocol section 7, rule 8);
 * only one that was refused before it was computed is taken back.
 * A new password waits until the books say that its instruction succeeded.
 */
import type { Clock } from '../../runtime/clock.ts';
import { Unavailable } from '../../runtime/failure.ts';
import type { Database, Statements, Transaction } from '../../runtime/postgres/database.ts';
import { type Hasher, hasherOf, type PasswordHash, type PasswordSettings } from './hash.ts';
import type { Ended, Who } from './rows.ts';
import * as rows from './rows.ts';

/** What came of a try. LOCKED tells until when; `left` is how many wrong tries are left before it locks. */
export type Proof =
  | { readonly proof: 'RIGHT' }
  | { readonly proof: 'WRONG'; readonly left: number }
  | { readonly proof: 'LOCKED'; readonly until: Date }
  | { readonly proof: 'ABSENT' };

export interface TradePasswords {
  /** Tries a password. Throws Unavailable. */
  prove(who: Who, password: string): Promise<Proof>;
  /** Counts a try of another proof than the password (the four elements), under the same lock. `right` is told by the caller. */
  proveOtherwise(who: Who, right: boolean): Promise<Proof>;
  /** Hashes a new password. Throws Unavailable when too many wait. */
  hash(password: string): Promise<PasswordHash>;
  /** Keeps a new password until its instruction has ended. */
  stage(transaction: Transaction, who: Who, requestNo: string, hash: PasswordHash): Promise<void>;
  /** Makes pending passwords valid whose instruction succeeded, and drops those of the others. Idempotent. */
  settle(transaction: Statements, ended: readonly Ended[]): Promise<void>;
}

/** More wrong tries than 5 lock, for 24 hours. */
const LOCKING_TRY = 6;
const LOCK_MS = 24 * 3_600_000;

export function tradePasswordsOf(database: Database, clock: Clock, settings?: PasswordSettings): TradePasswords {
  const hasher: Hasher = hasherOf(settings);

  const attempt = async (who: Who, check: (stored: PasswordHash) => Promise<boolean>): Promise<Proof> => {
    const now = new Date(clock.now());
    const counted = await database.row<rows.Counted>(
      rows.countTry(who, now, LOCKING_TRY, new Date(now.getTime() + LOCK_MS)),
    );
    if (counted === undefined) {
      const lock = await database.row<{ until: Date | null }>(rows.lockOf(who));
      if (lock === undefined) return { proof: 'ABSENT' };
      // Unlocked between the two statements, by a right password or a new one: this try has not been made yet.
      return lock.until === null ? attempt(who, check) : { proof: 'LOCKED', until: lock.until };
    }
    let right: boolean;
    try {
      right = await check(rows.storedHash(counted));
    } catch (error) {
      // Refused for overload before anything was computed: nobody has guessed, so nobody pays for it.
      if (error instanceof Unavailable) await database.execute(rows.giveTryBack(who, counted.tries));
      throw error;
    }
    if (right) {
      await database.execute(rows.clearTries(who));
      return { proof: 'RIGHT' };
    }
    const { tries, lockedUntil } = counted;
    return lockedUntil === null
      ? { proof: 'WRONG', left: LOCKING_TRY - tries }
      : { proof: 'LOCKED', until: lockedUntil };
  };

  return {
    prove: (who, password) => attempt(who, (stored) => hasher.matches(password, stored)),
    proveOtherwise: (who, right) => attempt(who, async () => right),
    hash: hasher.hash,
    stage: async (transaction, who, requestNo, hash) => {
      await transaction.execute(rows.stage(who, requestNo, hash, new Date(clock.now())));
    },
    settle: async (transaction, ended) => {
      if (ended.length > 0) await transaction.execute(rows.settle(ended, new Date(clock.now())));
    },
  };
}
