#!/usr/bin/env node
// `npm run bench:ledger`, `npm run bench:e2e`: installs and builds when needed, then runs the benchmark of that name out of dist/. Plain
// JavaScript without dependencies, so that it runs on a clone that has no node_modules yet.
import { existsSync } from 'node:fs';
import { prepare } from '../demo/prepare.mjs';

const [name = '', ...options] = process.argv.slice(2);
const program = new URL(`../dist/bench/${name}.js`, import.meta.url);
try {
  await prepare({ log: (line) => process.stdout.write(`${line}\n`) });
  if (!/^[a-z0-9-]+$/.test(name) || !existsSync(program)) throw new Error(`there is no benchmark "${name}"`);
  const { main } = await import(program.href);
  process.exitCode = await main(options);
} catch (error) {
  process.stderr.write(`${error.stack ?? error.message}\n`);
  process.exitCode = 1;
}
