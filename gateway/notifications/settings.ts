/** How notifications are delivered, unless configured otherwise. */
export interface NotifySettings {
  /** Milliseconds from one failed delivery to the next; after the last the notification is parked. A platform may have its own. */
  readonly gapsMs: readonly number[];
  /** Deliveries to one platform at once. */
  readonly perPlatform: number;
  /** Deliveries of this instance at once. */
  readonly most: number;
  /** From connecting to the end of the answer, milliseconds. */
  readonly timeoutMs: number;
  /** Failures in a row after which a platform's endpoint is left alone for a while. */
  readonly breakAfter: number;
  /** How long it is left alone at first, milliseconds; doubles up to `longestBreakMs`. */
  readonly breakMs: number;
  readonly longestBreakMs: number;
  /** How often due rows are looked for when nothing nudges, milliseconds. */
  readonly pollMs: number;
}

/** The gaps have their default in the configuration. */
export const notifyDefaults: Omit<NotifySettings, 'gapsMs'> = {
  perPlatform: 8,
  most: 64,
  timeoutMs: 10_000,
  breakAfter: 5,
  breakMs: 5_000,
  longestBreakMs: 300_000,
  pollMs: 1_000,
};
