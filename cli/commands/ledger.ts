/** `qianzhi ledger`: proves the books, and prints them. */
import type { Command } from 'commander';
import { checkLedger, printCheck, printTrialBalance, trialBalance } from '../../ledger/commands.ts';
import { databaseOf, homeOf, settingsOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';

export function addLedgerCommands(program: Command): void {
  const ledger = program.command('ledger').description('the books 账务');
  ledger
    .command('check')
    .description(
      'prove that journals balance, balances equal entries, holds equal what is held, and the identities of the books',
    )
    .option('--json', 'print as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const report = await checkLedger(await booksOf(command));
      process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : `${printCheck(report)}\n`);
      if (!report.sound) process.exitCode = 1;
    });
  ledger
    .command('trial-balance')
    .description("a platform's accounts with their balances, in yuan")
    .requiredOption('--platform <platformNo>', 'the platform')
    .option('--json', 'print as JSON')
    .action(async (options: { platform: string; json?: boolean }, command: Command) => {
      const balance = await trialBalance(await booksOf(command), options.platform);
      if (balance === undefined)
        throw new Mistake(
          `platform ${options.platform} has no accounts: \`qianzhi platform list\` shows the platforms`,
        );
      process.stdout.write(options.json ? `${JSON.stringify(balance)}\n` : `${printTrialBalance(balance)}\n`);
    });
}

async function booksOf(command: Command): Promise<{ databaseUrl: string }> {
  const paths = homeOf(command);
  const { url } = await databaseOf(settingsOf(paths), paths);
  return { databaseUrl: url };
}
