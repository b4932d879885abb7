/** The failures that are thrown. A refusal by rule is a value (contract/codes.ts); these are not refusals. */

/** Input that can never be understood: parked at once. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Something we rely on is away: give back, stand still, try again; never parked. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Another owner has taken the partition: our write was refused. */
export class Fenced extends Error {
  override readonly name = 'Fenced';
}

/** A bug of ours, or data that contradicts an invariant: rerun alone, then parked. */
export class Defect extends Error {
  override readonly name = 'Defect';
}
