/** An operator's mistake or a refusal, told in words that say what to do, without a stack. */
export class Mistake extends Error {
  override readonly name = 'Mistake';
}
