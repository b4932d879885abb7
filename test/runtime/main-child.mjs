/** A program as the runtime runs one, for tests of its end. Runs from dist/, since Node 20 runs no TypeScript. */
import { runMain } from '../../dist/runtime/lifecycle.js';
import { openLog } from '../../dist/runtime/log.js';

const log = openLog({ name: 'child' });
await runMain(log, async () => {
  const [, , what] = process.argv;
  if (what === 'fail') throw new Error('cannot start');
  if (what === 'reject') void Promise.reject(new Error('nobody cares'));
  const timer = setInterval(() => undefined, 1_000);
  log.info('started');
  return async () => {
    clearInterval(timer);
    log.info('drained');
  };
});
