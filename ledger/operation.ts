/** What a business operation is: the shape that every file in operations/ has, and what the shell hands in to it. */
import type { Rejection } from '../contract/codes.ts';
import type { ActOf, InstructionMessage, LedgerService, PlatformAct } from '../contract/internal/instruction.ts';
import type { Book } from './book.ts';
import type { Decision, Reads } from './decision.ts';

/** An instruction of one service, as an operation sees it. */
export type InstructionOf<S extends LedgerService> = Omit<InstructionMessage, 'act'> & { readonly act: ActOf<S> };

/**
 * One business operation. `reads` names the rows from the instruction alone, `follow` those found through them, `decide` is pure: time is
 * the message's receivedAt, ids come in with `facts`. Checks stand in order of precedence.
 */
export interface Operation<S extends LedgerService> {
  /** Its number was claimed OPEN when it was accepted, by the decision that made it; this one decides it. */
  readonly accepted?: true;
  /** What of the act the shell keeps in the claim's row, refused or not, for pages and queries; without it nothing is kept. */
  kept?(act: ActOf<S>): PlatformAct;
  reads(instruction: InstructionOf<S>): Reads;
  follow?(instruction: InstructionOf<S>, book: Book): Reads;
  decide(instruction: InstructionOf<S>, book: Book, facts: Facts): Decision | Rejection;
}

/** What the shell hands in so that a decision needs no randomness. */
export interface Facts {
  /** A fresh order id, 24 characters of [0-9A-Z]. */
  newOrderId(): string;
}
