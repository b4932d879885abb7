/**
 * A bus whose other side is a test: it records what the gateway publishes and asks, answers as the test's books do, and hands results over.
 * It stands for bus and ledger together; the real buses have their own suites.
 */
import { decode, encode } from '../../contract/internal/codec.ts';
import type { InstructionMessage } from '../../contract/internal/instruction.ts';
import type { PresentedMessage } from '../../contract/internal/order.ts';
import type { Answer, QueryMessage, ReplyMessage, ResultMessage } from '../../contract/internal/reply.ts';
import type {
  Bus,
  Delivered,
  Outgoing,
  Publication,
  SubscribeOptions,
  TransientReply,
} from '../../runtime/bus/port.ts';

export const success: Answer = { status: 'SUCCESS', final: true, fields: {} };

export class Books implements Bus {
  readonly address = 'books-test';
  /** Everything published, in order. */
  readonly instructions: InstructionMessage[] = [];
  readonly queries: QueryMessage[] = [];
  /** Replies that the gateway sent to others. */
  readonly replies: TransientReply[] = [];
  /** What is answered; undefined is silence. */
  answer: (instruction: InstructionMessage) => Answer | undefined = () => success;
  answerQuery: (query: QueryMessage) => Answer | undefined = () => success;
  /** What becomes of a publication. */
  publication: (message: Outgoing) => Publication | Promise<Publication> = () => 'accepted';
  sick: string | undefined;
  readonly #subscriptions = new Map<string, SubscribeOptions>();
  #take: (reply: TransientReply) => void = () => undefined;

  async publish(messages: readonly Outgoing[]): Promise<readonly Publication[]> {
    const told: Publication[] = [];
    for (const message of messages) {
      const publication = await this.publication(message);
      told.push(publication);
      if (publication !== 'accepted') continue;
      const instruction = decode<InstructionMessage>(message.body);
      this.instructions.push(instruction);
      const answer = this.answer(instruction);
      if (answer !== undefined) setImmediate(() => this.tell(instruction, answer));
    }
    return told;
  }

  /** Replies to an instruction or a question. */
  tell(asked: Pick<InstructionMessage | QueryMessage, 'platformNo' | 'replyTo'>, answer: Answer): void {
    const correlationId = asked.replyTo?.correlationId ?? '';
    const message: ReplyMessage = { version: 1, correlationId, platformNo: asked.platformNo, answer };
    this.#take({ correlationId, body: encode(message) });
  }

  ask(_platformNo: string, body: string): boolean {
    if (this.sick !== undefined) return false;
    const query = decode<QueryMessage>(body);
    this.queries.push(query);
    const answer = this.answerQuery(query);
    if (answer !== undefined) setImmediate(() => this.tell(query, answer));
    return true;
  }

  async subscribe(options: SubscribeOptions): Promise<{ close(): Promise<void> }> {
    this.#subscriptions.set(options.queue, options);
    return { close: async () => void this.#subscriptions.delete(options.queue) };
  }

  /** Hands results over, as one batch; resolves once the gateway has committed them. */
  results(...results: readonly ResultMessage[]): Promise<void> {
    return this.#deliver('result', results);
  }

  presented(...messages: readonly PresentedMessage[]): Promise<void> {
    return this.#deliver('presented', messages);
  }

  /** Hands bodies over as they are. */
  async #deliver(family: 'result' | 'presented', messages: readonly { readonly platformNo: string }[]): Promise<void> {
    const subscription = this.#subscriptions.get(`gateway.${family}`);
    if (subscription === undefined) throw new Error(`nobody takes ${family}`);
    const batch = messages.map(
      (message, index): Delivered => ({
        family,
        platformNo: message.platformNo,
        messageId: `m${index}`,
        body: encode(message),
        redelivered: false,
      }),
    );
    await subscription.handle(batch);
  }

  reply(_address: string, replies: readonly TransientReply[]): void {
    this.replies.push(...replies);
  }

  onReply(take: (reply: TransientReply) => void): void {
    this.#take = take;
  }

  async serve(): Promise<{ close(): Promise<void> }> {
    return { close: async () => undefined };
  }

  unwell(): string | undefined {
    return this.sick;
  }

  async close(): Promise<void> {}
}
