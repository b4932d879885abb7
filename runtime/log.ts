/**
 * The log of a process: JSON lines. Two things keep personal data out: an error is written with what we chose of it (PostgreSQL's `detail`
 * quotes whole rows), and the finished line is masked.
 */
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';
import { mask } from './mask.ts';

export type Log = Logger;
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

const DEEPEST_CAUSE = 4;

/** What of an error is written: never the driver's own fields, which quote values. */
function describe(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : typeof error;
  const { code, constraint } = error as { code?: unknown; constraint?: unknown };
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof constraint === 'string' ? { constraint } : {}),
    ...(error.cause === undefined || depth >= DEEPEST_CAUSE ? {} : { cause: describe(error.cause, depth + 1) }),
  };
}

/**
 * Opens a log that writes to stdout, or to `destination`.
 * @param options.name the process, e.g. `ledger`.
 */
export function openLog(options: { name: string; level?: LogLevel; destination?: DestinationStream }): Log {
  return pino(
    {
      name: options.name,
      level: options.level ?? 'info',
      // A number of milliseconds has 13 digits, and one in ten of them would pass for a card.
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: describe, error: describe },
      hooks: { streamWrite: mask },
    },
    ...(options.destination === undefined ? [] : [options.destination]),
  );
}
