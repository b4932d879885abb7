/**
 * The adapters as a process of their own, for tests that kill it: runs from dist/ on the settings in its argument, on the bus on PostgreSQL.
 * Prints `ready`; SIGTERM stops it. QIANZHI_FAULT arms the point at which it dies.
 */
import { startAdapters } from '../../dist/adapters/main.js';
import { openBus } from '../../dist/runtime/bus/open.js';
import { systemClock } from '../../dist/runtime/clock.js';
import { runMain } from '../../dist/runtime/lifecycle.js';
import { openLog } from '../../dist/runtime/log.js';
import { openMetrics } from '../../dist/runtime/metrics.js';

const { settings, databaseUrl } = JSON.parse(process.argv[2] ?? '');
const log = openLog({ name: 'adapters', level: 'info' });

await runMain(log, async () => {
  const bus = await openBus({ bus: { kind: 'postgres' }, database: { url: databaseUrl }, log, name: 'adapters' });
  const parts = { databaseUrl, bus, log, metrics: openMetrics(), clock: systemClock };
  const stop = await startAdapters(settings, parts);
  process.stdout.write('ready\n');
  return async () => {
    await stop();
    await bus.close();
  };
});
