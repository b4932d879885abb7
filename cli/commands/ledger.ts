/** `qianzhi ledger`: proves the books, and prints them. */
import type { Command } from 'commander';
import { isDate, parseTimestamp } from '../../contract/time.ts';
import {
  checkLedger,
  openItems,
  pastBalance,
  printCheck,
  printTrialBalance,
  trialBalance,
} from '../../ledger/commands.ts';
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

  ledger
    .command('balance')
    .description("an account's balance, now or at a past time, in yuan")
    .requiredOption('--platform <platformNo>', 'the platform')
    .requiredOption(
      '--account <account>',
      "a platformUserNo, or an account's code, as CUSTODY or COLLECT:PAYSIM-20261126",
    )
    .option('--as-of <time>', 'yyyyMMddHHmmss in GMT+8, or yyyyMMdd for the end of that day; without it: now')
    .option('--json', 'print as JSON')
    .action(async (options: BalanceOptions, command: Command) => {
      const asOf = asOfTime(options.asOf);
      const found = await pastBalance(await booksOf(command), options.platform, options.account, asOf);
      if (found === undefined)
        throw new Mistake(
          `platform ${options.platform} has no account ${options.account}: \`qianzhi ledger trial-balance\` shows them`,
        );
      const { account, balance, currency, entries, lastBookedAt } = found;
      const last = lastBookedAt === undefined ? 'no entries' : `${entries} entries, the last of ${lastBookedAt}`;
      process.stdout.write(
        options.json ? `${JSON.stringify(found)}\n` : `${account}  ${balance} ${currency}  (${last})\n`,
      );
    });
  ledger
    .command('open-items')
    .description('what waits for an operator: suspense 挂账, refunds 退款, fees 手续费')
    .requiredOption('--platform <platformNo>', 'the platform')
    .option('--json', 'print as JSON')
    .action(async (options: { platform: string; json?: boolean }, command: Command) => {
      const items = await openItems(await booksOf(command), options.platform);
      if (options.json) process.stdout.write(`${JSON.stringify(items)}\n`);
      else if (items.length === 0) process.stdout.write('nothing is open\n');
      for (const { kind, number, amount, status, about, since } of options.json ? [] : items)
        process.stdout.write(`${kind}  ${number}  ${amount}  ${status}  ${about}  since ${since}\n`);
    });
}

interface BalanceOptions {
  readonly platform: string;
  readonly account: string;
  readonly asOf?: string;
  readonly json?: boolean;
}

/** Epoch milliseconds. */
function asOfTime(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const at = parseTimestamp(isDate(text) ? `${text}235959` : text);
  if (at === undefined) throw new Mistake('--as-of: yyyyMMddHHmmss or yyyyMMdd');
  // The whole of that second.
  return at + 999;
}

async function booksOf(command: Command): Promise<{ databaseUrl: string }> {
  const paths = homeOf(command);
  const { url } = await databaseOf(settingsOf(paths), paths);
  return { databaseUrl: url };
}
