#!/usr/bin/env node
// `npm run test:faults`: installs and builds when needed, then runs the fault driver out of dist/, as a program of its own. Plain JavaScript
// without dependencies, so that it runs on a clone that has no node_modules yet.
import { prepare } from '../../demo/prepare.mjs';

try {
  await prepare({ log: (line) => process.stdout.write(`${line}\n`) });
  const { main } = await import(new URL('../../dist/test/faults/main.js', import.meta.url).href);
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exit(1);
}
