/** Puts the gateway together: its keys, its part of the database, what it takes from the bus, its pages and its server, which does not listen yet. */
import type { FastifyInstance } from 'fastify';
import { openSealer } from '../certs/seal.ts';
import { openSigner } from '../certs/signer.ts';
import { drainOf } from '../runtime/http-drain.ts';
import { inReverse, type Stop } from '../runtime/lifecycle.ts';
import { openDatabase } from '../runtime/postgres/database.ts';
import { schemaVersion } from '../runtime/postgres/migrate.ts';
import { openAsk } from './ask.ts';
import { openEvidence } from './evidence/keep.ts';
import { openPending } from './evidence/pending.ts';
import { openFinished } from './finished.ts';
import { openServer } from './http/server.ts';
import { openNotifier } from './notifications/notifier.ts';
import { notifyDefaults } from './notifications/settings.ts';
import { openPages } from './pages/open-pages.ts';
import { openPublishing } from './publishing.ts';
import { openRegistry } from './registry/registry.ts';
import { consumePresented, consumeResults } from './results.ts';
import {
  type GatewayParts,
  type GatewaySettings,
  MOST_IN_FLIGHT,
  PLATFORM_PER_SECOND,
  STRANGERS_PER_SECOND,
} from './settings.ts';
import { openSubmit } from './submit.ts';
import { openWaiters } from './waiting.ts';

export interface Gateway {
  readonly server: FastifyInstance;
  readonly stop: Stop;
}

/** Connections of requests and results, and of what may lose its last commits (leases, rows of what is answered). */
const CONNECTIONS = { durable: 8, quick: 4 };

/**
 * Opens a gateway on a migrated database.
 * @throws KeyProblem for a key file that cannot be used; Unavailable when the database is away; Error when it is not migrated.
 */
export async function openGateway(settings: GatewaySettings, parts: GatewayParts): Promise<Gateway> {
  const { bus, redis, log, metrics, clock } = parts;
  const { privateKeyFile, passphraseFile, keySerial, sealingKeyFile, publicUrl, waitMs, clockWindowMs } = settings;
  const signer = await openSigner(
    { path: privateKeyFile, ...(passphraseFile === undefined ? {} : { passphraseFile }) },
    keySerial,
    settings.keyAlgorithm ?? 'RSA2',
  );
  const sealer = await openSealer(sealingKeyFile);

  const stops: Stop[] = [];
  const stop = inReverse(stops);
  try {
    const login = {
      url: parts.databaseUrl,
      role: 'qianzhi_gateway',
      applicationName: 'qianzhi gateway',
      ...(parts.databasePassword === undefined ? {} : { password: parts.databasePassword }),
    };
    const database = openDatabase({ ...login, max: CONNECTIONS.durable });
    stops.push(() => database.close());
    const quick = openDatabase({ ...login, max: CONNECTIONS.quick, durable: false });
    stops.push(() => quick.close());
    const { pending: missing } = await schemaVersion(database, 'gateway');
    if (missing.length > 0) throw new Error(`the gateway's schema lacks ${missing.join(', ')}: run qianzhi migrate`);

    const registry = await openRegistry(database, log);
    stops.push(registry.stop);
    const pending = openPending({ database: quick, bus, clock, log, metrics });
    stops.push(pending.stop);
    const waiters = openWaiters(log, pending.forget);
    bus.onReply(waiters.take);
    const keep = openEvidence(database, sealer);
    const submit = openSubmit({ bus, keep, publish: openPublishing(bus), waiters, forget: pending.forget, clock });
    const pages = await openPages(
      { database, submit, signer, sealer, clock, log, metrics, publicUrl, waitMs },
      settings.pages,
    );
    stops.push(pages.stop);
    const notifier = openNotifier(
      { ...notifyDefaults, ...settings.notify, gapsMs: settings.notifyGapsMs },
      { database: quick, registry, signer, sealer, clock, log, metrics },
    );
    stops.push(notifier.stop);

    let stopping = false;
    const server = openServer({
      signer,
      sealer,
      registry,
      submit,
      keep,
      finished: openFinished(redis, sealer, log, metrics),
      ask: openAsk(bus, waiters),
      pages,
      clock,
      log,
      metrics,
      database,
      bus,
      ...(redis === undefined ? {} : { redis }),
      waitMs,
      clockWindowMs,
      limits: settings,
      mostInFlight: settings.mostInFlight ?? MOST_IN_FLIGHT,
      platformPerSecond: settings.platformPerSecond ?? PLATFORM_PER_SECOND,
      strangersPerSecond: settings.strangersPerSecond ?? STRANGERS_PER_SECOND,
      stopping: () => stopping,
    });
    const drain = drainOf(server.server);
    const consumed = { database, bus, registry, pages, notifier, clock, log };
    for (const subscription of [await consumeResults(consumed), await consumePresented(consumed)])
      stops.push(() => subscription.close());
    // Stopped first: no new requests, and those in hand get their answers while everything else still runs.
    stops.push(async () => {
      stopping = true;
      await drain(() => server.close());
    });
    return { server, stop };
  } catch (error) {
    await stop().catch(() => undefined);
    throw error;
  }
}
