/**
 * The floor of a table that is used as a queue: an id below which no row is and none will ever be. It spares the search for the lowest ids
 * the rows that were deleted and not vacuumed yet, of which an old snapshot anywhere can keep a hundred thousand.
 *
 * It is no cursor, since ids are not commit order; it is proven. Who inserts gets his transaction's id before he draws ids for rows (the
 * inserting statements see to it), and transaction ids are drawn in order. So: whoever drew a row id up to `highest`, as it stood before our
 * deletion drew its transaction id, has a smaller transaction id than that. Once no transaction that old is in progress, all those rows are
 * there or never will be; and the lowest that a later look finds, is the lowest for ever. Only one deletes: the owner.
 */
export interface Sight {
  /** The highest row id known to have been given out. */
  readonly highest: bigint;
  /** The oldest transaction id that was in progress. */
  readonly oldest: bigint;
}

export class Floor {
  #value: bigint;
  #highest: bigint;
  #pending: { readonly highest: bigint; readonly xid: bigint } | undefined;

  /** @param value what was proven before. @param highest known to have been given out. */
  constructor(value: bigint, highest: bigint) {
    this.#value = value;
    this.#highest = highest;
  }

  get value(): bigint {
    return this.#value;
  }

  /** Whether a proof waits for old transactions to end, so that looking is worth while even with nothing to acknowledge. */
  get waits(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * Takes in a sight, and what a look found that was taken after it.
   * @param first the lowest row that is there, undefined when there is none.
   * @param xid the transaction id of the deletion that the sight came with, if it did.
   */
  look(sight: Sight, first: bigint | undefined, xid?: bigint): void {
    if (this.#pending !== undefined && sight.oldest >= this.#pending.xid) {
      const proven = this.#pending.highest + 1n;
      const lowest = first !== undefined && first < proven ? first : proven;
      if (lowest > this.#value) this.#value = lowest;
      this.#pending = undefined;
    }
    // Drawn after the sight before this one, hence greater than the transaction ids of all whom that sight covers.
    if (xid !== undefined) this.#pending ??= { highest: this.#highest, xid };
    this.#highest = sight.highest;
  }
}
