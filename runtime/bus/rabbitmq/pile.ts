/** Deliveries of a subscription that are not in hand yet, in their order, with their size. */
import type { ConsumeMessage } from 'amqplib';

/** What was delivered and is not in hand yet. */
export class Pile {
  readonly #messages: ConsumeMessage[] = [];
  #bytes = 0;
  #ended = false;
  #wake = (): void => undefined;

  constructor(ends: AbortSignal) {
    if (ends.aborted) this.end();
    ends.addEventListener('abort', () => this.end(), { once: true });
  }

  /** Nothing will be added any more. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(message: ConsumeMessage): void {
    this.#messages.push(message);
    this.#bytes += message.content.length;
    this.#wake();
  }

  /** Waits until there is something; false at the end, when there is nothing and will be nothing. */
  async some(): Promise<boolean> {
    if (this.#messages.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = () => undefined;
    }
    return this.#messages.length > 0;
  }

  take(most: number, mostBytes: number): ConsumeMessage[] {
    let count = 0;
    for (let bytes = 0; count < Math.min(most, this.#messages.length); count++) {
      bytes += this.#messages[count]?.content.length ?? 0;
      if (count > 0 && bytes > mostBytes) break;
    }
    const taken = this.#messages.splice(0, count);
    for (const { content } of taken) this.#bytes -= content.length;
    return taken;
  }
}
