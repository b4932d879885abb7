/** `qianzhi channel`: puts payment channels into the settings; processes use them after a restart. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { listDifferences } from '../../adapters/commands.ts';
import { createKeyFiles } from '../../certs/key-pair.ts';
import { parseConfig } from '../../runtime/config.ts';
import { databaseOf, homeOf, type Paths, settingsOf } from '../installation.ts';
import { Mistake } from '../mistake.ts';

const NAME = /^[A-Z0-9_]{1,20}$/;
const keyFileOf = (paths: Paths, name: string): string => join(paths.keys, `channel-${name}.pem`);

interface AddOptions {
  readonly kind: string;
  readonly url: string;
  readonly merchantNo: string;
  readonly publicKey: string;
}

export function addChannelCommands(program: Command): void {
  const channel = program.command('channel').description('payment channels 支付通道');
  channel
    .command('new-key <name>')
    .description('make our key towards a channel, in keys/channel-NAME.pem')
    .action(async (name: string, _: object, command: Command) => {
      if (!NAME.test(name)) throw new Mistake('a channel is named with capital letters, digits and _');
      const { publicKeyFile } = await createKeyFiles(keyFileOf(homeOf(command), name), { algorithm: 'ED25519' });
      process.stdout.write(`${publicKeyFile}: give it to the channel\n`);
    });
  channel
    .command('differences')
    .description('list what channels said against what we know 差错, oldest first; no money follows from one by itself')
    .option('--channel <name>', 'only those with this channel')
    .option('--most <count>', 'so many at most', '100')
    .option('--json', 'print as JSON, one a line')
    .addHelpText(
      'after',
      '\nA difference stays listed: settling one with a reason comes with reconciliation.\n\nExample:\n  $ qianzhi channel differences --channel PAYSIM --json\n',
    )
    .action(async (options: { channel?: string; most: string; json?: boolean }, command: Command) => {
      const most = Number(options.most);
      if (!Number.isInteger(most) || most < 1) throw new Mistake('--most: a whole number');
      const paths = homeOf(command);
      const { url } = await databaseOf(settingsOf(paths), paths);
      const only = options.channel === undefined ? {} : { channel: options.channel };
      const found = await listDifferences(url, { ...only, most });
      for (const one of found)
        process.stdout.write(options.json ? `${JSON.stringify(one)}\n` : `${Object.values(one).join('  ')}\n`);
      if (found.length === 0 && !options.json) process.stdout.write('there is no difference\n');
    });
  channel
    .command('add <name>')
    .description('add a channel to the settings; its name is what platforms write in expectPayCompany')
    .requiredOption('--kind <kind>', 'payment-company')
    .requiredOption('--url <url>', 'where the channel is reached')
    .requiredOption('--merchant-no <no>', 'our number at the channel')
    .requiredOption('--public-key <file>', "the channel's public key (PEM)")
    .action(async (name: string, options: AddOptions, command: Command) => {
      if (!NAME.test(name)) throw new Mistake('a channel is named with capital letters, digits and _');
      const paths = homeOf(command);
      if (!existsSync(paths.config)) throw new Mistake(`${paths.config} does not exist: run \`qianzhi init\` first`);
      const settings = JSON.parse(await readFile(paths.config, 'utf8')) as {
        adapters?: { channels?: Record<string, unknown> };
      };
      if (settings.adapters === undefined) throw new Mistake(`${paths.config} has no part "adapters"`);
      settings.adapters.channels = {
        ...settings.adapters.channels,
        [name]: {
          kind: options.kind,
          url: options.url,
          merchantNo: options.merchantNo,
          privateKeyFile: relative(paths.home, keyFileOf(paths, name)),
          channelPublicKeyFile: resolve(options.publicKey),
        },
      };
      parseConfig(settings, paths.config, paths.home);
      await writeFile(paths.config, `${JSON.stringify(settings, null, 2)}\n`, { mode: 0o600 });
      process.stderr.write(`channel ${name} is in the settings; restart the adapters\n`);
    });
}
