#!/usr/bin/env node
// The command line tool's door: plain JavaScript, so that a clone that is not built yet is told what to do.
import { existsSync } from 'node:fs';

const built = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(built)) {
  const { main } = await import(built.href);
  await main(process.argv);
} else {
  process.stderr.write(
    'qianzhi is not built yet: run `npm ci --include=dev && npm run build` (or `npm run demo`, which does both)\n',
  );
  process.exitCode = 1;
}
