/** A session that is opened when it is needed, and opened anew after it was lost: for work that holds nothing between two statements. */
import { Unavailable } from '../failure.ts';
import type { Session } from './session.ts';

export class KeptSession {
  readonly #open: () => Promise<Session>;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #closed = false;

  constructor(open: () => Promise<Session>) {
    this.#open = open;
  }

  get alive(): boolean {
    return this.#session?.alive === true;
  }

  /** The living session, opened if need be. Throws `Unavailable`. */
  async get(): Promise<Session> {
    if (this.#closed) throw new Unavailable('the session was closed');
    if (this.#session?.alive) return this.#session;
    this.#opening ??= this.#open().finally(() => {
      this.#opening = undefined;
    });
    const session = await this.#opening;
    if (this.#closed) {
      await session.close();
      throw new Unavailable('the session was closed');
    }
    this.#session = session;
    return session;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#opening?.catch(() => undefined);
    await this.#session?.close();
  }
}
