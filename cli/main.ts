/**
 * `qianzhi`, the operators' command line: thin. An operator's act is an instruction on the bus; everything else reads or starts something.
 * Results go to standard output, words about progress and trouble to standard error.
 */
import { Command, CommanderError } from 'commander';
import { addChannelCommands } from './commands/channel.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addFeeCommands } from './commands/fee.ts';
import { addInitCommand } from './commands/init.ts';
import { addKeysCommands } from './commands/keys.ts';
import { addLedgerCommands } from './commands/ledger.ts';
import { addMigrateCommand } from './commands/migrate.ts';
import { addNotificationCommands, addParkedCommands } from './commands/parked.ts';
import { addPlatformCommands } from './commands/platform.ts';
import { addRefundCommands } from './commands/refund.ts';
import { addStartCommand } from './commands/start.ts';

import { addSuspenseCommands } from './commands/suspense.ts';

/** An operator's mistake, told without a stack. */
export { Mistake } from './mistake.ts';

export async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('qianzhi')
    .description("Front-end processor and ledger of a bank's custody accounts 存管前置系统")
    .version('0.1.0')
    .option(
      '--home <dir>',
      'the installation: settings, keys, and in embedded mode the data',
      process.env['QIANZHI_HOME'] ?? 'var/qianzhi',
    )
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  addInitCommand(program);
  addStartCommand(program);
  addMigrateCommand(program);
  addPlatformCommands(program);
  addKeysCommands(program);
  addChannelCommands(program);
  addLedgerCommands(program);
  addRefundCommands(program);
  addSuspenseCommands(program);
  addFeeCommands(program);
  addParkedCommands(program);
  addNotificationCommands(program);
  addDoctorCommand(program);
  letHomeComeLast(program);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode;
      return;
    }
    process.stderr.write(`qianzhi: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

/** `--home` may stand after any command as well as before it. */
function letHomeComeLast(command: Command): void {
  for (const inner of command.commands) {
    if (inner.commands.length === 0) inner.option('--home <dir>', 'the installation');
    inner.exitOverride();
    letHomeComeLast(inner);
  }
}
