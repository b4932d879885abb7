/** Opens the bus that the configuration names. */
import type { BusConfig, DatabaseConfig } from '../config.ts';
import { Defect } from '../failure.ts';
import type { Log } from '../log.ts';
import type { Bus } from './port.ts';
import { openPostgresBus } from './postgres/bus.ts';
import { openRabbitBus } from './rabbitmq/bus.ts';

export interface OpenBusOptions {
  readonly bus: BusConfig;
  /** Where the bus on PostgreSQL lives. */
  readonly database?: Pick<DatabaseConfig, 'url' | 'password'>;
  readonly log: Log;
  /** The process, e.g. `ledger`. */
  readonly name: string;
}

/** Opens the bus. Throws `Unavailable` when its server is away; afterwards it reconnects by itself. */
export function openBus({ bus, database, log, name }: OpenBusOptions): Promise<Bus> {
  if (bus.kind === 'rabbitmq') {
    const { kind: _, ...broker } = bus;
    return openRabbitBus({ ...broker, log, name });
  }
  if (database === undefined) throw new Defect('the bus on PostgreSQL needs a database');
  return openPostgresBus({ database, log, name });
}
