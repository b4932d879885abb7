/** `npm run test:faults`: reads the options, runs the driver, prints what it found, and as the last line JSON. */
import { parseArgs } from 'node:util';
import { type Report, type RunOptions, runFaults } from './driver.ts';

const usage = `npm run test:faults -- [options]

Load from several platforms on a house of real processes, faults on purpose, and everything held against everything afterwards. It starts
servers of its own (Debian: postgresql, redis-server, rabbitmq-server; faketime for jumping clocks; root for a full disk).

  --seed N         which faults, in which order (default: by chance; printed, so that a run can be repeated)
  --minutes M      how long there are faults (default 5)
  --faults N       at most so many
  --embedded       on the embedded default: PostgreSQL from the package, the bus on it, no Redis
  --only PATTERN   only kinds of fault whose name matches, e.g. '^network' or 'kill$'
  --platforms N    default 4
  --per-second N   instructions a second, of all platforms together (default 20)

The last line is JSON: faults, instructions, lost, doubled, undelivered, recoveryP50Ms, recoveryP95Ms, seed, kinds. The exit code is 0 when
nothing was lost, doubled or undelivered and every assertion held; else logs and histories stay where the last line says.`;

function readOptions(args: readonly string[]): RunOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string', default: '5' },
      faults: { type: 'string' },
      embedded: { type: 'boolean', default: false },
      only: { type: 'string' },
      platforms: { type: 'string', default: '4' },
      'per-second': { type: 'string', default: '20' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const number = (name: string, text: string): number => {
    const value = Number(text);
    if (!Number.isFinite(value) || value < 0) throw new Error(`--${name}: a number`);
    return value;
  };
  const began = performance.now();
  return {
    mode: values.embedded ? 'embedded' : 'servers',
    seed: values.seed === undefined ? Math.floor(Math.random() * 1_000_000) : number('seed', values.seed),
    minutes: number('minutes', values.minutes),
    ...(values.faults === undefined ? {} : { faults: number('faults', values.faults) }),
    ...(values.only === undefined ? {} : { only: new RegExp(values.only) }),
    platforms: number('platforms', values.platforms),
    perSecond: number('per-second', values['per-second']),
    note: (line) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(7)} s  ${line}`),
  };
}

/** Runs the driver. 0 when everything held. */
export async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  console.log(`seed ${options.seed}`);
  const report = await runFaults(options);
  tell(report, args);
  console.log(JSON.stringify(report));
  const { lost, doubled, undelivered, problems } = report;
  return lost + doubled + undelivered + problems.length === 0 ? 0 : 1;
}

function tell({ problems, seed, home }: Report, args: readonly string[]): void {
  for (const problem of problems) console.log(`PROBLEM ${problem}`);
  if (problems.length === 0) return;
  const others = args.filter((arg, at) => arg !== '--seed' && args[at - 1] !== '--seed' && !arg.startsWith('--seed='));
  console.log(`again: npm run test:faults -- --seed ${[seed, ...others].join(' ')}`);
  console.log(`logs are in ${home}/log`);
}
