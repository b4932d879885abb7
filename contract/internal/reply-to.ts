/** The way back to who waits for an answer; it travels with every question. */
export interface ReplyTo {
  /** The bus address of the instance that waits. */
  readonly address: string;
  readonly correlationId: string;
}
