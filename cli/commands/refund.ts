/** `qianzhi refund`: gives a recharge back through the channel that collected it. */
import type { Command } from 'commander';
import { yuanOf } from '../amounts.ts';
import { operate } from '../operator.ts';

interface RefundOptions {
  readonly platform: string;
  readonly amount?: string;
  readonly commission?: string;
}

export function addRefundCommands(program: Command): void {
  program
    .command('refund <requestNo>')
    .description(
      'give a recharge back 退款, all that is left of it or a part; `ledger open-items` shows what becomes of it',
    )
    .requiredOption('--platform <platformNo>', 'the platform')
    .option('--amount <yuan>', 'how much; without it all that is left')
    .option('--commission <yuan>', "what of it is the commission; without it what the user's part does not cover")
    .action(async (requestNo: string, options: RefundOptions, command: Command) => {
      const { platform, amount, commission } = options;
      const { fields } = await operate(command, platform, {
        service: 'REFUND_ORDERED',
        requestNo,
        ...(amount === undefined ? {} : { amount: yuanOf('--amount', amount) }),
        ...(commission === undefined ? {} : { commission: yuanOf('--commission', commission) }),
      });
      process.stdout.write(`refund ${fields['refundNo']} of recharge ${requestNo}: ${fields['status']}\n`);
    });
}
