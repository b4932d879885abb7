/** `qianzhi doctor`: examines an installation and prints what it found, with what to do about each thing that is wrong. */
import type { Command } from 'commander';
import { systemClock } from '../../runtime/clock.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { homeOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';

const EXAMPLES = `
Exit code 0 when everything is well, 1 when anything is not.

Examples:
  $ qianzhi doctor                        look at everything, wait up to 10 s for each canary
  $ qianzhi doctor --json | jq '.[] | select(.trouble)'
  $ qianzhi doctor --canary-ms 30000      on a busy system, whose queues are long
`;

export function addDoctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('look at settings, keys, servers, clocks, schemas; send a canary through every queue; say what to do')
    .option('--canary-ms <ms>', 'how long a consumer has to answer its canary', '10000')
    .option('--json', 'print as JSON: an array of {what, trouble?, todo?}')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: boolean; canaryMs: string }, command: Command) => {
      const canaryMs = Number(options.canaryMs);
      if (!Number.isInteger(canaryMs) || canaryMs < 100 || canaryMs > 600_000)
        throw new Mistake('--canary-ms: a whole number from 100 to 600000');
      const findings = await examine(homeOf(command), { clock: systemClock, canaryMs });
      process.stdout.write(options.json ? `${JSON.stringify(findings)}\n` : textOf(findings));
      if (findings.some(({ trouble }) => trouble !== undefined)) process.exitCode = 1;
    });
}

const textOf = (findings: readonly Finding[]): string =>
  findings
    .map(({ what, trouble, todo }) =>
      trouble === undefined ? `ok   ${what}\n` : `BAD  ${what}: ${trouble}\n       → ${todo}\n`,
    )
    .join('');
