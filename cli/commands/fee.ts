/** `qianzhi fee`: what channels and the bank take for their work, from the platform's income 手续费. */
import type { Command } from 'commander';
import { dayOf, yuanOf } from '../amounts.ts';
import { Mistake } from '../mistake.ts';
import { operate } from '../operator.ts';

interface InvoiceOptions {
  readonly platform: string;
  readonly amount: string;
  readonly kind: string;
  readonly channel?: string;
  readonly clearingDay?: string;
}

export function addFeeCommands(program: Command): void {
  const fee = program
    .command('fee')
    .description(
      "fees of channels and of the bank, from the platform's income account; `ledger open-items` lists them",
    );
  const platform = ['--platform <platformNo>', 'the platform'] as const;
  const say = (invoiceNo: string, status: unknown): boolean =>
    process.stdout.write(
      `invoice ${invoiceNo}: ${status}${status === 'OPEN' ? ', the income account is short: `fee collect` tries again' : ''}\n`,
    );

  fee
    .command('invoice <invoiceNo>')
    .description('book a fee as it was invoiced')
    .requiredOption(...platform)
    .requiredOption('--amount <yuan>', 'how much')
    .requiredOption('--kind <kind>', 'PAYOUT (by a channel or the bank) or CUSTODY (by the bank)')
    .option('--channel <name>', "the channel whose it is; without it, it is the bank's")
    .option('--clearing-day <day>', 'the day in which the channel counts it, yyyyMMdd')
    .action(async (invoiceNo: string, options: InvoiceOptions, command: Command) => {
      const { kind, channel, clearingDay } = options;
      if (kind !== 'PAYOUT' && kind !== 'CUSTODY') throw new Mistake('--kind: PAYOUT or CUSTODY');
      if ((channel === undefined) !== (clearingDay === undefined))
        throw new Mistake("--channel and --clearing-day: both for a channel's fee, or neither");
      if (kind === 'CUSTODY' && channel !== undefined) throw new Mistake("--channel: a custody fee is the bank's");
      const { fields } = await operate(command, options.platform, {
        service: 'FEE_INVOICED',
        invoiceNo,
        kind,
        amount: yuanOf('--amount', options.amount),
        ...(channel === undefined ? {} : { channel }),
        ...(clearingDay === undefined ? {} : { clearingDay: dayOf('--clearing-day', clearingDay) }),
      });
      say(invoiceNo, fields['status']);
    });
  fee
    .command('collect <invoiceNo>')
    .description('try again to take a fee whose invoice is open')
    .requiredOption(...platform)
    .action(async (invoiceNo: string, options: { platform: string }, command: Command) => {
      const { fields } = await operate(command, options.platform, { service: 'FEE_COLLECTED', invoiceNo });
      say(invoiceNo, fields['status']);
    });
  fee
    .command('debited <invoiceNo>')
    .description('the bank has taken its custody fee')
    .requiredOption(...platform)
    .action(async (invoiceNo: string, options: { platform: string }, command: Command) => {
      await operate(command, options.platform, { service: 'FEE_DEBITED', invoiceNo });
      say(invoiceNo, 'PAID');
    });
}
