/**
 * The books that a partition's writer keeps in memory from batch to batch. They are true because nobody else writes: a take-over, a failed
 * transaction or the smallest doubt throws them all away, and they are read anew.
 */
import type { Statements } from '../runtime/postgres/statements.ts';
import { Book } from './book.ts';
import { loadPlatforms } from './load.ts';

/** When so many rows were looked at, those that were not go. So at most twice as many are kept, of about 1 KB each. */
const AGE_AT_ROWS = 250_000;

export class Books {
  readonly #books = new Map<string, Book>();

  /** The books of these platforms, opened where they are not yet. */
  async open(statements: Statements, platformNos: ReadonlySet<string>): Promise<ReadonlyMap<string, Book>> {
    const opened: Book[] = [];
    for (const platformNo of platformNos) {
      if (this.#books.has(platformNo)) continue;
      const book = new Book(platformNo);
      this.#books.set(platformNo, book);
      opened.push(book);
    }
    await loadPlatforms(statements, opened);
    return this.#books;
  }

  /** What changed is committed. */
  settle(): void {
    let rows = 0;
    for (const [platformNo, book] of this.#books) {
      book.settle();
      rows += book.young;
      // A number that is nobody's must not take room.
      if (book.platform === undefined) this.#books.delete(platformNo);
    }
    if (rows > AGE_AT_ROWS) for (const book of this.#books.values()) book.age();
  }

  /** Forgets everything. */
  drop(): void {
    this.#books.clear();
  }
}
