#!/usr/bin/env node
// `npm run demo`: installs and builds when needed, then lets an example platform carry a loan through its whole life on a house of its
// own. Plain JavaScript without dependencies, so that it runs on a clone that has no node_modules yet.
import { parseArgs } from 'node:util';
import { prepare } from './prepare.mjs';

const usage = `npm run demo -- [options]

Carries a loan through its whole life: a lending platform's signed messages, the bank's pages, a simulated payment company,
signed notifications, and the books at the end. Needs Node 20.19 or newer and npm; installs the packages and builds by itself.

  --servers    on RabbitMQ, Redis and PostgreSQL (found by QIANZHI_TEST_PG, QIANZHI_TEST_AMQP, QIANZHI_TEST_REDIS, else private instances)
               instead of the embedded default, which is one PostgreSQL and nothing else: single-node, for trying and for tests
  --keep       leave everything running afterwards; prints URLs, where keys are, and how to stop
  --home DIR   where keys, settings, data and logs go (default: var/demo, made anew)
  --help       this text
`;

let options;
try {
  options = parseArgs({
    options: {
      servers: { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      home: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  }).values;
} catch (error) {
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exit(2);
}
if (options.help) {
  process.stdout.write(usage);
  process.exit(0);
}
try {
  await prepare({ log: (line) => process.stdout.write(`${line}\n`) });
  const { direct } = await import('../dist/demo/director.js');
  process.exitCode = await direct({ servers: options.servers, keep: options.keep, home: options.home });
} catch (error) {
  process.stderr.write(`\nThe demo failed: ${error.message}\n`);
  process.exitCode = 1;
}
