/** What the gateway is told when it starts, and what the process that hosts it shares with it. */
import type { Algorithm } from '../certs/algorithms.ts';
import type { Bus } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import type { GatewayConfig } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Cache } from '../runtime/redis.ts';
import type { NotifySettings } from './notifications/settings.ts';
import type { PageOptions } from './pages/open-pages.ts';

/** The configuration's part, with what is rarely set. */
export interface GatewaySettings extends GatewayConfig {
  /** Of the bank's own key; default RSA2. */
  readonly keyAlgorithm?: Algorithm;
  /** A file with the passphrase of the bank's own key, when it is encrypted. */
  readonly passphraseFile?: string;
  /** Requests in hand at once; one more is answered 503. */
  readonly mostInFlight?: number;
  /** Refusals of messages that nobody vouches for, to each address, a second; more are answered that we are busy. */
  readonly strangersPerSecond?: number;
  readonly notify?: Partial<Omit<NotifySettings, 'gapsMs'>>;
  readonly pages?: PageOptions;
}

/** A bound on the memory that requests hold. How many of them are with the books is bounded by how fast these are (http/places.ts). */
export const MOST_IN_FLIGHT = 2_000;
/** Messages per second that are taken from one platform, unless the settings or its own number say otherwise. */
export const PLATFORM_PER_SECOND = 500;
/** Each such refusal costs a signature of ours. */
export const STRANGERS_PER_SECOND = 50;

export interface GatewayParts {
  readonly databaseUrl: string;
  /** The login's password, when the URL has none. */
  readonly databasePassword?: string;
  readonly bus: Bus;
  readonly redis?: Cache;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}
