/** `qianzhi ledger`: proves the books, and prints them. */
import type { Command } from 'commander';
import { formatYuan } from '../../contract/money.ts';
import { checkLedger, trialBalance } from '../../ledger/commands.ts';
import { databaseOf, homeOf, settingsOf } from '../installation.ts';

export function addLedgerCommands(program: Command): void {
  const ledger = program.command('ledger').description('the books 账务');
  ledger
    .command('check')
    .description(
      'prove that journals balance, balances equal entries, holds equal what is held, and the identities of the books',
    )
    .option('--json', 'print as JSON')
    .action(async (options: { json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const report = await checkLedger(url);
      if (options.json)
        process.stdout.write(
          `${JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? String(value) : value))}\n`,
        );
      else process.stdout.write(report.text);
      if (report.problems.length > 0) process.exitCode = 1;
    });
  ledger
    .command('trial-balance')
    .description("a platform's accounts with their balances, in yuan")
    .requiredOption('--platform <platformNo>', 'the platform')
    .option('--json', 'print as JSON')
    .action(async (options: { platform: string; json?: boolean }, command: Command) => {
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const lines = (await trialBalance(url, options.platform)).map(({ account, side, balance }) => ({
        account,
        side,
        balance: formatYuan(balance),
      }));
      if (options.json) process.stdout.write(`${JSON.stringify({ platformNo: options.platform, lines })}\n`);
      else if (lines.length === 0)
        process.stdout.write(
          `platform ${options.platform} has no accounts: \`qianzhi platform list\` shows the platforms\n`,
        );
      else
        for (const { account, side, balance } of lines)
          process.stdout.write(`${side.padEnd(10)}${account.padEnd(40)}${balance.padStart(20)}\n`);
    });
}
