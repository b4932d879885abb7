/** `qianzhi suspense`: money of which it was not known, or not yet allowed, whose it is 挂账. */
import type { Command } from 'commander';
import type { Act } from '../../contract/internal/instruction.ts';
import { yuanOf } from '../amounts.ts';
import { operate } from '../operator.ts';

interface Options {
  readonly platform: string;
  readonly amount: string;
  readonly user?: string;
}

export function addSuspenseCommands(program: Command): void {
  const suspense = program
    .command('suspense')
    .description('money in suspense 挂账; `ledger open-items` lists it, `refund` gives back what a channel was paid');
  const add = (usage: string, description: string) =>
    suspense.command(usage).description(description).requiredOption('--platform <platformNo>', 'the platform');
  const send = async (command: Command, { platform }: Options, act: Act, words: string): Promise<void> => {
    await operate(command, platform, act);
    process.stdout.write(`${words}\n`);
  };

  add('credit <creditNo>', "book the bank's credit of an unknown payer")
    .requiredOption('--amount <yuan>', 'how much')
    .action((creditNo: string, options: Options, command: Command) => {
      const amount = yuanOf('--amount', options.amount);
      const act: Act = { service: 'SUSPENSE_CREDITED', creditNo, amount };
      return send(command, options, act, `credit ${creditNo} is in suspense`);
    });
  add('claim <number>', "credit what is in suspense: a recharge's to its own user, a bank's credit to the one named")
    .option('--user <platformUserNo>', "whose the bank's credit is; without it <number> is a recharge")
    .action((number: string, options: Options, command: Command) => {
      const { user } = options;
      const act: Act =
        user === undefined
          ? { service: 'SUSPENSE_CLAIMED', source: 'RECHARGE', number }
          : { service: 'SUSPENSE_CLAIMED', source: 'CREDIT', number, platformUserNo: user };
      return send(command, options, act, `${number} is credited`);
    });
  add('return <creditNo>', "send a bank's credit back to its payer").action(
    (creditNo: string, options: Options, command: Command) =>
      send(command, options, { service: 'SUSPENSE_RETURNED', creditNo }, `credit ${creditNo} goes back`),
  );
  add('returned <creditNo>', 'the bank has debited the return').action(
    (creditNo: string, options: Options, command: Command) =>
      send(
        command,
        options,
        { service: 'SUSPENSE_RETURN_ENDED', creditNo, outcome: 'PAID' },
        `credit ${creditNo} has gone back`,
      ),
  );
  add('rejected <creditNo>', 'the bank has rejected the return').action(
    (creditNo: string, options: Options, command: Command) =>
      send(
        command,
        options,
        { service: 'SUSPENSE_RETURN_ENDED', creditNo, outcome: 'REJECTED' },
        `credit ${creditNo} is in suspense again`,
      ),
  );
}
