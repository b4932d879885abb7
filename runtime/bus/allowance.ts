/** Back-pressure: a bound on what is published and not yet answered for. Who comes when it is used up waits, in order, to his deadline. */

interface Waiter {
  readonly bytes: number;
  readonly admit: (admitted: boolean) => void;
}

export class Allowance {
  #messages: number;
  #bytes: number;
  readonly #mostBytes: number;
  readonly #waiting: Waiter[] = [];

  constructor(messages: number, bytes: number) {
    this.#messages = messages;
    this.#bytes = bytes;
    this.#mostBytes = bytes;
  }

  /** Whether it fits. One that is larger than the whole bound goes when it is alone. */
  #fits(bytes: number): boolean {
    return this.#messages > 0 && (this.#bytes >= bytes || this.#bytes === this.#mostBytes);
  }

  #grant(bytes: number): void {
    this.#messages--;
    this.#bytes -= bytes;
  }

  /** Takes room for one message at once; false when there is none, or others wait. */
  takeNow(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#grant(bytes);
    return true;
  }

  /** Takes room for one message, waiting for it; false when the deadline came first. @param untilMs on performance.now()'s clock. */
  take(bytes: number, untilMs: number): Promise<boolean> {
    if (this.takeNow(bytes)) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        bytes,
        admit: (admitted) => {
          clearTimeout(timer);
          resolve(admitted);
        },
      };
      const timer = setTimeout(
        () => {
          this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
          resolve(false);
          // The one behind may be smaller.
          this.#admit();
        },
        Math.max(untilMs - performance.now(), 0),
      );
      this.#waiting.push(waiter);
    });
  }

  /** Gives back the room of one message. */
  give(bytes: number): void {
    this.#messages++;
    this.#bytes += bytes;
    this.#admit();
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#grant(next.bytes);
      next.admit(true);
    }
  }
}
