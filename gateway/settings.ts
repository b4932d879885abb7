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
  readonly notify?: Partial<Omit<NotifySettings, 'gapsMs'>>;
  readonly pages?: PageOptions;
}

/** At 10 s of waiting this is 200 instructions/s into books that stand still; more would only queue. */
export const MOST_IN_FLIGHT = 2_000;

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
