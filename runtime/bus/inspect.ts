/** Looks at the lines of a bus from outside, declaring and changing nothing: which are there, what waits in them, who consumes them. */
import type { LineState } from './lines.ts';
import type { OpenBusOptions } from './open.ts';
import { inspectPostgresLines } from './postgres/inspect.ts';
import { inspectRabbitLines } from './rabbitmq/inspect.ts';

/** The state of every line. Throws `Unavailable` when the server is away, `Defect` when the bus on PostgreSQL has no database. */
export function inspectBus({ bus, database }: Pick<OpenBusOptions, 'bus' | 'database'>): Promise<readonly LineState[]> {
  return bus.kind === 'rabbitmq' ? inspectRabbitLines(bus) : inspectPostgresLines(database);
}
