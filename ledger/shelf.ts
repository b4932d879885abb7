/** Rows of one kind in memory: what a batch looked up, what it changed, and what is kept for the next. */

/** Thrown by a look-up of a key that was not read. */
export class NotRead extends Error {
  override readonly name = 'NotRead';
}

/** A row's place: what is known of it, and what this batch did to it. */
class Cell<Row> {
  row: Row | undefined;
  changed = false;
  /** Changed, and known not to have been there before. */
  born = false;
  constructor(row: Row | undefined) {
    this.row = row;
  }
}

/**
 * Rows of one kind by key, with what was looked up and what changed. A shelf lives from batch to batch, since nobody else writes these rows:
 * `settle` forgets what changed once it is written, `age` lets rows go that were not needed since the last ageing.
 */
export class Shelf<Row> {
  readonly kind: string;
  #cells = new Map<string, Cell<Row>>();
  #old = new Map<string, Cell<Row>>();
  /** In the order of their first change. */
  #changed: Cell<Row>[] = [];
  readonly #below: Shelf<Row> | undefined;

  /** With `below`, rows that are not here are looked for there; nothing is ever put there. */
  constructor(kind: string, below?: Shelf<Row>) {
    this.kind = kind;
    this.#below = below;
  }

  /** Puts a loaded row, or the knowledge that there is none. A row changed in this batch is not overwritten. */
  load(key: string, row: Row | undefined): void {
    const cell = this.#find(key);
    if (cell === undefined) this.#cells.set(key, new Cell(row));
    else if (!cell.changed) cell.row = row;
  }
  has(key: string): boolean {
    return this.#find(key) !== undefined || this.#below?.has(key) === true;
  }
  get(key: string): Row | undefined {
    const cell = this.#find(key);
    if (cell !== undefined) return cell.row;
    if (this.#below !== undefined) return this.#below.get(key);
    throw new NotRead(`${this.kind} ${key}`);
  }
  put(key: string, row: Row): void {
    let cell = this.#find(key);
    if (cell === undefined) {
      cell = new Cell(row);
      cell.changed = true;
      cell.born = this.#below?.has(key) === true && this.#below.get(key) === undefined;
      this.#cells.set(key, cell);
      this.#changed.push(cell);
      return;
    }
    if (!cell.changed) {
      cell.changed = true;
      cell.born = cell.row === undefined;
      this.#changed.push(cell);
    }
    cell.row = row;
  }
  /** Rows changed since loading. */
  *changed(): Iterable<Row> {
    for (const { row } of this.#changed) if (row !== undefined) yield row;
  }
  /** Of the rows changed since loading, those known not to have been there before; `false` gives the others. */
  *changedRows(born: boolean): Iterable<Row> {
    for (const cell of this.#changed) if (cell.row !== undefined && cell.born === born) yield cell.row;
  }
  *rows(): Iterable<Row> {
    for (const { row } of this.#old.values()) if (row !== undefined) yield row;
    for (const { row } of this.#cells.values()) if (row !== undefined) yield row;
  }

  /** How many rows were looked at since the last ageing. */
  get young(): number {
    return this.#cells.size;
  }
  /** What changed is written. */
  settle(): void {
    for (const cell of this.#changed) {
      cell.changed = false;
      cell.born = false;
    }
    this.#changed = [];
  }
  /** Forgets rows that were not looked at since the last ageing; only between batches. */
  age(): void {
    this.#old = this.#cells;
    this.#cells = new Map();
  }
  /** Forgets all rows; only between batches. */
  clear(): void {
    if (this.#old.size > 0) this.#old = new Map();
    if (this.#cells.size > 0) this.#cells = new Map();
    this.#changed = [];
  }

  /** A cell that was looked at grows young again. */
  #find(key: string): Cell<Row> | undefined {
    const cell = this.#cells.get(key);
    if (cell !== undefined || this.#old.size === 0) return cell;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.#cells.set(key, old);
    return old;
  }
}
