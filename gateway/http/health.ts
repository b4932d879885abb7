/**
 * Whether the process lives (`/health`), whether it can do its work (`/ready`: database, bus, registry; red with the reason), and its
 * figures (`/metrics`). Redis is not needed for the work, so it never turns anything red.
 */
import type { FastifyInstance } from 'fastify';
import type { Bus } from '../../runtime/bus/port.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { Statements } from '../../runtime/postgres/database.ts';
import { sql } from '../../runtime/postgres/sql.ts';
import type { Cache } from '../../runtime/redis.ts';
import type { Registry } from '../registry/registry.ts';

export interface HealthParts {
  readonly database: Statements;
  readonly bus: Pick<Bus, 'unwell'>;
  readonly registry: Pick<Registry, 'ageMs'>;
  readonly redis?: Pick<Cache, 'unwell'>;
  readonly metrics: Metrics;
  readonly stopping: () => boolean;
}

/** A database that takes longer to say `select 1` is not ready for work. */
const PATIENCE_MS = 2_000;
/** A registry older than this may let a revoked key in. */
const OLDEST_REGISTRY_MS = 30_000;

export function healthRoutes(server: FastifyInstance, parts: HealthParts): void {
  server.get('/health', async (_request, reply) => reply.send({ alive: true }));
  server.get('/ready', async (_request, reply) => {
    const reasons = await unready(parts);
    const degraded = parts.redis?.unwell();
    return reply
      .code(reasons.length === 0 ? 200 : 503)
      .send({ ready: reasons.length === 0, reasons, ...(degraded === undefined ? {} : { degraded: [degraded] }) });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.header('content-type', parts.metrics.contentType).send(await parts.metrics.print()),
  );
}

async function unready({ database, bus, registry, stopping }: HealthParts): Promise<readonly string[]> {
  const reasons: string[] = [];
  if (stopping()) reasons.push('stopping');
  const unwell = bus.unwell();
  if (unwell !== undefined) reasons.push(`bus: ${unwell}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`no answer within ${PATIENCE_MS} ms`), PATIENCE_MS);
  });
  const alive = database.row(sql`select 1`).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : 'away'),
  );
  const away = await Promise.race([alive, late]);
  clearTimeout(timer);
  if (away !== undefined) reasons.push(`database: ${away}`);
  if (registry.ageMs() > OLDEST_REGISTRY_MS) reasons.push('registry: not read for a while');
  return reasons;
}
