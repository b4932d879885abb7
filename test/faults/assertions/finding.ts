/** What the judge finds: of a kind that the verdict counts, about a number of a platform, in words that let a person look. */
export type Kind = 'lost' | 'doubled' | 'undelivered' | 'wrong';

export interface Finding {
  readonly kind: Kind;
  readonly platformNo?: string;
  readonly requestNo?: string;
  /** What should be and what is. */
  readonly words: string;
}

/** A finding on one line. */
export const inWords = ({ kind, platformNo, requestNo, words }: Finding): string =>
  [kind.toUpperCase(), platformNo, requestNo, words].filter((part) => part !== undefined).join(' · ');

/** A text shortened, so that a problem stays readable. */
export const brief = (text: string, longest = 220): string =>
  text.length <= longest ? text : `${text.slice(0, longest)}…`;
