/**
 * A consumer in a process of its own, which the bus's suite stops and kills. It hangs in each batch until a line arrives on its stdin, and
 * says on stdout what it does. Runs from dist/, since Node 20 runs no TypeScript.
 */
import { createInterface } from 'node:readline';
import { openBus } from '../../dist/runtime/bus/open.js';
import { openLog } from '../../dist/runtime/log.js';

const { kind, url, prefix, partition } = JSON.parse(process.env.BUS ?? '{}');
const log = openLog({ name: 'child', level: 'silent' });
const say = (line) => process.stdout.write(`${line}\n`);

let go = () => undefined;
let told = 0;
createInterface({ input: process.stdin }).on('line', () => {
  told++;
  go();
});

const bus = await openBus({
  bus: kind === 'postgres' ? { kind } : { kind, url, prefix },
  database: { url },
  log,
  name: 'child',
});
await bus.subscribe({
  queue: 'ledger.instruction',
  partition,
  maxBatch: 10,
  maxBytes: 1024 * 1024,
  takeOver: async () => say('owning'),
  handle: async (batch) => {
    for (const { messageId } of batch) say(`handling ${messageId}`);
    while (told === 0) await new Promise((resolve) => (go = resolve));
    told--;
    for (const { messageId } of batch) say(`handled ${messageId}`);
  },
  park: async ({ message }) => say(`parked ${message.messageId}`),
});
say('subscribed');
