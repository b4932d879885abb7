/** Rows of one kind in memory: what a batch looked up, what it changed, and what is kept for the next. */

/** Thrown by a look-up of a key that was not read. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
}

/**
 * Rows of one kind by key, with what was looked up and what changed. A shelf lives from batch to batch, since nobody else writes these rows:
 * `settle` forgets what changed once it is written, `age` lets rows go that were not needed since the last ageing.
 */
export class Shelf<Row> {
  readonly kind: string;
  #rows = new Map<string, Row | undefined>();
  #old = new Map<string, Row | undefined>();
  readonly #changed = new Set<string>();
  readonly #born = new Set<string>();
  readonly #below: Shelf<Row> | undefined;

  /** With `below`, rows that are not here are looked for there; nothing is ever put there. */
  constructor(kind: string, below?: Shelf<Row>) {
    this.kind = kind;
    this.#below = below;
  }

  /** Puts a loaded row, or the knowledge that there is none. A row changed in this batch is not overwritten. */
  load(key: string, row: Row | undefined): void {
    if (!this.#changed.has(key)) this.#rows.set(key, row);
  }
  has(key: string): boolean {
    return this.#rows.has(key) || this.#old.has(key) || this.#below?.has(key) === true;
  }
  get(key: string): Row | undefined {
    const row = this.#rows.get(key);
    if (row !== undefined || this.#rows.has(key)) return row;
    if (this.#old.has(key)) return this.#renewed(key);
    if (this.#below !== undefined) return this.#below.get(key);
    throw new NotRead(`${this.kind} ${key}`);
  }
  put(key: string, row: Row): void {
    if (!this.#changed.has(key)) {
      this.#changed.add(key);
      if (this.has(key) && this.get(key) === undefined) this.#born.add(key);
    }
    this.#rows.set(key, row);
  }
  /** Rows changed since loading. */
  *changed(): Iterable<Row> {
    for (const key of this.#changed) {
      const row = this.#rows.get(key);
      if (row !== undefined) yield row;
    }
  }
  /** Of the rows changed since loading, those known not to have been there before; `false` gives the others. */
  *changedRows(born: boolean): Iterable<Row> {
    for (const key of this.#changed) {
      const row = this.#rows.get(key);
      if (row !== undefined && this.#born.has(key) === born) yield row;
    }
  }
  *rows(): Iterable<Row> {
    for (const row of this.#old.values()) if (row !== undefined) yield row;
    for (const row of this.#rows.values()) if (row !== undefined) yield row;
  }

  /** How many rows were looked at since the last ageing. */
  get young(): number {
    return this.#rows.size;
  }
  /** What changed is written. */
  settle(): void {
    this.#changed.clear();
    this.#born.clear();
  }
  /** Forgets rows that were not looked at since the last ageing; only between batches. */
  age(): void {
    this.#old = this.#rows;
    this.#rows = new Map();
  }
  /** Forgets all rows; only between batches. */
  clear(): void {
    this.#old.clear();
    this.#rows.clear();
  }

  #renewed(key: string): Row | undefined {
    const row = this.#old.get(key);
    this.#old.delete(key);
    this.#rows.set(key, row);
    return row;
  }
}
