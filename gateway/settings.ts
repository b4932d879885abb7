/** What the gateway is told when it starts. Keys and master keys come as paths of files; nothing about hosts or keys has a default. */
import type { Algorithm } from '../certs/algorithms.ts';
import type { KeyFile } from '../certs/signer.ts';
import type { Bus } from '../runtime/bus/port.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { Metrics } from '../runtime/metrics.ts';
import type { Cache } from '../runtime/redis.ts';
import type { NotifySettings } from './notifications/settings.ts';

export interface GatewaySettings {
  readonly listen: { readonly host: string; readonly port: number };
  /** Base URL as browsers reach the gateway, without a slash at its end. Nothing is ever taken from a request's headers instead. */
  readonly publicUrl: string;
  /** The bank's key that signs answers and notifications. */
  readonly bankKey: KeyFile & { readonly keySerial: string; readonly algorithm: Algorithm };
  /** The file of master keys for personal data and evidence. */
  readonly masterKeysFile: string;
  /** How long /service waits for the books, milliseconds; default 10,000. */
  readonly waitMs?: number;
  /** Requests in hand at once; one more is answered 503. Default 2,000. */
  readonly mostInFlight?: number;
  readonly notify?: Partial<NotifySettings>;
}

export const WAIT_MS = 10_000;
/** At 10 s of waiting this is 200 instructions/s into books that stand still; more would only queue. */
export const MOST_IN_FLIGHT = 2_000;

/** What the process that hosts the gateway shares with it. */
export interface GatewayParts {
  readonly databaseUrl: string;
  readonly databasePassword?: string;
  readonly bus: Bus;
  readonly redis?: Cache;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Clock;
}
